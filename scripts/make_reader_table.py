"""Table of readers with their real files, and the values kept and dropped.

    CCDAS_DATA=DIR .venv/bin/python scripts/make_reader_table.py

Imports each file of the cases of the tests of `ccdas-readers`, and prints a row with its counts.
"""

import os
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "plugins" / "readers" / "tests"))

from cases import CASES  # noqa: E402
from map_cases import MAPS  # noqa: E402

PART = re.compile(r"\d+ kept|\d+ dropped: .*?(?=, \d+ dropped: |$)")
REASONS = 3  # largest ones of a file that the table names


def main():
    products = Path(os.environ["CCDAS_DATA"]) / "products"
    print("| kind | file | stream | kept | dropped | largest reasons |")
    print("| --- | --- | --- | --- | --- | --- |")
    for case in sorted([*CASES, *MAPS], key=lambda case: case.kind):
        for stream in streams(case):
            with TemporaryDirectory() as folder:
                print(row(case, stream, products, Path(folder)), flush=True)


def streams(case):
    """Streams of a case: that of the tests, and optical depth where the reader gives it."""
    from ccdas_framework.installed import registry

    gives = registry().readers[case.kind].gives
    first = case.stream or next(iter(gives))
    return [first, *[s for s in ("vod",) if s in gives and s != first]]


def row(case, stream, products, folder):
    """A row of the table."""
    import xarray as xr

    from ccdas_framework import command_settings
    from ccdas_framework.core.errors import CcdasError
    from ccdas_framework.experiment.data_imports import import_files

    values = {k: v(products, folder) if callable(v) else v for k, v in case.settings.items()}
    out, name = folder / "out.nc", case.file.rpartition("/")[2]
    files = [products / case.file, *case.others(products, folder)]
    settings = command_settings([f"{key}={value}" for key, value in values.items()])
    try:
        import_files(case.kind, files, stream, out, settings)
    except CcdasError as error:
        return f"| `{case.kind}` | {name} | `{stream}` | 0 | | refused: {error.findings[0].code} |"
    with xr.open_dataset(out) as file:
        kept, dropped = counts(file.attrs["screening"])
    reasons = sorted(dropped.items(), key=lambda item: -item[1])[:REASONS]
    words = ", ".join(f"{number} {reason}" for reason, number in reasons)
    return f"| `{case.kind}` | {name} | `{stream}` | {kept} | {sum(dropped.values())} | {words} |"


def counts(screening):
    """Values kept, and those dropped by reason, of all series of a file."""
    kept, dropped = 0, {}
    for text in screening.split("; "):
        for part in PART.findall(text):
            number, _, reason = part.partition(" ")
            if reason == "kept":
                kept += int(number)
            else:
                reason = reason.removeprefix("dropped: ")
                dropped[reason] = dropped.get(reason, 0) + int(number)
    return kept, dropped


if __name__ == "__main__":
    main()
