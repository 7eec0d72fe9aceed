"""`diagnostics.nc`: every column has a name, a dimension and a meaning."""

import numpy as np
import pytest
import xarray as xr

from ccdas_framework.outputs import RunFolder
from ccdas_framework.outputs.diagnostics_dataset import (
    BOTH,
    COLUMNS,
    COUNTS,
    TEXT,
    diagnostics_dataset,
)


def every_table(length=2):
    """All columns, as long as each other."""

    def values(name, units):
        if units == TEXT:
            return [f"{name} {n}" for n in range(length)]
        return np.ones((length,) * (2 if name in BOTH else 1))

    return {
        dim: {name: values(name, units) for name, (units, _) in columns.items()}
        for dim, columns in COLUMNS.items()
    }


def test_every_column_survives_the_file(tmp_path):
    with RunFolder(tmp_path / "run") as folder:
        path = folder.write(
            "diagnostics.nc",
            diagnostics_dataset(every_table(), ["one.", "two."], [], {"title": "A"}),
        )
    with xr.open_dataset(path) as found:
        for dim, columns in COLUMNS.items():
            for name, (units, long_name) in columns.items():
                assert found[name].dims == BOTH.get(name, (dim,))
                assert found[name].attrs["long_name"] == long_name
                assert found[name].attrs.get("units") == ("1" if units == "1" else None)
        assert found["region"].values.tolist() == ["region 0", "region 1"]
        assert found["contradicted"].dtype.kind == "i"
        assert found.attrs["warnings"] == "one.\ntwo."
        assert found.attrs["missing"] == ""
        assert found.attrs["title"] == "A"


def test_a_table_that_is_not_there_is_left_out():
    tables = every_table()
    del tables["target"], tables["pair"]
    found = diagnostics_dataset(tables)
    assert "target_shift" not in found
    assert "pair" not in found.dims


def test_a_table_without_lines_can_be_written(tmp_path):
    tables = {"pair": {"pair_first": [], "pair_second": [], "pair_correlation": np.zeros(0)}}
    path = tmp_path / "d.nc"
    diagnostics_dataset(tables).to_netcdf(path)
    with xr.open_dataset(path) as found:
        assert found.sizes["pair"] == 0


def test_a_column_that_is_not_known_is_refused():
    with pytest.raises(KeyError):
        diagnostics_dataset({"term": {"size": [1.0]}})


def test_counts_are_columns():
    known = {name for columns in COLUMNS.values() for name in columns}
    assert set(COUNTS) <= known
    assert set(BOTH) <= known
