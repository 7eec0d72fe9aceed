"""Monthly FAPAR at the flux towers of the experiment `ten_sites`."""

from __future__ import annotations

import numpy as np

from ccdas_framework import InvalidInput, ObservationRecord, Observations, data_file

RECORD = {"FR-Pue": "FR-Pue_fluxdatakit"}  # file of a tower whose name it does not bear
FEWEST_DAYS = 20  # of a month with values
EXTINCTION = 0.5  # k of leaves of all directions, 1; Ruimy et al. (1999)
DENSE = 0.95  # FAPAR of endless leaves, 1; Ruimy et al. (1999)
PRODUCT_SD, BUILT_SD = 0.1, 0.15  # 1; Knorr et al. (2010); own choice


def tower_fapar(places, data):
    """FAPAR of the record where it has some, else built from its leaf area, monthly.

    Towers whose records have neither are left out.

    Args:
        places: of the recipe.
        data: folder of published data.

    Raises:
        InvalidInput: no tower has FAPAR or leaf area.
    """
    parts, of_product, built = [], [], []
    for number, name in enumerate(places.label):
        label = str(name)
        time, values = series(data, label)
        if "fapar" in values:
            monthly = monthly_mean(time, values["fapar"], places.months)
            of_product.append(label)
        elif "lai" in values:
            monthly = monthly_mean(time, fapar_of_leaves(values["lai"]), places.months)
            built.append(label)
        else:
            continue
        kept = np.flatnonzero(np.isfinite(monthly))
        sd = PRODUCT_SD if "fapar" in values else BUILT_SD
        parts.append((np.full(len(kept), number), places.months[kept], monthly[kept], sd))
    if not parts:
        raise InvalidInput(
            "no tower of this experiment has 'fapar' or 'lai' in its record; FAPAR cannot be made "
            "from them. Leave the stream out, or give a file with [streams.fapar] observations."
        )
    cell, month, values = (np.concatenate([p[n] for p in parts]) for n in (0, 1, 2))
    asked = places.asked(cell, month, (month + 1).astype("datetime64[D]") - 1)
    sd = np.concatenate([np.full(len(p[0]), p[3]) for p in parts])
    return ObservationRecord(
        Observations(
            values, sd, asked.start, asked.end, asked.latitude, asked.longitude, asked.altitude,
            asked.label,
        ),
        units="1",
        title="Monthly FAPAR at flux towers",
        source="MODIS FAPAR and leaf area in the daily records of flux towers",
        synthetic=(
            f"in part: MODIS FAPAR at {', '.join(of_product) or 'none'}; "
            f"built from leaf area by Beer's law at {', '.join(built) or 'none'}"
        ),
        credits=(
            "FluxDataKit; NASA (MODIS leaf area); Fang and Gentine (2024); flux tower site teams "
            "(CC-BY-4.0)"
        ),
        long_name="absorbed fraction of photosynthetically active radiation",
        comment=(
            f"smoothed and interpolated to days by those who compiled them; sd {PRODUCT_SD} where "
            f"observed, {BUILT_SD} where built"
        ),
    )  # fmt: skip


def fapar_of_leaves(lai):
    """FAPAR (1) of a leaf area (m2 m-2) by Beer's law,  0.95 (1 - exp(-0.5 LAI)).

    Source: Ruimy et al. (1999), Glob. Change Biol. 5 (S1), 56-64.
    """
    return DENSE * (1.0 - np.exp(-EXTINCTION * lai))


def monthly_mean(time, values, months):
    """Means of months (month,), NaN where fewer than 20 days have values; daily values (time,)."""
    found = np.full(len(months), np.nan)
    month = time.astype("datetime64[M]")
    for number, wanted in enumerate(months):
        of_month = values[(month == wanted) & np.isfinite(values)]
        if len(of_month) >= FEWEST_DAYS:
            found[number] = of_month.mean()
    return found


def series(data, label):
    """Days, and the daily `fapar` and `lai` that the record of a tower has, each (time,)."""
    import xarray as xr  # slow to import

    name = RECORD.get(label, label)
    with xr.open_dataset(data_file(data, f"land/site_daily/{name}.nc")) as file:
        known = [kind for kind in ("fapar", "lai") if kind in file]
        values = {kind: np.asarray(file[kind].values, dtype=float) for kind in known}
        return file["time"].values.astype("datetime64[D]"), values
