"""Monthly FAPAR at the flux towers of the experiment `ten_sites`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from attrs import evolve

from ccdas_framework import InvalidInput, ObservationRecord, RecipeDomain, read_tower

FEWEST_DAYS = 20  # of a month with values
EXTINCTION = 0.5  # k of leaves of all directions, 1; Ruimy et al. (1999)
DENSE = 0.95  # FAPAR of an infinite leaf area, 1; Ruimy et al. (1999)
PRODUCT_SD, BUILT_SD = 0.1, 0.15  # 1; Knorr et al. (2010); own choice


def tower_fapar(places: RecipeDomain, data: Path | None) -> ObservationRecord:
    """Monthly FAPAR of each record, or of its leaf area.

    Towers whose records have neither are left out.

    Args:
        places: towers and days of the recipe.
        data: folder of published data.

    Raises:
        InvalidInput: no tower has FAPAR or leaf area.
    """
    parts, of_product, built = [], [], []
    for number, name in enumerate(places.label):
        label = str(name)
        record = read_tower(data, label)
        if "fapar" in record.values:
            daily, sd = record.values["fapar"], PRODUCT_SD
            of_product.append(label)
        elif "lai" in record.values:
            daily, sd = fapar_of_leaves(record.values["lai"]), BUILT_SD
            built.append(label)
        else:
            continue
        monthly = monthly_mean(record.time, daily, places.months)
        present = np.flatnonzero(np.isfinite(monthly))
        parts.append((np.full(len(present), number), places.months[present], monthly[present], sd))
    if not parts:
        raise InvalidInput(
            "no tower of this experiment has 'fapar' or 'lai' in its record, and FAPAR needs "
            "one of them. Leave the stream out, or name a file as [streams.fapar] observations.",
            code="no-observations",
            where="fapar",
        )
    cell, month, values = (np.concatenate([p[n] for p in parts]) for n in (0, 1, 2))
    empty = places.asked(cell, month, (month + 1).astype("datetime64[D]") - 1)
    sd = np.concatenate([np.full(len(p[0]), p[3]) for p in parts])
    return ObservationRecord(
        evolve(empty, values=values, sd=sd),
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
        substitute_for="MODIS FAPAR" if built else "",
    )  # fmt: skip


def fapar_of_leaves(lai: np.ndarray) -> np.ndarray:
    """FAPAR (1) of a leaf area (m2 m-2) by Beer's law,  0.95 (1 - exp(-0.5 LAI)).

    Source: Ruimy et al. (1999), Glob. Change Biol. 5 (S1), 56-64.
    """
    return DENSE * (1.0 - np.exp(-EXTINCTION * lai))


def monthly_mean(time: np.ndarray, values: np.ndarray, months: np.ndarray) -> np.ndarray:
    """Means of months (month,), NaN where fewer than 20 days have values; daily values (time,)."""
    means = np.full(len(months), np.nan)
    month_of_day = time.astype("datetime64[M]")
    for number, month in enumerate(months):
        of_month = values[(month_of_day == month) & np.isfinite(values)]
        if len(of_month) >= FEWEST_DAYS:
            means[number] = of_month.mean()
    return means
