"""Where the published data are, if they are."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data():
    folder = Path(os.environ.get("CCDAS_DATA") or "no folder")
    if not (folder / "land").is_dir():
        pytest.skip(f"no data folder {folder}; set CCDAS_DATA to test recipes of real data")
    return folder
