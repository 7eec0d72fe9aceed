"""Real files of products, if they are there, and imports through the command line."""

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from ccdas_framework.cli import main
from ccdas_framework.core.errors import CcdasError

sys.path.append(str(Path(__file__).parent))  # `damage` and `cases`; behind the folder `tests`


@pytest.fixture(scope="session")
def products():
    folder = Path(os.environ.get("CCDAS_DATA") or "no folder") / "products"
    if not folder.is_dir():
        pytest.skip(f"no real files in {folder}; set CCDAS_DATA to test on them")
    return folder


@pytest.fixture
def ccdas(monkeypatch, capsys):
    """Call the command line in this process: (exit code, standard output, standard error).

    `ccdas.findings` holds (code, place) of each finding of the error that ended the last call.
    """

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["ccdas", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        error = end.value.__context__
        call.findings = (
            [(f.code, f.where) for f in error.findings] if isinstance(error, CcdasError) else []
        )
        output = capsys.readouterr()
        return end.value.code or 0, output.out, output.err

    return call


@pytest.fixture
def imported(ccdas, tmp_path):
    """Dataset of an import, which must succeed; `imported.said` is its output."""

    def call(kind, *paths, stream=None, **settings):
        out = tmp_path / "out.nc"
        options = [f"--set={key}={value}" for key, value in settings.items()]
        options += [] if stream is None else ["--stream", stream]
        code, said, error = ccdas("data", "import", kind, *paths, "--out", out, *options)
        assert code == 0, error
        call.said, call.path = said, out
        return xr.load_dataset(out)

    return call


def counts(dataset):
    """Counts of the attribute `screening`: series -> {"kept": number, reason: number}."""
    found = {}
    for text in dataset.attrs["screening"].split("; "):
        name, _, rest = text.partition(": ")
        parts = rest.split(", ")
        found[name] = {"kept": int(parts[0].split()[0])}
        for part in parts[1:]:
            number, _, reason = part.partition(" dropped: ")
            found[name][reason] = int(number)
    return found


@pytest.fixture(scope="session")
def counted():
    return counts


def at(dataset, **where):
    """Row of the one observation with these values."""
    chosen = np.ones(dataset.sizes["obs"], dtype=bool)
    for name, value in where.items():
        values = dataset[name].values
        if values.dtype.kind == "M":
            value = np.datetime64(value)
        chosen &= values == value
    (row,) = np.flatnonzero(chosen)
    return dataset.isel(obs=row)


@pytest.fixture(scope="session")
def row():
    return at


@pytest.fixture
def copied(tmp_path):
    """A copy of a file that a test may damage."""

    def call(path):
        folder = tmp_path / "copy"
        folder.mkdir(exist_ok=True)
        return Path(shutil.copy(path, folder / path.name))

    return call
