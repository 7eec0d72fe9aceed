import pytest
from findings import codes

from ccdas_framework.core.errors import Findings
from ccdas_framework.io import read_forcing

from .files import NEEDS


@pytest.fixture
def forcing_of(tmp_path):
    """Writes a dataset and reads it back: (forcing or None, findings)."""

    def read(dataset, **options):
        path = tmp_path / "forcing.nc"
        dataset.to_netcdf(path)
        findings = Findings()
        forcing = read_forcing(path, NEEDS, findings=findings, **options)
        return forcing, codes(findings)

    return read


@pytest.fixture
def finding_about(forcing_of):
    """Code and place of the only finding about a wrong file."""

    def read(dataset, **options):
        forcing, findings = forcing_of(dataset, **options)
        assert forcing is None
        (finding,) = findings
        return finding

    return read
