"""The Hessian and the prior of the elements of x that no bound holds."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from ..core.covariance import Covariance, Diagonal
from ..core.observations import floats
from .spectrum import Spectrum

Array = Any


@frozen(eq=False)
class GivenOthers(Covariance):
    """Covariance of some elements given the others, C = (F^T F)^-1.

    Args:
        factor: F, shape (n, n); zero where the elements have no finite variance.
    """

    factor: np.ndarray = field(converter=floats)

    @property
    def sd(self) -> np.ndarray:
        return np.sqrt(np.diag(self.dense()))

    def whiten(self, residual: Array, xp: Any) -> Array:
        return xp.matmul(self.factor, residual)

    def dense(self) -> np.ndarray:
        if not self.factor.any():
            return np.diag(np.full(len(self.factor), np.inf))
        root = np.linalg.inv(self.factor)
        return np.asarray(root @ root.T)


def given_others(prior: Covariance, chosen: np.ndarray) -> Covariance:
    """Covariance of the chosen elements given the others: the inverse of their part of B^-1.

    Args:
        prior: B.
        chosen: true where an element is chosen, shape (control,).
    """
    if isinstance(prior, Diagonal):
        return Diagonal(prior.sd[chosen])
    whitening = np.asarray(prior.whiten(np.eye(len(chosen)), np))
    return GivenOthers(np.linalg.qr(whitening[:, chosen], mode="r"))


def embedded(free: Spectrum, prior: Covariance, held: np.ndarray) -> Spectrum:
    """The spectrum of the free elements as one of all, with no direction in those that are held.

    Args:
        free: of the elements that no bound holds.
        prior: B of all elements.
        held: true where a bound holds an element, shape (control,).
    """
    directions = np.zeros((len(held), free.directions.shape[1]))
    directions[~held] = free.directions
    covariance = np.diag(prior.sd**2) if free.flat else prior.dense()
    return evolve(free, directions=directions, prior_covariance=covariance, held=held)
