"""Air that flows and mixes between cells, and the rates of a tracer that follow from it."""

from __future__ import annotations

import numpy as np
from attrs import astuple, frozen
from scipy import sparse


@frozen(eq=False)
class AirExchange:
    """Flow and mixing through the faces between pairs of cells.

    Args:
        first, second: the two cells of each face, shape (face,).
        flow: air from the first to the second (kg s-1), shape (face,).
        mixing: air exchanged both ways (kg s-1), at least 0, shape (face,).
    """

    first: np.ndarray
    second: np.ndarray
    flow: np.ndarray
    mixing: np.ndarray

    def __add__(self, other: AirExchange) -> AirExchange:
        """The faces of both."""
        pairs = zip(astuple(self, recurse=False), astuple(other, recurse=False), strict=True)
        return AirExchange(*(np.concatenate(pair) for pair in pairs))


def generator(exchange: AirExchange, mass: np.ndarray) -> sparse.csr_array:
    """Rates A of dm/dt = A m for the mass m of a tracer in each cell (s-1), sparse.

        from i to j:  (G + U/2) m_i / M_i,   from j to i:  (G - U/2) m_j / M_j,   G >= |U|/2

    Central differences where mixing allows it, else the least mixing that keeps the rates
    positive. Columns sum to zero (mass), off-diagonals are not negative (no negative mass arises),
    and A M = 0 for a flow without divergence (what is uniform stays so).

    Args:
        exchange: through the faces.
        mass: of air (kg), shape (cell,).

    Source: hybrid differencing, Patankar (1980), Numerical Heat Transfer and Fluid Flow, 5.2-4.
    """
    mixing = np.maximum(exchange.mixing, 0.5 * np.abs(exchange.flow))
    forth = (mixing + 0.5 * exchange.flow) / mass[exchange.first]
    back = (mixing - 0.5 * exchange.flow) / mass[exchange.second]
    first, second = exchange.first, exchange.second
    rows = np.concatenate([second, first, first, second])
    columns = np.concatenate([first, first, second, second])
    values = np.concatenate([forth, -forth, back, -back])
    cells = len(mass)
    return sparse.coo_array((values, (rows, columns)), shape=(cells, cells)).tocsr()
