import pytest

from ccdas_framework.io import read_forcing

from .files import NEEDS


@pytest.fixture
def forcing_of(tmp_path):
    """Writes a dataset and reads it back: (forcing or None, problems)."""

    def read(dataset, **options):
        path = tmp_path / "forcing.nc"
        dataset.to_netcdf(path)
        problems = []
        return read_forcing(path, NEEDS, problems=problems, **options), problems

    return read


@pytest.fixture
def sentence_about(forcing_of):
    """The one sentence that a wrong file gives."""

    def read(dataset, **options):
        forcing, problems = forcing_of(dataset, **options)
        assert forcing is None
        assert len(problems) == 1, problems
        assert "forcing.nc" in problems[0]
        return problems[0]

    return read
