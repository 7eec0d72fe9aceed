"""Plain text in columns."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[int] | None = None
) -> str:
    """Columns under their heads; those numbered in `right` (all but the first) to the right."""
    places = range(1, len(head)) if right is None else right
    widths = [max(len(str(row[n])) for row in [head, *rows]) for n in range(len(head))]
    lines = [
        "  ".join(
            str(cell).rjust(width) if n in places else str(cell).ljust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in [head, *rows]
    ]
    lines.insert(1, "-" * max(len(line) for line in lines))
    return "\n".join(lines)
