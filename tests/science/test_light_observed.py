"""FAPAR and fluorescence of BETHY as their operators see them."""

import os
from pathlib import Path

import numpy as np
import pytest
from cuts import demo_cut, only

from ccdas_framework import RecipeDomain

DATA = Path(os.environ.get("CCDAS_DATA") or "no folder")
STREAMS = ("fapar", "sif")
LEAF_AREA = tuple(f"bethy.{n}" for n in ("Lam_max", "T_phi", "T_r", "t_c", "xi", "k_L", "tau_W"))
LIGHT = ("bethy.V_m", "bethy.alpha_q", "bethy.Lam_max", "bethy.c_w0", "sif.scale")


@pytest.fixture(scope="module")
def problem():
    """Three cells and 40 days of the demonstration, all of whose gain and offset are optimised."""
    settings = only(LIGHT, STREAMS)
    settings |= {f'parameters."fapar.{name}".active': True for name in ("fb_a", "fb_b")}
    return demo_cut(STREAMS, **settings).build()


def test_what_is_seen_is_what_the_columns_absorb(problem):
    x = np.zeros(len(problem.control))
    seen, fields = problem.simulate(x), problem.fields(x)
    domain, stream = problem.blocks[0].domain, problem.streams["fapar"]
    grid, (part,) = domain.grid, stream.parts
    for n, found in enumerate(seen["fapar"]):
        columns = grid.column_cell == part.at["cell"][n]
        days = slice(part.at["first_day"][n], part.at["last_day"][n] + 1)
        absorbed = fields["fapar"][days][:, columns] * grid.column_fraction[columns]
        assert found == pytest.approx(absorbed.sum(axis=1).mean(), rel=1e-12)
    assert np.all((seen["fapar"] > 0.0) & (seen["fapar"] < 1.0))
    assert np.all((seen["sif"] > 0.05) & (seen["sif"] < 8.0))  # mW m-2 sr-1 nm-1, in June


def test_an_even_sky_is_another_product(problem):
    diffuse = demo_cut(("fapar",), streams__fapar__product="bihemispherical").build()
    x = np.zeros(len(diffuse.control))
    noon = problem.simulate(np.zeros(len(problem.control)))["fapar"]
    even = diffuse.simulate(x)["fapar"]
    assert np.all(np.abs(even - noon) > 1e-4)
    np.testing.assert_allclose(even, noon, atol=0.1)


def test_derivatives_through_model_and_operators_are_those_of_differences(problem):
    """Central differences over 1e-3 of a prior sd; their error falls with its square."""
    control = problem.control
    x = np.random.default_rng(3).normal(0.0, 0.3, len(control))
    found = problem.jacobian(x)
    step = 1e-3

    def simulated(x):
        return np.concatenate(list(problem.simulate(x).values()))

    for n, direction in enumerate(np.eye(len(x))):
        ahead, behind = simulated(x + step * direction), simulated(x - step * direction)
        np.testing.assert_allclose(found[:, n], (ahead - behind) / (2 * step), rtol=1e-4, atol=2e-7)
    by_name = dict(zip((e.name for e in control.active), found.T, strict=True))
    of_fapar = len(problem.streams["fapar"].values)
    assert np.all(by_name["bethy.alpha_q"][of_fapar:] != 0.0)
    np.testing.assert_allclose(by_name["fapar.fb_b"][:of_fapar], 0.01, rtol=1e-12)
    np.testing.assert_array_equal(by_name["fapar.fb_b"][of_fapar:], 0.0)
    np.testing.assert_allclose(
        by_name["sif.scale"][of_fapar:],
        np.log(1.3) * simulated(x)[of_fapar:],  # the step of a log parameter of 1 +- 0.3
        rtol=1e-12,
    )


@pytest.mark.science
def test_fluorescence_sees_leaf_area_better_than_capacity():
    """A year in eight cells: what the prior does not know of all V_m and all of phenology."""
    pytest.importorskip("jax")
    kinds = ("bethy.V_m", "sif.scale", *LEAF_AREA)
    settings = {**only(kinds, STREAMS), "grid.cells": 8, "time.days": 365}
    settings |= {"time.start": "2010-01-01"}
    problem = demo_cut(STREAMS, engine="jax", **settings).build()
    x = np.zeros(len(problem.control))
    names = [e.name.split("[")[0] for e in problem.control.active]
    freedom = {}
    for name, jacobian in problem.derivatives(x)[1].items():
        whitened = jacobian / problem.streams[name].sd[:, None]
        hessian = whitened.T @ whitened
        gained = 1.0 - np.diag(np.linalg.inv(np.eye(len(x)) + hessian))
        freedom[name] = {kind: gained[[n == kind for n in names]].sum() for kind in kinds}
    for name, of in freedom.items():
        leaves = sum(of[kind] for kind in LEAF_AREA)
        assert leaves > 3.0 * of["bethy.V_m"], (name, of)
        assert leaves > 0.3, (name, of)
    assert freedom["sif"]["sif.scale"] > 0.8
    assert freedom["fapar"]["sif.scale"] == 0.0


@pytest.mark.science
@pytest.mark.skipif(not DATA.is_dir(), reason="no folder of published data; set CCDAS_DATA")
def test_nine_of_the_ten_towers_have_fapar():
    from ccdas_obs_fapar.tower_fapar import tower_fapar

    names = ["AU-How", "AU-Stp", "BE-Vie", "CH-Lae", "DE-Tha", "FI-Hyy", "FR-Pue", "US-AR1",
             "US-Ne2", "US-SRG"]  # fmt: skip
    days = np.arange(np.datetime64("2010-01-01"), np.datetime64("2013-01-01"))
    number = np.arange(10, dtype=float)
    made = tower_fapar(RecipeDomain(number, number, number, names, days), DATA)
    seen = made.observations
    assert sorted(set(seen.label)) == [name for name in names if name != "US-AR1"]
    assert len(seen) == 9 * 36
    assert np.all((seen.values > 0.0) & (seen.values < 0.95))
    assert "MODIS FAPAR at CH-Lae, FR-Pue" in made.synthetic
    evergreen, deciduous = (seen.values[seen.label == n] for n in ("FR-Pue", "CH-Lae"))
    assert np.ptp(evergreen) < 0.2 < np.ptp(deciduous)
