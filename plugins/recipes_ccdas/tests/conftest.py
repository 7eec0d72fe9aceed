"""Where the published data are, if they are."""

import os
from pathlib import Path

import pytest

from ccdas_framework.experiment.input_files import DEFAULT_DATA

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def data():
    folder = Path(os.environ.get("CCDAS_DATA", ROOT / DEFAULT_DATA))
    if not (folder / "land").is_dir():
        pytest.skip(f"no data folder {folder}; set CCDAS_DATA to test recipes of real data")
    return folder
