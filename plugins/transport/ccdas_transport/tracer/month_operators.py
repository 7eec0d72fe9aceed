"""One month of transport: a step of the splitting, repeated, and its transpose."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from attrs import frozen
from scipy import sparse

from ..constants import DAYS_OF_MONTH, SECONDS_PER_DAY
from .air_exchange import generator
from .atmosphere import Atmosphere
from .eddy_mixing import between_layers, meridional_mixing, within_layers, zonal_mixing
from .isentropes import isentropic_slope
from .overturning import overturning_exchange
from .settings import TransportSettings
from .vertical_mixing import column_rates, interface_exchange
from .winds import layer_exchange, rotational_flow

TERMS = 18  # of the exponential series, whose argument is at most one: 1/18! = 2e-16


def positive_exponential(rates: np.ndarray) -> np.ndarray:
    """exp(A) for rates A >= 0 off the diagonal, from sums and products of positive numbers alone.

        exp(A) = [ e^-q exp(A / 2^k + q) ]^(2^k),   q = max |a_ii| / 2^k <= 1

    Args:
        rates: shape (..., n, n).

    Source: uniformisation, Jensen (1953), Skand. Aktuarietidskr. 36, 87-91.
    """
    largest = np.abs(np.diagonal(rates, axis1=-2, axis2=-1)).max()
    halvings = max(0, int(np.ceil(np.log2(max(largest, 1e-300)))))
    scaled = rates / 2.0**halvings
    shift = largest / 2.0**halvings
    unit = np.broadcast_to(np.eye(rates.shape[-1]), rates.shape)
    # the diagonal is positive but for rounding
    positive = np.maximum(scaled + shift * unit, 0.0)
    total, power = unit.copy(), unit
    for term in range(1, TERMS + 1):
        power = power @ positive / term
        total = total + power
    total = total * np.exp(-shift)
    for _ in range(halvings):
        total = total @ total
    return total


def substeps(rates: sparse.csr_array, seconds: float) -> tuple[sparse.csr_array, int]:
    """(I + h A) and the number of its applications in `seconds`, with h within the limit of CFL.

    The number is a power of two with h max|a_ii| <= 1, so that no entry is negative.
    """
    largest = np.abs(rates.diagonal()).max() * seconds
    count = 2 ** max(0, int(np.ceil(np.log2(max(largest, 1e-300)))))
    step = sparse.eye_array(rates.shape[0], format="csr") + rates * (seconds / count)
    return step.tocsr(), count


@frozen(eq=False, slots=False)
class Month:
    """Operators of a calendar month; a state is (layer, cell) or (layer, cell, many), in kgC.

        m -> V (O (H (O (V m + q)))) + q,   q = tau/2 phi_1 f

    For half a step V mixes the columns, and O overturns them and mixes them aslant with their
    neighbours. For a step H advects and mixes each layer. f is the surface flux (kgC s-1) into the
    lowest layer, which V mixes upward. Each part conserves mass and positivity, and a uniform mole
    fraction.

    Args:
        days: length of the month.
        steps: number of steps of the splitting.
        columns: V of each column, shape (cell, layer, layer).
        entry: phi_1, distribution of a steady surface flux at the end of V, shape (layer, cell).
        overturning: sub-step of O and their number, on (layer * cell).
        layers: sub-step of H of each layer and their number.

    Source: splitting of Strang (1968), SIAM J. Numer. Anal. 5, 506-517.
    """

    days: int
    steps: int
    columns: np.ndarray
    entry: np.ndarray
    overturning: tuple[sparse.csr_array, int]
    layers: tuple[tuple[sparse.csr_array, int], ...]

    @property
    def half_step(self) -> float:
        """Length of half a step (s)."""
        return 0.5 * self.days * SECONDS_PER_DAY / self.steps

    @cached_property
    def mixed(self) -> sparse.csr_array:
        """V as a sparse matrix on (layer * cell)."""
        cells, layers, _ = self.columns.shape
        to, source = np.meshgrid(np.arange(layers), np.arange(layers), indexing="ij")
        row = to[None] * cells + np.arange(cells)[:, None, None]
        column = source[None] * cells + np.arange(cells)[:, None, None]
        size = layers * cells
        entries = self.columns.ravel(), (row.ravel(), column.ravel())
        return sparse.coo_array(entries, shape=(size, size)).tocsr()

    @cached_property
    def transposes(self) -> list[sparse.csr_array]:
        """V, O and the layers of H, transposed."""
        stack = [self.mixed, self.overturning[0], *(step for step, _ in self.layers)]
        return [matrix.T.tocsr() for matrix in stack]

    def step(self, state: np.ndarray, flux: np.ndarray | None = None) -> np.ndarray:
        """The state one step later.

        Args:
            state: kgC, shape (layer, cell[, many]).
            flux: into the lowest layer (kgC s-1), shape (cell[, many]).
        """
        flat = state.reshape(state.shape[0] * state.shape[1], -1)
        source = 0.0
        if flux is not None:
            entered = self.entry[:, :, None] * flux.reshape(1, self.entry.shape[1], -1)
            source = self.half_step * entered.reshape(flat.shape)
        flat = self.mixed @ flat + source
        flat = _repeated(*self.overturning, flat)
        cells = state.shape[1]
        flat = np.concatenate(
            [
                _repeated(step, count, flat[k * cells : (k + 1) * cells])
                for k, (step, count) in enumerate(self.layers)
            ]
        )
        flat = _repeated(*self.overturning, flat)
        return (self.mixed @ flat + source).reshape(state.shape)

    def transposed_step(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The transpose of a step: weights of the state before it, and of the flux during it.

        Args:
            weights: weights of the state after the step, shape (layer, cell, many).

        Returns:
            weights of the state before, same shape, and weights of the flux, shape (cell, many).
        """
        layers, cells, many = weights.shape
        mixed, overturned, *sides = self.transposes
        entry = self.half_step * self.entry
        flux_weights = np.einsum("lcn,lc->cn", weights, entry)
        flat = mixed @ weights.reshape(layers * cells, many)
        flat = _repeated(overturned, self.overturning[1], flat)
        flat = np.concatenate(
            [
                _repeated(side, self.layers[k][1], flat[k * cells : (k + 1) * cells])
                for k, side in enumerate(sides)
            ]
        )
        flat = _repeated(overturned, self.overturning[1], flat)
        flux_weights = flux_weights + np.einsum("lcn,lc->cn", flat.reshape(weights.shape), entry)
        return (mixed @ flat).reshape(weights.shape), flux_weights


def _repeated(matrix: sparse.csr_array, count: int, state: np.ndarray) -> np.ndarray:
    """A state after several applications of a matrix."""
    for _ in range(count):
        state = matrix @ state
    return state


def month_operators(
    month: int,
    atmosphere: Atmosphere,
    streamfunction: np.ndarray,
    land: np.ndarray,
    settings: TransportSettings,
) -> Month:
    """The operators of a calendar month.

    Args:
        month: 0..11.
        atmosphere: cells of the air.
        streamfunction: stream function of the month (m2 s-1), shape (layer, latitude edge,
            longitude).
        land: share of land of the boxes (1), shape (latitude, longitude).
        settings: settings of the transport.
    """
    days = int(DAYS_OF_MONTH[month])
    step = days * SECONDS_PER_DAY / settings.steps_per_month
    grid = atmosphere.grid
    latitude = atmosphere.on_cells(grid.latitude[:, None] * grid.area) / atmosphere.area
    land = atmosphere.on_cells(land * grid.area) / atmosphere.area
    interfaces = np.array(atmosphere.layer_edges[1:-1])
    exchange = interface_exchange(latitude, land, month, interfaces, settings)
    rates = column_rates(exchange, atmosphere.layer_share) * 0.5 * step
    columns, entry = _columns_and_entry(rates)
    slope = isentropic_slope(streamfunction, atmosphere)
    eddies = meridional_mixing(atmosphere, slope, settings)
    overturning = overturning_exchange(atmosphere, month, settings.overturning)
    sloping = generator(overturning + between_layers(eddies, atmosphere), atmosphere.mass.ravel())
    mixing_east = zonal_mixing(atmosphere, settings)
    mixing_north = within_layers(eddies, atmosphere)
    density = atmosphere.column_density * atmosphere.layer_share
    layers = []
    for k in range(atmosphere.layers):
        eastward, northward = rotational_flow(streamfunction[k], density[k], atmosphere)
        sides = layer_exchange(eastward, northward, mixing_east[k], mixing_north[k], atmosphere)
        layers.append(substeps(generator(sides, atmosphere.mass[k]), step))
    return Month(
        days, settings.steps_per_month, columns, entry,
        substeps(sloping, 0.5 * step), tuple(layers),
    )  # fmt: skip


def _columns_and_entry(rates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """exp(A) of each column, and phi_1(A) of the lowest layer, (exp(A) - 1)/A e_1.

    Both are in the exponential of A with one more column, e_1, and a row of zeros.

    Source: Van Loan (1978), IEEE Trans. Autom. Control 23, 395-404.
    """
    cells, layers, _ = rates.shape
    wider = np.zeros((cells, layers + 1, layers + 1))
    wider[:, :layers, :layers] = rates
    wider[:, 0, layers] = 1.0
    both = positive_exponential(wider)
    entry = both[:, :layers, layers]
    return both[:, :layers, :layers], (entry / entry.sum(axis=1, keepdims=True)).T
