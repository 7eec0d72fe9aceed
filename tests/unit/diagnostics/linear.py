"""A linear Gaussian problem of two streams with a closed form, and draws from its statistics."""

import numpy as np
from attrs import evolve

from ccdas_framework import Dense
from ccdas_framework.diagnostics import StreamFit
from ccdas_framework.posterior import gauss_newton_posterior
from ccdas_framework.priors import Gaussian

CONTROL = 4
COUNTS = {"a": 60, "b": 40}
SDS = {"a": 0.5, "b": 2.0}
X_B = np.array([0.3, -0.2, 0.0, 1.0])


class Linear:
    """y_s = K_s x + e_s with x ~ N(X_B, B) and independent e_s; every shape is small.

    Args:
        scale: true error sd over the assumed one, by stream.
        prior_scale: true over assumed prior sd.
    """

    def __init__(self, scale=None, prior_scale=1.0):
        generator = np.random.default_rng(4)
        self.scale = {"a": 1.0, "b": 1.0, **(scale or {})}
        self.prior_scale = prior_scale
        self.jacobian = {n: generator.standard_normal((c, CONTROL)) for n, c in COUNTS.items()}
        root = np.eye(CONTROL) + 0.4 * generator.standard_normal((CONTROL, CONTROL))
        self.B = root @ root.T
        self.prior = Gaussian(X_B, Dense(self.B))
        self.whitened = {n: k / SDS[n] for n, k in self.jacobian.items()}
        self.posterior = gauss_newton_posterior(X_B, self.prior, self.whitened)

    @property
    def A(self):
        """Tarantola (2005), eq. 3.38, written out once more."""
        hessian = np.linalg.inv(self.B)
        for name, k in self.jacobian.items():
            hessian = hessian + k.T @ k / SDS[name] ** 2
        return np.linalg.inv(hessian)

    def draw(self, generator):
        """Innovations y - K x_b of each stream, from the true statistics."""
        away = self.prior_scale * np.linalg.cholesky(self.B) @ generator.standard_normal(CONTROL)
        return {
            name: k @ away + self.scale[name] * SDS[name] * generator.standard_normal(COUNTS[name])
            for name, k in self.jacobian.items()
        }

    def roots(self):
        """Columns of a root of the true covariance of the innovations, K B K^T + R.

        The sum of a quadratic form over them is its expectation.
        """
        k = np.concatenate(list(self.jacobian.values()))
        r = np.concatenate([np.full(c, (self.scale[n] * SDS[n]) ** 2) for n, c in COUNTS.items()])
        lower = np.linalg.cholesky(self.prior_scale**2 * k @ self.B @ k.T + np.diag(r))
        for column in lower.T:
            yield {"a": column[:60], "b": column[60:]}

    def solved(self, innovations):
        """The fits and the posterior at the optimum for these innovations."""
        x = X_B + self.A @ sum(k.T @ innovations[n] / SDS[n] ** 2 for n, k in self.jacobian.items())
        fits = []
        for name, k in self.jacobian.items():
            observed = k @ X_B + innovations[name]
            fits.append(
                StreamFit(
                    name=name, units="1", observed=observed, sd=np.full(COUNTS[name], SDS[name]),
                    prior=k @ X_B, posterior=k @ x,
                    place=np.array([f"place {n % 4}" for n in range(COUNTS[name])]),
                    start=np.datetime64("2010-01-01") + np.arange(COUNTS[name]) // 4,
                    innovation=innovations[name] / SDS[name],
                    residual=(observed - k @ x) / SDS[name], sensitivity=self.whitened[name],
                )
            )  # fmt: skip
        return tuple(fits), evolve(self.posterior, x=x)
