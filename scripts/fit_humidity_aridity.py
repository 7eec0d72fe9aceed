"""Fit the factor of the humidity scheme in dry and moist climates to flux towers.

    .venv/bin/python scripts/fit_humidity_aridity.py --data DIR

DIR holds `land/site_daily/*.nc`, daily records of towers. From each that has tasmin, tasmax, pr,
rsds and vpd, the first years are run with BETHY and humidity from Tmin; the mean deficit of days
above 10 degC is compared with the measured one. With fe the relative soil moisture of the run,

    vpd = (1 - r_d0 fe) (mean of es(T) over the day - k es(Tmin) (r_h0 + (1 - r_h0) fe))
    k   = driest + (moistest - driest) min(1, P/PET)

and the two limits minimise the squares of log(vpd / measured), large ones weighing less (soft L1
beyond 5 %). The deficit changes fe, so the run is repeated with what was found. It prints the
table and the limits, and writes nothing.
"""

import argparse
from pathlib import Path

import numpy as np
from ccdas_models_bethy import Bethy
from ccdas_models_bethy.meteorology.humidity import saturation_vapour_pressure
from ccdas_models_bethy.prepare import aridity
from ccdas_recipes import soil
from scipy.optimize import least_squares

from ccdas_framework import Domain, Forcing, Grid, InvalidInput, read_tower_file
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
SOFT = 0.05  # relative error beyond which a record weighs less
START = (0.35, 0.60)
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
    static = {"elevation": np.array([elevation]), **soil.hydraulic_properties(["loam"])}
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


def deficit(tower, fe, k):
    """Mean deficit of the warm days (Pa) that the scheme gives with a factor k (1)."""
    parameters = {p.name: p.mean for p in Bethy().parameters if p.name in ("r_h0", "r_d0")}
    phase = np.cos(np.pi * (np.arange(24) + 0.5) / 24.0)
    tmin, tmax = tower.values["tasmin"], tower.values["tasmax"]
    course = 0.5 * (tmin + tmax)[:, None] + 0.5 * (tmax - tmin)[:, None] * phase
    over_day = saturation_vapour_pressure(course, np).mean(axis=1)
    base = saturation_vapour_pressure(tmin, np)
    base = k * base * (parameters["r_h0"] + (1.0 - parameters["r_h0"]) * fe)
    vpd = (1.0 - parameters["r_d0"] * fe) * (over_day - base)
    return vpd[counted(tower)].mean()


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
    share = np.array([wet_share(forcing) for forcing in forcings])
    measured = np.array([tower.values["vpd"][counted(tower)].mean() for _, tower in found])
    limits = np.array(START)
    for _ in range(REPEATS):
        wet = [wetness(forcing, limits) for forcing in forcings]

        def deficits(limits, wet=wet):
            k = limits[0] + (limits[1] - limits[0]) * share
            return np.array([deficit(t, w, f) for (_, t), w, f in zip(found, wet, k, strict=True)])

        fit = least_squares(
            lambda x, d=deficits: np.log(d(x) / measured),
            limits, bounds=(0.05, 1.0), loss="soft_l1", f_scale=SOFT,
        )  # fmt: skip
        limits = fit.x
        print(f"driest {limits[0]:.3f}, moistest {limits[1]:.3f}")
    columns = deficits(np.array([1.0, 1.0])), deficits(np.array(START)), deficits(limits)
    print(f"\n{'record':20} P/PET measured     k=1 {START[0]:.2f}/{START[1]:.2f} fitted   (Pa)")
    for row in zip([n for n, _ in found], share, measured, *columns, strict=True):
        print("{:20} {:5.2f} {:8.0f} {:7.0f} {:9.0f} {:6.0f}".format(*row))


if __name__ == "__main__":
    main()
