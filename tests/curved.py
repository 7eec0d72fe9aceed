"""A small least-squares problem whose residuals remain large at the minimum."""

import numpy as np

from ccdas_framework.testing import known_problem

SIZE, SHARES = 8, (-0.75, 0.6, -0.5)  # of the second derivatives in the Gauss-Newton Hessian


def curved_problem(bounds=None):
    """Residuals remain large, and their second derivatives are a share of J^T J in each direction.

    With R at right angles to the linear part, h = A p - R |W p|^2 / (2 |R|^2) has the Hessian
    J^T J + S near the minimum, and S = W^T W with W the eigenvectors of J^T J times SHARES.
    """
    random = np.random.default_rng(2)
    matrix = random.standard_normal((40, SIZE))
    left = 3.0 * random.standard_normal(40)
    left -= matrix @ np.linalg.lstsq(matrix, left, rcond=None)[0]
    values, vectors = np.linalg.eigh(np.eye(SIZE) + matrix.T @ matrix)
    weight = np.zeros(SIZE)
    weight[: len(SHARES)] = np.array(SHARES) * values[: len(SHARES)]

    def simulated(p, xp):
        bend = xp.sum(weight * xp.matmul(vectors.T, p) ** 2)
        return xp.matmul(matrix, p) - 0.5 * left / (left @ left) * bend

    truth = random.standard_normal(SIZE)
    observed = matrix @ truth + left
    return known_problem(simulated, observed, sd=1.0, prior_mean=np.zeros(SIZE), bounds=bounds)
