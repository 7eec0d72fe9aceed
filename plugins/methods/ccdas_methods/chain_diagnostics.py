"""R-hat and effective sample size of chains, and of ensembles of walkers that depend on each other.

Both are those of Vehtari et al. (2021), Bayesian Analysis 16, 667-718, as `arviz-stats` computes
them. A number that is not defined is NaN: of an element that is constant, of one chain, or of
fewer draws than a chain needs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

TAIL = (0.05, 0.95)  # quantiles of the tail; Vehtari et al. (2021), section 4.3
LEAST_DRAWS = 8  # of a chain, so that each half has four
SEPARATE = 1.5  # R-hat between walkers; they need steps of many autocorrelation times for less
R_HAT, SIZE = "r_hat", "effective_sample_size"
BULK, IN_TAIL = f"{SIZE}_bulk", f"{SIZE}_tail"


def chain_diagnostics(x: np.ndarray) -> dict[str, np.ndarray]:
    """R-hat and effective sample sizes of independent chains.

    Args:
        x: draws, shape (chain, draw, control).

    Returns:
        "r_hat", "effective_sample_size_bulk", "effective_sample_size_tail" and their smaller one,
        "effective_sample_size", shape (control,) each.
    """
    return _diagnostics(x, _ess_bulk, _ess_tail)


def walker_diagnostics(x: np.ndarray) -> dict[str, np.ndarray]:
    """The same of independent ensembles of walkers.

    R-hat is between the ensembles. The effective sample size follows from the autocorrelation time
    of the mean over the walkers of an ensemble: if this mean has variance v and effective size m,
    the mean of all draws has variance v / m, and their effective size is (variance of draws) m / v.

    Args:
        x: draws, shape (ensemble, step, walker, control).

    Source: Goodman and Weare (2010), Commun. Appl. Math. Comput. Sci. 5, 65-80, section 3.
    """
    ensembles, steps, walkers, count = x.shape

    def bulk(values: np.ndarray) -> float:
        return _of_means(_normal_scores(values), (ensembles, steps, walkers))

    def tail(values: np.ndarray) -> float:
        limits = np.quantile(values, TAIL)
        shares = [(values <= limit).astype(float) for limit in limits]
        return min(_of_means(share, (ensembles, steps, walkers)) for share in shares)

    out = _diagnostics(x.reshape(ensembles, steps * walkers, count), bulk, tail)
    if steps < LEAST_DRAWS:
        out = {name: np.full_like(values, np.nan) for name, values in out.items()}
    return out


def separate_walkers(x: np.ndarray) -> np.ndarray:
    """Whether walkers stay in places of their own, by element, shape (control,).

    Walkers between separate maxima hardly pass from one to another. Their shares then stay as they
    started, which may be alike in all ensembles, so that R-hat between ensembles does not show it.
    Rank-normalised R-hat between all walkers does: it exceeds SEPARATE. Where few walkers are at
    one of the maxima it is smaller, but there is a value that no walker passes.

    Args:
        x: draws, shape (ensemble, step, walker, control).
    """
    ensembles, steps, walkers, count = x.shape
    by_walker = x.swapaxes(1, 2).reshape(ensembles * walkers, steps, count)
    found = np.zeros(count, dtype=bool)
    for n in range(count if steps >= LEAST_DRAWS else 0):
        values = by_walker[..., n]
        found[n] = bool(np.ptp(values)) and (_have_gap(values) or _r_hat(values) > SEPARATE)
    return found


def _have_gap(values: np.ndarray) -> bool:
    """Whether a value separates the walkers into groups on either side; shape (walker, step)."""
    ranges = np.sort(np.stack([values.min(axis=1), values.max(axis=1)]).T, axis=0)
    # of sorted least and sorted largest values, n walkers are below a gap if the n-th largest is
    return bool(np.any(ranges[:-1, 1] < ranges[1:, 0]))


def undefined_reasons(x: np.ndarray, names: Sequence[str]) -> tuple[str, ...]:
    """A sentence for each reason why a diagnostic of these draws is NaN.

    Args:
        x: draws, shape (chain, draw, control).
        names: of the elements.
    """
    chains, draws, _ = x.shape
    reasons = []
    if chains < 2:
        reasons.append("R-hat is blank, because there is one chain.")
    if draws < LEAST_DRAWS:
        reasons.append(
            f"R-hat and effective sample size are blank, because there are {draws} draws of each "
            f"chain; they need {LEAST_DRAWS}."
        )
    elif constant := [name for name, values in zip(names, x.T, strict=True) if not np.ptp(values)]:
        reasons.append(
            "R-hat and effective sample size are blank for elements whose draws are all equal: "
            f"{', '.join(constant)}."
        )
    return tuple(reasons)


def _diagnostics(
    x: np.ndarray, bulk: Callable[[np.ndarray], float], tail: Callable[[np.ndarray], float]
) -> dict[str, np.ndarray]:
    chains, draws, count = x.shape
    out = {name: np.full(count, np.nan) for name in (R_HAT, SIZE, BULK, IN_TAIL)}
    for n in range(count if draws >= LEAST_DRAWS else 0):
        values = x[..., n]
        if not np.ptp(values):
            continue
        if chains > 1:
            out[R_HAT][n] = _r_hat(values)
        out[BULK][n], out[IN_TAIL][n] = bulk(values), tail(values)
    out[SIZE] = np.minimum(out[BULK], out[IN_TAIL])
    return out


def _r_hat(values: np.ndarray) -> float:
    """Rank-normalised split R-hat of (chain, draw); infinite where no chain moves."""
    from arviz_stats.base import array_stats

    if not np.ptp(values, axis=1).any():
        return np.inf
    return float(array_stats.rhat(values))


def _ess_bulk(values: np.ndarray) -> float:
    from arviz_stats.base import array_stats

    return float(array_stats.ess(values, method="bulk"))


def _ess_tail(values: np.ndarray) -> float:
    from arviz_stats.base import array_stats

    return float(array_stats.ess(values, method="tail", prob=TAIL))


def _normal_scores(values: np.ndarray) -> np.ndarray:
    """Rank-normalised values. Vehtari et al. (2021), eq. 14."""
    from scipy.stats import norm, rankdata

    ranks = rankdata(values).reshape(values.shape)
    return np.asarray(norm.ppf((ranks - 0.375) / (values.size + 0.25)))


def _of_means(values: np.ndarray, shape: tuple[int, int, int]) -> float:
    """Effective sample size of values (ensemble, draw) from the means over the walkers."""
    from arviz_stats.base import array_stats

    means = values.reshape(shape).mean(axis=2)
    spread = float(np.var(means, ddof=1))
    if not spread:
        return np.nan
    return float(np.var(values) / spread * array_stats.ess(means, method="mean"))
