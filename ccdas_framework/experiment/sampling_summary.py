"""What a reader has to know about the draws of a sampler, in sentences."""

from __future__ import annotations

import numpy as np

from ..core.ensemble import LARGEST_R_HAT, LEAST_EFFECTIVE_SIZE, Ensemble


def sampling_summary(sampler: str, ensemble: Ensemble) -> str:
    """Number of draws, how the sampling ended, diagnostics of the worst parameters, remarks.

    Args:
        sampler: registered name.
        ensemble: its draws.
    """
    sentences = [f"{len(ensemble.draws)} draws of {sampler}: {ensemble.message}"]
    parts = [
        f"{words} {value:.4g} ({name})"
        for words, value, name in (
            ("largest R-hat", *_worst(ensemble, "r_hat", 1.0)),
            ("least effective sample size", *_worst(ensemble, "effective_sample_size", -1.0)),
        )
        if name
    ]
    if parts:
        sentences.append(", ".join(parts).capitalize())
    if ensemble.mixed is False:
        sentences.append(
            f"The chains are no sample of the posterior that can be relied on: R-hat exceeds "
            f"{LARGEST_R_HAT:g}, the effective sample size is below {LEAST_EFFECTIVE_SIZE:g}, or "
            "the sampler itself doubts them"
        )
    if ensemble.doubts:
        sentences.append(f"Doubts of the sampler: {', '.join(ensemble.doubts)}")
    sentences += ensemble.remarks
    return " ".join(f"{sentence.rstrip('.')}." for sentence in sentences)


def _worst(ensemble: Ensemble, name: str, sign: float) -> tuple[float, str]:
    """The largest value times sign, and its parameter; "" where none is defined."""
    values = np.asarray(ensemble.diagnostics.get(name, ()), float)
    if not np.isfinite(values).any():
        return np.nan, ""
    n = int(np.nanargmax(sign * values))
    return float(values[n]), ensemble.control.names[n]
