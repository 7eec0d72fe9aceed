"""The proof: a full model's fluxes in, its mole fractions beside ours, and beside stations."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from attrs import frozen

from ..tracer.model import Transport
from . import figures, tables
from .agreement import Agreement, agreements
from .alternative_operators import simpler_jacobians, through
from .interhemispheric_exchange import Exchange, exchange_time, pulse
from .other_full_models import Transferred, transfer
from .station_records import Records, read_records
from .zonal_fluxes import zonal_fluxes

FIRST, LAST = np.datetime64("2005-01", "M"), np.datetime64("2017-12", "M")
MODEL = "CTE2018"
NORTHERN, SOUTHERN = 0.95, 0.90  # correlations asked for
RATIO = 1.5  # of misfits, asked for
GRADIENT = 0.5  # ppm, asked for
EXCHANGE = (0.9, 1.5)  # yr, asked for
PULSE_AT = ("ALT", "MLO", "SPO")


@frozen(eq=False)
class Proof:
    """All that the tables and figures show.

    Args:
        settings: of the transport.
        records: stations, observed and full model.
        series: by name, ppm of the months judged, shape (month, station).
        agreements: of the transport, one for each station.
        hemispheres: north minus south of each series (ppm).
        exchange: time of exchange between hemispheres.
        pulse: ppm after 1 PgC, shape (month, station), at `pulse_names`.
        well_mixed: what it tends to (ppm).
        transferred: agreement with other full models.
        source: attributes of the transport.
    """

    settings: object
    records: Records
    series: dict
    agreements: list[Agreement]
    hemispheres: dict
    exchange: Exchange
    pulse: np.ndarray
    pulse_names: tuple[str, ...]
    well_mixed: float
    transferred: list[Transferred]
    source: dict

    def of_series(self, name, region):
        """Agreements of a series at the background stations of a region."""
        found = agreements(
            self.series[name], self.series["full model"], self.series["observed"],
            self.records.background,
        )  # fmt: skip
        rows = np.flatnonzero(self.records.background & (self.records.region == region))
        return [found[row] for row in rows]

    def targets(self):
        """Rows of (target, asked, found), at stations not used for tuning unless it says so."""
        records = self.records
        judged = records.background & ~records.tuning
        marine = judged & (records.kind != "summit")
        rows = []
        for region, limit in (("northern", NORTHERN), ("southern", SOUTHERN)):
            chosen = np.flatnonzero(marine & (records.region == region))
            values = np.array([self.agreements[i].correlation for i in chosen])
            names = _below(records.code[chosen], values, limit, 3)
            rows.append(
                (f"correlation, {region} marine stations", f"above {limit:g}",
                 _counted(values > limit, values, 3) + names)
            )  # fmt: skip
            values = np.array([self.agreements[i].ratio for i in chosen])
            chosen, values = chosen[np.isfinite(values)], values[np.isfinite(values)]
            names = _below(records.code[chosen], -values, -RATIO, 2)
            rows.append(
                (f"misfit to observations over TM5's, {region} marine stations",
                 f"at most {RATIO:g}",
                 _counted(values <= RATIO, values, 2) + names)
            )  # fmt: skip
        times = self.exchange
        difference = self.hemispheres["transport"] - self.hemispheres["full model"]
        rows.append(
            ("north minus south, all marine stations", f"within {GRADIENT:g} ppm of TM5's",
             f"{self.hemispheres['transport']:.2f} ppm, TM5 {self.hemispheres['full model']:.2f}, "
             f"difference {difference:+.2f}")
        )  # fmt: skip
        rows.append(
            ("exchange between hemispheres", f"{EXCHANGE[0]:g} to {EXCHANGE[1]:g} yr",
             f"{times.surface:.2f} yr at the surface, {times.troposphere:.2f} in the troposphere, "
                f"{times.whole:.2f} in all air")
        )  # fmt: skip
        last = self.pulse[-12:].mean(axis=0)
        rows.append(
            ("a pulse of 1 PgC after ten years", f"{self.well_mixed:.4f} ppm everywhere",
             f"{last.min():.4f} to {last.max():.4f} ppm")
        )  # fmt: skip
        return rows


def _counted(reached, values, digits):
    """How many of the values reach a target, and their median."""
    return f"{np.sum(reached)} of {len(values)}, median {np.median(values):.{digits}f}"


def _below(names, values, limit, digits):
    """The names that miss a target, with their values."""
    missed = [
        f"{name} {abs(value):.{digits}f}"
        for name, value in zip(names, values, strict=True)
        if not value >= limit
    ]
    return "; not " + ", ".join(missed) if missed else ""


def examine(data, transport=None):
    """Run the transport on the fluxes of the full model and gather all that is compared.

    Args:
        data: folder of published data, with `co2/` and `land/`.
        transport: by default the fitted one with the winds that ship.
    """
    transport = transport or Transport.from_files()
    records = read_records(data, transport)
    fluxes = zonal_fluxes(data, MODEL, transport.grid)
    flux = fluxes.values.sum(axis=0)
    months = np.intersect1d(fluxes.months, records.months)
    judged = (months >= FIRST) & (months <= LAST)
    stations = records.stations
    runs = {"transport": transport.forward(flux, stations)}
    for name, jacobian in simpler_jacobians(stations, transport.grid, transport.settings).items():
        runs[name] = through(jacobian, flux)
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
    at = stations.take([stations.id[_first(records.code, name)] for name in PULSE_AT])
    return Proof(
        settings=transport.settings,
        records=records,
        series=series,
        agreements=agreements(series["transport"], series["full model"], series["observed"], level),
        hemispheres=hemispheres,
        exchange=exchange_time(transport, fossil),
        pulse=pulse(transport, at),
        pulse_names=PULSE_AT,
        well_mixed=1.0 / (transport.settings.pgc_per_ppm),
        transferred=transfer(data, transport),
        source=transport.attributes(),
    )


def _first(codes, name):
    """Position of the first station of a code."""
    return int(np.flatnonzero(codes == name)[0])


def prove(data, out):
    """Write the tables and figures of the proof into a folder.

    `stations.csv` (all stations), `proof.md` (targets, stations, settings, other models, simpler
    operators), `seasons.png`, `correlations.png`, `gradient.png`, `pulse.png`, `settings.json`.

    Args:
        data: folder of published data, with `co2/` and `land/`.
        out: folder to write into; made if absent.

    Returns:
        The Proof.
    """
    proof = examine(Path(data))
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    tables.write_csv(folder / "stations.csv", tables.station_rows(proof))
    parts = (
        ("Targets", tables.targets_table(proof)),
        ("Background stations, 2005 to 2017", tables.stations_table(proof)),
        ("Fitted settings", tables.settings_table(proof.settings)),
        ("Other full models", tables.transfer_table(proof)),
        ("Simpler operators", tables.rivals_table(proof)),
    )
    text = "\n\n".join(f"## {title}\n\n{table}" for title, table in parts)
    (folder / "proof.md").write_text(text + "\n", encoding="utf-8")
    (folder / "settings.json").write_text(json.dumps(proof.source, indent=2) + "\n")
    figures.seasonal_cycles(folder / "seasons.png", proof)
    figures.correlations(folder / "correlations.png", proof)
    figures.gradients(folder / "gradient.png", proof)
    figures.pulses(folder / "pulse.png", proof)
    return proof
