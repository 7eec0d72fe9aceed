"""The problems of a study: the rows of each, over methods and seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

from attrs import frozen

from ..core.budget import FAILED
from .study import Study
from .study_findings import EXACT, PRIOR
from .study_summary import Summary, summaries
from .study_table import StudyRow

BLOCK = ("case", "model", "streams", "engine")  # what a block is about


@frozen(eq=False)
class Block:
    """The rows of one problem, over methods and seeds.

    Args:
        title: case, model, streams and engine.
        rows, lines: files and lines of the table, in the same order.
        summaries: of each method.
    """

    title: str
    rows: Sequence[StudyRow]
    lines: Sequence[Mapping[str, Any]]
    summaries: Sequence[Summary]

    @property
    def truths(self) -> int:
        """Number of different truths of the parameters."""
        return len({str(row.about["problem"]) for row in self.rows if len(row.array("truth"))})


def blocks(study: Study) -> list[Block]:
    """The problems of a study, in the order of the table."""
    places: dict[tuple[str, ...], list[int]] = {}
    for n, line in enumerate(study.table):
        places.setdefault(tuple(str(line[name]) for name in BLOCK), []).append(n)
    by_number = {int(row.about["row"]): row for row in study.rows}
    found = []
    for block, numbers in places.items():
        lines = [study.table[n] for n in numbers]
        rows = [by_number[int(line["row"])] for line in lines]
        title = ", ".join(name for name in block if name)
        found.append(Block(title, rows, lines, summaries(lines, rows)))
    return found


def ended(row: StudyRow) -> bool:
    """Whether the row has a result."""
    return str(row.about["status"]) != FAILED


def searched(row: StudyRow) -> bool:
    """Whether the row has the result of a search."""
    return ended(row) and str(row.about["method"]) not in (PRIOR, EXACT)


def within_budget(rows: Sequence[StudyRow], limit: float) -> list[StudyRow]:
    """Rows of a search with the budget of the study, which alone are drawn against each other."""
    return [r for r in rows if searched(r) and r.about.get("budget_model_runs", inf) == limit]


def truth_sentence(block: Block) -> str:
    """What the ranks of the truth can say."""
    if not block.truths:
        return ""
    about = next(r.about for r in block.rows if len(r.array("truth")))
    spread = float(about["truth_spread"])
    others = [name for name in str(about.get("truth_not_from_prior", "")).split("; ") if name]
    if spread == 1.0 and block.truths > 1 and len(others) < int(about["parameters"]):
        drawn = (
            f"The {block.truths} truths are draws from the prior of the parameters, so that ranks "
            "of the truth are uniform where a posterior is right (simulation-based calibration)."
        )
        return drawn + (
            f" This does not hold for {', '.join(others)}: mean, sd, transform or limits of their "
            "truth are not those of the prior."
            if others
            else ""
        )
    many = f"The {block.truths} truths are" if block.truths > 1 else "There is one truth, which is"
    return (
        f"{many} {spread:g} prior standard deviation{'s' if spread != 1.0 else ''} from the "
        "declared mean on average"
        + (", not draws from the prior" if spread != 1.0 or others else "")
        + ". The ranks of the truth are then no test of calibration: also a posterior that is "
        "right has ranks that are not uniform, and coverage other than nominal."
    )
