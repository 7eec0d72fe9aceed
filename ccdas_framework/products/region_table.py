"""Regional budgets of a run as a CSV table."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from ..core.errors import InvalidInput
from ..io.atomic import write_text
from ..report.run_files import groups
from ..report.tables import targets
from .output_name import file_findings

COLUMNS = (
    "region", "quantity", "period", "unit", "prior", "prior_sd_at_prior", "posterior",
    "posterior_sd", "uncertainty_reduction",
)  # fmt: skip


def write_regions(folder: str | Path, out: str | Path) -> Path:
    """The targets of a run with prior, posterior and sd, a line for each region and period.

    Raises:
        InvalidInput: the run has no targets.
        InvalidExperiment: `out` is the name of no file, or its folder takes none.
    """
    text, out = region_lines(folder, out), Path(out)
    write_text(out, text)
    return out


def region_lines(folder: str | Path, out: str | Path) -> str:
    """The text of `write_regions`, which writes it; raises its errors."""
    path = Path(folder) / "targets.nc"
    file_findings(Path(out), "--regions", "CSV").raise_if_any()
    tables = groups(path)
    if not tables:
        raise InvalidInput(
            f"{path} does not exist: the run has no targets. Add [targets] to the experiment and "
            "run it again.",
            code="no-targets",
            where=str(path),
        )
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for group, data in tables.items():
        period = {"": "annual", "declared": ""}.get(group, group)
        for row in targets(data) if "prior" in data else ():
            writer.writerow({**row, "period": row["where"] or period})
    return text.getvalue()
