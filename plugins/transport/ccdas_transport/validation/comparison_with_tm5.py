"""Comparison with TM5: mole fractions from the fluxes of a full model, and station records."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from ..tracer import Transport
from . import figures, tables
from .agreement import agreements
from .alternative_operators import mole_fraction, simpler_jacobians
from .comparison import Comparison
from .interhemispheric_exchange import exchange_time, pulse
from .other_full_models import component_agreements
from .station_records import read_records
from .zonal_fluxes import zonal_fluxes

FIRST, LAST = np.datetime64("2005-01", "M"), np.datetime64("2017-12", "M")
MODEL = "CTE2018"
PULSE_STATIONS = ("ALT", "MLO", "SPO")


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
