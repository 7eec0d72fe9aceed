"""A Gaussian prior in which the elements of one parameter are alike."""

import numpy as np
from attrs import field, frozen

from ccdas_framework import Covariance, Dense, InvalidInput, Prior, half_square


def _vector(values):
    return np.asarray(values, float)


@frozen(eq=False)
class Kindred(Prior):
    """x ~ N(mean, B): the elements of a parameter (its classes, say) share part of their error.

    Args:
        mean: x_b, shape (control,).
        covariance: B, of shape (control, control).
    """

    mean: np.ndarray = field(converter=_vector)
    covariance: Covariance

    @classmethod
    def for_control(cls, control, correlation=0.5):
        """The prior of a control vector, with unit variances.

        Args:
            control: whose prior it is; its names are 'owner.parameter[element]'.
            correlation: between two elements of one parameter (1), from 0 up to less than 1.

        Raises:
            InvalidInput: a correlation that no prior can have.
        """
        known = isinstance(correlation, (int, float)) and not isinstance(correlation, bool)
        if not known or not 0.0 <= correlation < 1.0:
            raise InvalidInput(
                f"[prior] correlation = {correlation!r}; expected a number from 0 up to, and "
                "without, 1."
            )
        kinds = [name.split("[")[0] for name in control.names]
        return cls(np.zeros(len(control)), Dense(equicorrelated(kinds, correlation)))

    def sample(self, generator, draws):
        """Random control vectors, shape (draws, control)."""
        return generator.multivariate_normal(self.mean, self.covariance.dense(), size=draws)

    def negative_log_density(self, x, xp):
        """J_b(x) = (x - x_b)^T B^-1 (x - x_b) / 2, a scalar without unit."""
        return half_square(self.covariance.whiten(x - self.mean, xp), xp)


def equicorrelated(kinds, correlation):
    """Covariance of errors that those of one kind share in part.

        B_ij = 1 for i = j, r for i and j of one kind, 0 otherwise

    An error is then sqrt(r) times one of its kind plus sqrt(1 - r) times one of its own, so that B
    is positive definite for 0 <= r < 1.

    Args:
        kinds: a label for each element, n of them.
        correlation: r (1).

    Returns:
        B (1), shape (n, n).

    Source: the one-way random effects model; Searle, Casella and McCulloch (1992), Variance
        Components, Wiley, chapter 3.
    """
    kinds = np.asarray(kinds)
    alike = kinds[:, None] == kinds[None, :]
    return np.where(np.eye(len(kinds), dtype=bool), 1.0, np.where(alike, correlation, 0.0))
