"""The result of a sampler: its moments, whether it mixed, and its groups for ArviZ."""

import numpy as np
import pytest
import xarray as xr
from attrs import evolve

from ccdas_framework import Ensemble, Parameter
from ccdas_framework.core.control import Control

CONTROL = Control.of(
    {"m": (Parameter("a", "mm", 1.0, 0.5), Parameter("b", "1", 2.0, 1.0, transform="log"))}
)


def ensemble(**changes):
    x = np.random.default_rng(1).normal(size=(4, 250, 2))
    density = -0.5 * np.sum(x**2, axis=2)
    numbers = {"diverging": np.zeros((4, 250)), "energy": -density}
    given = {"exact": True, "statistics": numbers, "observed": {"co2": np.arange(3.0)}}
    return Ensemble(CONTROL, x, density, **{**given, **changes})


GOOD = {"r_hat": np.array([1.0, 1.009]), "effective_sample_size": np.array([900.0, 401.0])}


def test_an_ensemble_mixed_where_all_its_diagnostics_suffice():
    assert ensemble(diagnostics=GOOD).mixed is True
    assert ensemble(diagnostics={**GOOD, "r_hat": np.array([1.0, 1.011])}).mixed is False
    few = {**GOOD, "effective_sample_size": np.array([900.0, 399.0])}
    assert ensemble(diagnostics=few).mixed is False


def test_a_constant_element_does_not_count_and_a_chain_that_never_moves_does():
    constant = {name: np.array([values[0], np.nan]) for name, values in GOOD.items()}
    assert ensemble(diagnostics=constant).mixed is True
    assert ensemble(diagnostics={**GOOD, "r_hat": np.array([1.0, np.inf])}).mixed is False


def test_nothing_is_said_where_nothing_is_defined():
    one_chain = {**GOOD, "r_hat": np.full(2, np.nan)}
    assert ensemble(diagnostics=one_chain).mixed is None
    assert ensemble().mixed is None
    assert ensemble(diagnostics=GOOD, exact=False).mixed is None


def test_few_draws_of_one_chain_have_not_mixed():
    one_chain = {"r_hat": np.full(2, np.nan), "effective_sample_size": np.array([900.0, 12.0])}
    assert ensemble(diagnostics=one_chain).mixed is False


def test_doubts_mark_an_exact_ensemble():
    assert ensemble(diagnostics=GOOD, doubts=("divergences",)).mixed is False
    assert ensemble(doubts=("divergences",)).mixed is False


def test_an_ensemble_without_draws_has_no_moments():
    empty = evolve(ensemble(statistics={}), x=np.zeros((4, 0, 2)), log_density=np.zeros((4, 0)))
    assert np.isnan(empty.mean).all() and np.isnan(empty.sd).all()
    assert np.isnan(empty.covariance).all() and empty.covariance.shape == (2, 2)
    assert empty.parameters.shape == (4, 0, 2)


def test_physical_values_are_those_of_the_control_vector():
    values = ensemble()
    x = values.x[2, 7]
    np.testing.assert_array_equal(values.parameters[2, 7], CONTROL.physical(x))


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """The groups of ArviZ, read from a file."""
    path = tmp_path_factory.mktemp("ensemble") / "ensemble.nc"
    ensemble().to_xarray().to_netcdf(path)
    with xr.open_datatree(path) as tree:
        yield tree.load()


def test_a_file_has_the_groups_of_arviz(tree):
    assert set(tree.children) == {"posterior", "sample_stats", "observed_data"}
    assert tree["posterior"]["m.a"].dims == ("chain", "draw")
    assert tree["posterior"]["m.a"].attrs["units"] == "mm"
    assert {"lp", "diverging", "energy"} <= set(tree["sample_stats"].data_vars)


def test_arviz_works_on_the_file(tree):
    pytest.importorskip("xarray_einstats", reason="arviz-stats[xarray] is not installed")
    import arviz_stats as stats

    r_hat, size = stats.rhat(tree), stats.ess(tree)
    for name in ("m.a", "m.b"):
        assert 0.99 < float(r_hat[name]) < 1.02
        assert 700 < float(size[name]) < 1400
    summary = stats.summary(tree, var_names=["m.a", "m.b"])
    assert list(summary.index) == ["m.a", "m.b"]
    assert float(summary.loc["m.a", "mean"]) == pytest.approx(1.0, abs=0.05)
