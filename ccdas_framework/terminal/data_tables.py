"""Tables of published data files, for the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

from ..experiment.published_data import FileState

INDENT = "  "


def fetch_summary(experiment: str, folder: Path, states: Sequence[FileState]) -> str:
    """State, origin and terms of each file, what remains to be done, and a line of counts."""
    if not states:
        return f"{experiment} needs no published data."
    lines = []
    for each in states:
        file = each.file
        lines.append(f"{file.path}: {each.state}")
        texts = [file.title, f"origin: {file.origin}", f"terms: {file.licence}"]
        texts += [f"doi:{file.doi}"] if file.doi else []
        texts += [each.message] if each.message else []
        lines += [
            textwrap.fill(text, 100, initial_indent=INDENT, subsequent_indent=2 * INDENT)
            for text in texts
        ]
    missing = sum(not each.is_usable for each in states)
    lines.append(f"\n{experiment}: {len(states) - missing} of {len(states)} files are in {folder}")
    return "\n".join(lines)
