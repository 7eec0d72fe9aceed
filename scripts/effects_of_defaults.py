"""Print how each default of BETHY that departs from the published system changes a prior run.

    python scripts/effects_of_defaults.py --data DIR [--only NAME ...]

Each change is made alone in the published settings, and the last line has all of them. The first
table is that of the coarse global grid, with the season of land fluxes beside five inversions, and
the second that of the assimilated months of 149 flux towers. Nothing is optimised.
"""

import argparse
from pathlib import Path

import numpy as np
from ccdas_models_bethy import Bethy

from ccdas_framework import load_experiment

EXAMPLES = Path(__file__).parents[1] / "examples"
PUBLISHED = Bethy.presets["ccdas"]
TABLES = {p: {q.name: q for q in Bethy(priors=p).parameters} for p in ("literature", "ccdas")}
# change -> settings, and parameters that keep their default prior
CHANGES = {
    "published": ((), ()),
    "response of decay to moisture": (("soil_moisture_response",), ("kappa",)),
    "memory of soil temperature": (("soil_temperature_memory",), ()),
    "start in balance": (("start",), ()),
    "root zone of the climate": (("root_zone",), ()),
    "humidity": (("humidity_aridity",), ("r_d0",)),
    "CO2 inside leaves": ((), ("f_ci",)),
    "carboxylation": ((), ("V_m",)),
    "maintenance respiration": ((), ("f_leaf",)),
    "greatest leaf area": ((), ("Lam_max",)),
    "onset and shedding": ((), ("T_phi", "t_c")),
    "survival without water": ((), ("tau_W",)),
    "interception": ((), ("l_w",)),
    "exchange of soil layers": (("layer_exchange",), ("s_D",)),
    "all": (tuple(PUBLISHED), tuple(TABLES["literature"])),
}
TREES = {"TrEv": 1, "TmpDec": 4, "EvCn": 5, "C3Gr": 9, "Tund": 11, "Crop": 13}
PETA, YEAR = 1e-15, 365.25


def settings_of(changed, kept):
    """Settings of an experiment: those published, but for the changed ones and kept priors."""
    kept_settings = {key: PUBLISHED[key] for key in PUBLISHED if key not in changed}
    acting = {p.name for p in Bethy(**{**kept_settings, "priors": "literature"}).parameters}
    settings = {f"model.{key}": value for key, value in kept_settings.items()}
    settings["model.priors"] = "literature"  # whose elements are set to the published means
    for name, parameter in TABLES["literature"].items():
        if name in kept or name not in acting:
            continue
        for label, element in zip(parameter.labels, parameter.elements(), strict=True):
            settings[f'parameters."bethy.{label}".mean'] = published_mean(name, element)
    return settings


def published_mean(name, element):
    """Published prior mean of the classes of an element, which all have the same one."""
    of_group = element.groups[0] if element.groups else ()
    for published in TABLES["ccdas"][name].elements():
        shared = published.groups[0] if published.groups else of_group
        if set(of_group) <= set(shared):
            return float(published.mean)
    raise ValueError(f"the published groups of {name} cut {of_group}")


def problem_of(example, streams, data, settings):
    """Problem and experiment of an example under some settings."""
    experiment = load_experiment(EXAMPLES / example, streams, data=data, settings=settings)
    return experiment, experiment.build()


def globe(data, settings):
    """Numbers of the coarse global grid: sums, types, and seasons by band."""
    experiment, problem = problem_of("coarse_global.toml", ["sm"], data, settings)
    x = problem.prior.mean
    fields, domain = problem.fields(x), experiment.forcing.domain
    grid, window = domain.grid, domain.window
    area = grid.area[grid.column_cell] * grid.column_fraction
    of_type = {name: grid.column_class == number for name, number in TREES.items()}

    def mean(field, mask=slice(None)):
        weight = area[mask]
        return float((fields[field][window][:, mask].mean(axis=0) * weight).sum() / weight.sum())

    zonal = experiment.evaluation["land_flux"].prepared(problem)(x, x)
    total = YEAR * area.sum()
    out = {
        "GPP": mean("gpp") * total * PETA,
        "NPP": mean("npp") * total * PETA,
        "ET": mean("evapotranspiration") * total * 1e-15,  # 1e3 km3 yr-1
        "T/ET": mean("transpiration") / mean("evapotranspiration"),
    }
    out |= {f"NPP/GPP {k}": mean("npp", m) / mean("gpp", m) for k, m in of_type.items()}
    out |= {f"LAI {k}": mean("lai", m) for k, m in of_type.items()}
    return out | {
        f"r {name}": float(r)
        for name, r in zip(zonal.band_names, zonal.mean_season_correlation[0], strict=True)
    }


def towers(data, settings):
    """Numbers of the assimilated months of towers: rms by quantity, and the phase of leaves."""
    settings = {**settings, "model.humidity": "forcing"}
    settings = {k: v for k, v in settings.items() if "r_d0" not in k and "r_h0" not in k}
    experiment, problem = problem_of("towers_149.toml", ["flux", "et"], data, settings)
    simulated = problem.simulate(problem.prior.mean)
    out = {}
    for name, stream in problem.streams.items():
        record = experiment.observations[name]
        kind = record.extra["quantity"].astype(str)
        difference = simulated[name] - stream.values
        for quantity in np.unique(kind):
            of_kind = difference[kind == quantity]
            out[f"rms {quantity}"] = float(np.sqrt(np.mean(of_kind**2)))
    record = experiment.observations["flux"]
    month = record.start.astype("datetime64[M]").astype(int) % 12
    for group in ("DBF", "CRO"):
        chosen = (record.extra["quantity"] == "gpp") & (record.extra["place_class"] == group)
        chosen &= (record.latitude > 40.0) & (record.latitude < 65.0)
        for what, values in (("observed", record.values), ("simulated", simulated["flux"])):
            season = np.array([values[chosen & (month == m)].mean() for m in range(12)])
            out[f"May/max {group} {what}"] = season[4] / season.max()
    return out


def main():
    """Run every change and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder of published data")
    parser.add_argument("--only", nargs="+", choices=CHANGES, default=list(CHANGES))
    options = parser.parse_args()
    for run in (globe, towers):
        for number, name in enumerate(options.only):
            row = run(options.data, settings_of(*CHANGES[name]))
            if number == 0:
                print("| change | " + " | ".join(row) + " |")
                print("| --- |" + " --: |" * len(row))
            print(f"| {name} | " + " | ".join(f"{v:.3g}" for v in row.values()) + " |", flush=True)
        print()


if __name__ == "__main__":
    main()
