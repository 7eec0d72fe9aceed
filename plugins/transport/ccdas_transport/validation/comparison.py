"""Results of the comparison with full models and stations, and the targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import frozen

from ..tracer import TransportSettings
from .agreement import Agreement, agreements
from .interhemispheric_exchange import ExchangeTimes
from .other_full_models import ComponentAgreement
from .station_records import StationRecords

NORTHERN_TARGET, SOUTHERN_TARGET = 0.95, 0.90  # correlations
RATIO_TARGET = 1.5  # of misfits
GRADIENT_TARGET = 0.5  # ppm
EXCHANGE_TARGET = (0.9, 1.5)  # yr


@frozen(eq=False)
class Comparison:
    """Content of the tables and figures.

    Args:
        settings: settings of the transport.
        records: station records, observed and of the full model.
        series: name -> ppm of the months of the comparison, shape (month, station).
        agreements: agreement of the transport at each station.
        hemispheres: north minus south of each series (ppm).
        exchange: times of exchange between hemispheres.
        pulse: ppm after 1 PgC, shape (month, station), at `pulse_names`.
        pulse_names: codes of the stations of `pulse`.
        well_mixed: limit of `pulse` (ppm).
        component_agreements: agreement with other full models.
        source: attributes of the transport.
    """

    settings: TransportSettings
    records: StationRecords
    series: dict[str, np.ndarray]
    agreements: list[Agreement]
    hemispheres: dict[str, float]
    exchange: ExchangeTimes
    pulse: np.ndarray
    pulse_names: tuple[str, ...]
    well_mixed: float
    component_agreements: list[ComponentAgreement]
    source: dict[str, Any]

    def series_agreements(self, name: str, region: str) -> list[Agreement]:
        """Agreements of a series at the background stations of a region."""
        by_station = agreements(
            self.series[name], self.series["full model"], self.series["observed"],
            self.records.background,
        )  # fmt: skip
        rows = np.flatnonzero(self.records.background & (self.records.region == region))
        return [by_station[row] for row in rows]

    def targets(self) -> list[tuple[str, str, str]]:
        """Rows of (target, limit, result), at stations that the tuning does not use."""
        records = self.records
        judged = records.background & ~records.tuning
        marine = judged & (records.kind != "summit")
        rows = []
        for region, limit in (("northern", NORTHERN_TARGET), ("southern", SOUTHERN_TARGET)):
            chosen = np.flatnonzero(marine & (records.region == region))
            values = np.array([self.agreements[i].correlation for i in chosen])
            names = _below(records.code[chosen], values, limit, 3)
            rows.append(
                (f"correlation, {region} marine stations", f"above {limit:g}",
                 _share_text(values > limit, values, 3) + names)
            )  # fmt: skip
            values = np.array([self.agreements[i].ratio for i in chosen])
            chosen, values = chosen[np.isfinite(values)], values[np.isfinite(values)]
            names = _below(records.code[chosen], -values, -RATIO_TARGET, 2)
            rows.append(
                (f"misfit to observations over TM5's, {region} marine stations",
                 f"at most {RATIO_TARGET:g}",
                 _share_text(values <= RATIO_TARGET, values, 2) + names)
            )  # fmt: skip
        times = self.exchange
        difference = self.hemispheres["transport"] - self.hemispheres["full model"]
        rows.append(
            ("north minus south, all marine stations", f"within {GRADIENT_TARGET:g} ppm of TM5's",
             f"{self.hemispheres['transport']:.2f} ppm, TM5 {self.hemispheres['full model']:.2f}, "
             f"difference {difference:+.2f}")
        )  # fmt: skip
        rows.append(
            ("exchange between hemispheres", f"{EXCHANGE_TARGET[0]:g} to {EXCHANGE_TARGET[1]:g} yr",
             f"{times.surface:.2f} yr at the surface, {times.troposphere:.2f} in the troposphere, "
                f"{times.atmosphere:.2f} in all air")
        )  # fmt: skip
        last = self.pulse[-12:].mean(axis=0)
        rows.append(
            ("a pulse of 1 PgC after ten years", f"{self.well_mixed:.4f} ppm everywhere",
             f"{last.min():.4f} to {last.max():.4f} ppm")
        )  # fmt: skip
        return rows


def _share_text(reached: np.ndarray, values: np.ndarray, digits: int) -> str:
    """Number of values that reach a target, and their median."""
    return f"{np.sum(reached)} of {len(values)}, median {np.median(values):.{digits}f}"


def _below(names: Sequence[str], values: np.ndarray, limit: float, digits: int) -> str:
    """Names that miss a target, with their values."""
    missed = [
        f"{name} {abs(value):.{digits}f}"
        for name, value in zip(names, values, strict=True)
        if not value >= limit
    ]
    return "; not " + ", ".join(missed) if missed else ""
