"""Comparison with TM5: mole fractions from the fluxes of a full model, and station records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from ..tracer import Transport, TransportSettings
from . import figures, tables
from .agreement import Agreement, agreements
from .alternative_operators import mole_fraction, simpler_jacobians
from .interhemispheric_exchange import ExchangeTimes, exchange_time, pulse
from .other_full_models import ComponentAgreement, component_agreements
from .station_records import StationRecords, read_records
from .zonal_fluxes import zonal_fluxes

FIRST, LAST = np.datetime64("2005-01", "M"), np.datetime64("2017-12", "M")
MODEL = "CTE2018"
NORTHERN_TARGET, SOUTHERN_TARGET = 0.95, 0.90  # correlations
RATIO_TARGET = 1.5  # of misfits
GRADIENT_TARGET = 0.5  # ppm
EXCHANGE_TARGET = (0.9, 1.5)  # yr
PULSE_STATIONS = ("ALT", "MLO", "SPO")


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


def compare_with_tm5(data: Path, transport: Transport | None = None) -> Comparison:
    """Run the transport on the fluxes of the full model, and compare.

    Args:
        data: folder of published data, with `co2/` and `land/`.
        transport: None takes the fitted transport with the winds that ship.
    """
    transport = transport or Transport.from_files()
    records = read_records(data, transport)
    fluxes = zonal_fluxes(data, MODEL, transport.grid)
    flux = fluxes.values.sum(axis=0)
    months = np.intersect1d(fluxes.months, records.months)
    judged = (months >= FIRST) & (months <= LAST)
    stations = records.stations
    runs = {"transport": transport.forward(flux, stations)}
    for name, jacobian in simpler_jacobians(stations, transport.settings).items():
        runs[name] = mole_fraction(jacobian, flux)
    series = {"observed": records.observed[judged], "full model": records.full_model[judged]}
    level = records.background
    for name, run in runs.items():
        offset = (run[judged] - series["full model"])[:, level].mean()
        series[name] = run[judged] - offset
    marine = records.kind == "marine"
    north, south = (marine & (records.region == region) for region in ("northern", "southern"))
    hemispheres = {
        name: float(values[:, north].mean() - values[:, south].mean())
        for name, values in series.items()
        if name != "observed"
    }
    fossil = fluxes.values[0][fluxes.months < fluxes.months[0] + 12]
    pulse_stations = stations.take(
        [stations.id[_first(records.code, name)] for name in PULSE_STATIONS]
    )
    return Comparison(
        settings=transport.settings,
        records=records,
        series=series,
        agreements=agreements(series["transport"], series["full model"], series["observed"], level),
        hemispheres=hemispheres,
        exchange=exchange_time(transport, fossil),
        pulse=pulse(transport, pulse_stations),
        pulse_names=PULSE_STATIONS,
        well_mixed=1.0 / (transport.settings.pgc_per_ppm),
        component_agreements=component_agreements(data, transport),
        source=transport.attributes(),
    )


def _first(codes: np.ndarray, name: str) -> int:
    """Position of the first station of a code."""
    return int(np.flatnonzero(codes == name)[0])


def prove(data: Path | str, out: Path | str) -> Comparison:
    """Write the tables and figures of the comparison into a folder.

    `stations.csv` (all stations), `proof.md` (targets, stations, settings, other models, simpler
    operators), `seasons.png`, `correlations.png`, `gradient.png`, `pulse.png`, `settings.json`.

    Args:
        data: folder of published data, with `co2/` and `land/`.
        out: folder of the output, created if absent.
    """
    comparison = compare_with_tm5(Path(data))
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    tables.write_csv(folder / "stations.csv", tables.station_rows(comparison))
    parts = (
        ("Targets", tables.targets_table(comparison)),
        ("Background stations, 2005 to 2017", tables.stations_table(comparison)),
        ("Fitted settings", tables.settings_table(comparison.settings)),
        ("Other full models", tables.full_models_table(comparison)),
        ("Simpler operators", tables.alternatives_table(comparison)),
    )
    text = "\n\n".join(f"## {title}\n\n{table}" for title, table in parts)
    (folder / "proof.md").write_text(text + "\n", encoding="utf-8")
    (folder / "settings.json").write_text(json.dumps(comparison.source, indent=2) + "\n")
    figures.seasonal_cycles(folder / "seasons.png", comparison)
    figures.correlations(folder / "correlations.png", comparison)
    figures.gradients(folder / "gradient.png", comparison)
    figures.pulses(folder / "pulse.png", comparison)
    return comparison
