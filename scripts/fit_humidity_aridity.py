"""Fit the factor of the humidity scheme in dry and moist climates, and r_d0, to flux towers.

    .venv/bin/python scripts/fit_humidity_aridity.py --data DIR

DIR holds `land/site_daily/*.nc`, daily records of towers. From each that has tasmin, tasmax, pr,
rsds and vpd, the first years are run with BETHY and humidity from Tmin. The mean deficit of the
days above 10 degC of each month of the year is compared with the measured one. With fe the relative
soil moisture of the run,

    vpd = (1 - r_d0 fe) (mean of es(T) over the day - k es(Tmin) (r_h0 + (1 - r_h0) fe))
    k   = driest + (moistest - driest) min(1, P/PET)

and the two limits and r_d0 minimise the squares of log(vpd / measured), large ones weighing less
(soft L1 beyond 10 %). The deficit changes fe, so the run is repeated with the fitted numbers. It
prints a table and the numbers, and writes nothing.
"""

import argparse
from pathlib import Path

import numpy as np
from ccdas_models_bethy import Bethy
from ccdas_models_bethy.meteorology.humidity import saturation_vapour_pressure
from ccdas_models_bethy.prepare import aridity
from scipy.optimize import least_squares

from ccdas_framework import (
    Domain,
    Forcing,
    Grid,
    InvalidInput,
    read_tower_file,
    soil_hydraulic_properties,
)
from ccdas_framework.core.control import Control
from ccdas_framework.engines.namespace import numpy_namespace

# Dominant plant functional type, from the land cover class of the site
TYPES = {
    "AU-Dry": 10, "AU-How": 10, "AU-Stp": 10, "BE-Vie": 4, "CH-Lae": 4, "DE-Tha": 5, "FI-Hyy": 5,
    "FR-Pue": 3, "US-Ha1": 4, "US-MMS": 4, "US-Ne2": 13, "US-SRG": 10, "US-Var": 9, "US-Whs": 7,
}  # fmt: skip
NEEDED = ("tasmin", "tasmax", "pr", "rsds", "vpd")
YEARS = 3
STEPS = 8  # of the day
REPEATS = 2
WARM = 10.0  # degC, daily mean
FEWEST_DAYS = 15  # warm days of a month of the year
SOFT = 0.1  # relative error beyond which a month weighs less
PUBLISHED = (1.0, 1.0, 0.49)  # driest, moistest, r_d0 (1)
START = (0.51, 0.84, 0.25)
XP = numpy_namespace()


def records(data):
    """Records that have all that is needed, cut to their first years without a gap."""
    folder = Path(data) / "land" / "site_daily"
    if not folder.is_dir():
        raise SystemExit(f"there is no folder {folder}; --data names the one that holds land/")
    for path in sorted(folder.glob("*.nc")):
        tower = read_tower_file(path)
        if set(NEEDED) <= set(tower.values) and tower.name in TYPES:
            last = min(len(tower.time), 365 * YEARS + 1) - 1
            try:
                tower = tower.between(tower.time[0], tower.time[last])
                for name in NEEDED[:4]:
                    tower.complete(name)
            except InvalidInput as gap:
                print(f"{path.stem} left out: {gap}")
                continue
            yield path.stem, tower


def forcing_of(tower):
    """Forcing of one cell of loam under the dominant plants, without its vapour pressure."""
    time, kind = tower.time, TYPES[tower.name]
    month = time.astype("datetime64[M]").astype(int)
    year = time.astype("datetime64[Y]").astype(int)
    day = (time - time.astype("datetime64[Y]")).astype(int) + 1
    domain = Domain(
        grid=Grid(
            [tower.latitude], [tower.longitude], [1e6], ["tower"], [[0.1, 0.1]], [0], [1.0], [kind]
        ),
        time=time, lead=0, day_of_year=np.minimum(day, 365), month=month - month[0],
        month_of_year=month % 12 + 1, year=year - year[0], year_number=year + 1970,
    )  # fmt: skip
    names = (*NEEDED[:4], "ps") if "ps" in tower.values else NEEDED[:4]
    fields = {name: tower.values[name][:, None] for name in names}
    fields = {name: values for name, values in fields.items() if np.isfinite(values).all()}
    fields["pr"], fields["rsds"] = (np.maximum(fields[name], 0.0) for name in ("pr", "rsds"))
    fields["tasmax"] = np.maximum(fields["tasmax"], fields["tasmin"])
    elevation = tower.elevation if np.isfinite(tower.elevation) else 0.0
    static = {"elevation": np.array([elevation]), **soil_hydraulic_properties(["loam"])}
    return Forcing(domain, fields, static)


def wetness(forcing, limits):
    """Relative soil moisture at the start of each day (1), shape (time,)."""
    model = Bethy(n_h=STEPS, humidity="tmin", aridity_driest=limits[0], aridity_moistest=limits[1])
    control = Control.of({"bethy": model.parameters})
    index = control.index(forcing.domain.grid.column_class)
    parameters = control.unpack(np.zeros(len(control)), index)["bethy"]
    relative = model.run(parameters, model.prepare(forcing), XP)["relative_soil_moisture"][:, 0]
    return np.concatenate([relative[:1], relative[:-1]])


def wet_share(forcing):
    """min(1, P/PET) of the record (1), as the model has it."""
    return float(aridity(forcing, Bethy(aridity_driest=1e-9, aridity_moistest=1.0))[0])


def warm_months(tower, fe):
    """Measured deficit and the terms of the scheme in warm months of the year.

    Returns:
        Measured deficit, es over the day, es(Tmin) (Pa) and fe (1), shape (4, month).
    """
    phase = np.cos(np.pi * (np.arange(24) + 0.5) / 24.0)
    tmin, tmax = tower.values["tasmin"], tower.values["tasmax"]
    course = 0.5 * (tmin + tmax)[:, None] + 0.5 * (tmax - tmin)[:, None] * phase
    over_day = saturation_vapour_pressure(course, np).mean(axis=1)
    terms = np.stack([tower.values["vpd"], over_day, saturation_vapour_pressure(tmin, np), fe])
    month = tower.time.astype("datetime64[M]").astype(int) % 12
    chosen = [counted(tower) & (month == m) for m in range(12)]
    means = [terms[:, days].mean(axis=1) for days in chosen if days.sum() >= FEWEST_DAYS]
    return np.stack(means, axis=1)


def deficit(terms, share, numbers):
    """Mean deficit (Pa) of months that the scheme gives, shape (month,).

    Args:
        terms: of `warm_months`.
        share: min(1, P/PET) (1).
        numbers: factor in dry and in moist climates, and r_d0 (1).
    """
    r_h0 = next(p.mean for p in Bethy(humidity="tmin").parameters if p.name == "r_h0")
    driest, moistest, course = numbers
    _, over_day, minimum, fe = terms
    k = driest + (moistest - driest) * share
    return (1.0 - course * fe) * (over_day - k * minimum * (r_h0 + (1.0 - r_h0) * fe))


def counted(tower):
    """Warm days with a measured deficit, shape (time,)."""
    mean = 0.5 * (tower.values["tasmin"] + tower.values["tasmax"])
    return (mean > WARM) & np.isfinite(tower.values["vpd"])


def main():
    """Fit and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder that holds land/site_daily/*.nc")
    found = list(records(parser.parse_args().data))
    forcings = [forcing_of(tower) for _, tower in found]
    share = [wet_share(forcing) for forcing in forcings]
    numbers = np.array(START)
    for _ in range(REPEATS):
        terms = [
            warm_months(tower, wetness(forcing, numbers[:2]))
            for (_, tower), forcing in zip(found, forcings, strict=True)
        ]

        def misfit(numbers, terms=terms):
            pairs = zip(terms, share, strict=True)
            return np.concatenate([np.log(deficit(t, s, numbers) / t[0]) for t, s in pairs])

        fit = least_squares(
            misfit, numbers, bounds=((0.05, 0.05, 0.0), (1.0, 1.0, 0.9)), loss="soft_l1",
            f_scale=SOFT,
        )  # fmt: skip
        numbers = fit.x
        print("driest {:.3f}, moistest {:.3f}, r_d0 {:.3f}".format(*numbers))
    print(f"\n{'record':20} P/PET measured published  fitted   (Pa, mean of the warm months)")
    for (name, _), months, wet in zip(found, terms, share, strict=True):
        published, fitted = (deficit(months, wet, n).mean() for n in (PUBLISHED, numbers))
        print(f"{name:20} {wet:5.2f} {months[0].mean():8.0f} {published:9.0f} {fitted:7.0f}")


if __name__ == "__main__":
    main()
