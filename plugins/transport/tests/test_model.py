"""The transport of tracers: what holds for any winds and settings, to rounding."""

import numpy as np
import pytest
from attrs import evolve
from ccdas_transport.jacobian import days_share
from ccdas_transport.stations import Stations
from ccdas_transport.tracer import Transport, TransportSettings
from ccdas_transport.tracer.air_exchange import AirExchange, generator
from ccdas_transport.tracer.month_operators import positive_exponential
from scipy.linalg import expm

MEMORY = 24  # months, half of the default
COARSE = TransportSettings(
    latitude_step=15.0, longitude_step=30.0, steps_per_month=5, memory=MEMORY
)
PLACES = Stations(
    ["MLO", "SPO", "MHD"], [19.5, -90.0, 53.3], [-155.6, -24.8, -9.9], [3397.0, 2841.0, 5.0]
)
ONE_PGC = 1e12


@pytest.fixture(scope="module")
def coarse():
    return Transport.from_files(COARSE)


@pytest.fixture(scope="module")
def full():
    return Transport.from_files()


@pytest.fixture(scope="module")
def responses(coarse):
    return coarse.response(PLACES)


def random_flux(transport, months, seed=0):
    shape = (months, *transport.grid.area.shape)
    return np.random.default_rng(seed).normal(size=shape) * ONE_PGC


def advanced(transport, state, flux=None, months=12):
    for month in transport.months[:months]:
        for _ in range(month.steps):
            state = month.step(state, flux)
    return state


def test_mass_is_conserved_to_rounding(full):
    state = np.random.default_rng(1).random(full.atmosphere.shape)
    after = advanced(full, state[:, :, None])
    assert after.sum() == pytest.approx(state.sum(), rel=1e-12)


def test_what_is_emitted_is_found_in_the_air(coarse):
    flux = np.random.default_rng(2).random(coarse.atmosphere.cells)
    after = advanced(coarse, np.zeros((*coarse.atmosphere.shape, 1)), flux, months=2)
    assert after.sum() == pytest.approx(flux.sum() * 59 * 86400.0, rel=1e-12)


def test_a_uniform_atmosphere_stays_uniform(full):
    """The flow has no divergence: 400 ppm are 400 ppm everywhere after a year, to rounding."""
    state = full.atmosphere.well_mixed(400.0)[:, :, None]
    after = advanced(full, state)[:, :, 0] * full.atmosphere.ppm_per_kg
    np.testing.assert_allclose(after, 400.0, rtol=1e-11)


def test_no_mass_becomes_negative(full):
    """From a single cell, the least favourable start; each part of a step is positive by itself."""
    for cell in (0, 400, -1):
        state = np.zeros((*full.atmosphere.shape, 1))
        state[0, cell] = 1.0
        assert advanced(full, state, months=1).min() >= 0.0


def test_every_substep_keeps_within_the_limit_of_courant(full):
    for month in full.months:
        for step, _ in (month.overturning, *month.layers):
            assert step.diagonal().min() >= 0.0 and step.data.min() >= 0.0


def test_the_transport_is_linear(coarse):
    one, two = random_flux(coarse, 14, 1), random_flux(coarse, 14, 2)
    together = coarse.forward(3.0 * one - 2.0 * two, PLACES)
    apart = 3.0 * coarse.forward(one, PLACES) - 2.0 * coarse.forward(two, PLACES)
    np.testing.assert_allclose(together, apart, atol=1e-12 * np.abs(apart).max())


def test_several_fluxes_are_carried_at_once(coarse):
    both = np.stack([random_flux(coarse, 3, 1), random_flux(coarse, 3, 2)])
    apart = [coarse.forward(flux, PLACES) for flux in both]
    np.testing.assert_allclose(coarse.forward(both, PLACES), apart, rtol=1e-12)


def test_a_pulse_ends_well_mixed(coarse):
    """1 PgC becomes 1/2.124 ppm everywhere: to 1e-3 after 20 years (the stratosphere is slow)."""
    flux = np.zeros((240, *coarse.grid.area.shape))
    flux[0, 9, 3] = ONE_PGC * 365.0 / 31.0
    last = coarse.forward(flux, PLACES)[-1]
    np.testing.assert_allclose(last, 1.0 / 2.124, rtol=1e-3)


@pytest.mark.parametrize("first_month", [1, 9])
def test_the_adjoint_is_the_transpose(full, first_month):
    flux = random_flux(full, 14)
    weights = np.random.default_rng(5).normal(size=(14, len(PLACES)))
    forward = np.sum(full.forward(flux, PLACES, first_month) * weights)
    backward = np.sum(full.adjoint(weights, PLACES, first_month) * flux)
    assert forward == pytest.approx(backward, rel=1e-12)


def test_the_jacobian_says_what_the_forward_model_says(coarse, responses):
    """On random fluxes of two years, at every calendar month of the last, to 1e-10."""
    flux = random_flux(coarse, MEMORY + 11)
    flux[:11] = 0.0  # what the table holds for every month of the last year
    forward = coarse.forward(flux, PLACES)
    table = responses.response * days_share(MEMORY)[None, :, :, None, None]
    for month in range(MEMORY, MEMORY + 11):
        sampled = flux[month - np.arange(MEMORY)]
        product = np.einsum("slij,lij->s", table[:, month % 12], sampled)
        np.testing.assert_allclose(product, forward[month], atol=1e-10 * np.abs(forward).max())


def test_the_jacobian_is_positive_and_tends_to_the_well_mixed_value(responses):
    assert responses.response.min() >= 0.0
    last = responses.response[:, :, -1] / responses.well_mixed
    np.testing.assert_allclose(last, 1.0, atol=0.15)  # the stratosphere has less than its share


def test_progress_goes_to_one():
    sampled = []
    short = Transport.from_files(evolve(COARSE, memory=2, steps_per_month=1))
    short.response(PLACES.take(["SPO"]), progress=sampled.append)
    assert sampled[-1] == pytest.approx(1.0) and all(np.diff(sampled) > 0.0)


def test_without_winds_and_land_january_in_the_north_is_july_in_the_south():
    """Symmetric: nothing flows, all is sea; a northern source in January, a southern in July.

    With `eddy_polar` 1 it does not matter where the storm tracks of either lie.
    """
    settings = evolve(COARSE, steps_per_month=4, eddy_polar=1.0)
    transport = still(settings)
    north = Stations(["n", "s"], [50.0, -50.0], [10.0, 10.0], [0.0, 0.0])
    flux = np.zeros((1, *transport.grid.area.shape))
    flux[0, 9] = ONE_PGC
    mirrored = flux[:, ::-1]
    january = transport.forward(flux, north, first_month=1)
    july = transport.forward(mirrored, north, first_month=7)
    np.testing.assert_allclose(july[0, ::-1], january[0], rtol=1e-12)  # both have 31 days


def still(settings):
    """A transport without winds and without land."""
    from ccdas_transport.tracer.month_operators import month_operators

    template = Transport.from_files(settings)
    atmosphere, land = template.atmosphere, np.zeros_like(template.land)
    calm = np.zeros((atmosphere.layers, len(atmosphere.grid.latitude) + 1, land.shape[1]))
    months = tuple(month_operators(m, atmosphere, calm, land, settings) for m in range(12))
    return Transport(settings, atmosphere, months, land, template.winds)


def test_a_zonal_source_stays_zonal_without_winds_and_land():
    transport = still(COARSE)
    state = np.zeros((*transport.atmosphere.shape, 1))
    flux = transport.atmosphere.on_cells(
        transport.grid.area * (transport.grid.latitude > 0)[:, None]
    )
    after = advanced(transport, state, flux, months=2)[:, :, 0] * transport.atmosphere.ppm_per_kg
    rows = after[:, 1:-1].reshape(transport.atmosphere.layers, transport.atmosphere.rows, -1)
    np.testing.assert_allclose(rows, rows[..., :1] * np.ones(rows.shape[-1]), rtol=1e-12)


def test_the_exponential_of_rates_is_positive_and_that_of_linear_algebra():
    rates = np.array([[-3.0, 0.5, 0.0], [3.0, -1.5, 40.0], [0.0, 1.0, -40.0]])
    ours = positive_exponential(rates)
    assert ours.min() >= 0.0
    np.testing.assert_allclose(ours, expm(rates), rtol=1e-12)


def test_mixing_is_added_where_central_differences_would_be_negative():
    exchange = AirExchange(np.array([0]), np.array([1]), np.array([4.0]), np.array([1.0]))
    rates = generator(exchange, np.array([2.0, 2.0])).toarray()
    np.testing.assert_allclose(rates, [[-2.0, 0.0], [2.0, 0.0]])  # upwind: nothing returns


def test_a_flux_on_another_grid_is_refused(coarse, refusal):
    with refusal("wrong-dimensions", "flux"):
        coarse.forward(np.zeros((3, 24, 36)), PLACES)


def test_a_flux_with_missing_values_is_refused(coarse, refusal):
    flux = random_flux(coarse, 2)
    flux[0, 0, 0] = np.nan
    with refusal("missing-values", "flux"):
        coarse.forward(flux, PLACES)


@pytest.mark.parametrize("edges", [(1.0, 0.5, 0.6, 0.0), (1.0, 0.0), (0.9, 0.5, 0.2, 0.0)])
def test_layers_of_negative_thickness_are_refused(edges, refusal):
    with refusal("wrong-value", "layer_edges"):
        TransportSettings(layer_edges=edges)


def test_a_scalar_outside_its_bounds_is_refused(refusal):
    with refusal("out-of-bounds", "overturning"):
        TransportSettings(overturning=9.0)


def test_the_attributes_say_the_settings_and_the_checksums(full):
    attributes = full.attributes()
    assert attributes["transport_overturning"] == full.settings.overturning
    assert len(attributes["transport_winds_sha256"]) == 64
