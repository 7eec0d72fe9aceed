"""Figure of what each stream adds: uncertainty reductions of regional fluxes, a colour a set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import InvalidInput
from ..io.atomic import atomic_write, write_text
from ..outputs.run_folder import read_result
from .drawing_packages import require
from .figures import CATEGORY_COLOURS, STYLE, as_uri, figure, legend_above
from .templates import rendered

OPTIMUM = "at the set's own optimum"
SHOWN = ("nep", "npp")  # quantities of the figure, where they are there
GLOBE = "Global"


def write_figure(folder: str | Path) -> tuple[Path, Path]:
    """`added_value.png` and `added_value.html` from `added_value.nc` of a folder.

    Raises:
        ReportUnavailable: matplotlib or Jinja is not installed.
        InvalidInput: there is no such file.
    """
    require("jinja2", "matplotlib", product="figure")
    import matplotlib  # optional

    folder = Path(folder)
    path = folder / "added_value.nc"
    if not path.is_file():
        raise InvalidInput(
            f"{folder} holds no added_value.nc; `ccdas added-value` writes it.",
            code="missing-file",
            where="added_value.nc",
        )
    data = read_result(path)
    with matplotlib.rc_context(STYLE):
        drawn = bars(data)
        with atomic_write(folder / "added_value.png") as temporary:
            drawn.savefig(temporary, dpi=150)
        beside = (folder / "comparison.html").is_file()
        page = rendered("added_value.html.j2", contents(data, as_uri(drawn), beside))
    write_text(folder / "added_value.html", page)
    return folder / "added_value.png", folder / "added_value.html"


def bars(data: Any) -> Any:
    """Relative uncertainty reduction of each region, a panel a quantity and a colour a set.

    Bars are at the common point, where a further stream never takes anything away; a line across a
    bar is the reduction at the optimum of its own set.
    """
    quantities = _quantities(data)
    regions = _regions(data, quantities)
    names = [str(name) for name in data["stream_set"].values]
    drawn = figure(3.0 + 1.05 * len(regions), 1.1 + 2.5 * len(quantities))
    panels = np.atleast_1d(drawn.subplots(len(quantities), 1, sharex=True))
    width = 0.8 / len(names)
    place = np.arange(len(regions))
    for panel, quantity in zip(panels, quantities, strict=True):
        values = data.sel(quantity=quantity, region=regions)
        for n, name in enumerate(names):
            colour = CATEGORY_COLOURS[n % len(CATEGORY_COLOURS)]
            bar = place + (n - 0.5 * (len(names) - 1)) * width
            height = 100.0 * values["uncertainty_reduction"].sel(stream_set=name).values
            at_optimum = 100.0 * values["own_uncertainty_reduction"].sel(stream_set=name).values
            panel.bar(bar, height, 0.92 * width, color=colour, label=_spoken(name))
            half = 0.46 * width
            panel.hlines(at_optimum, bar - half, bar + half, color="#1a1a1a", lw=1.6)
        panel.set(title=quantity.upper(), ylabel="uncertainty reduction (%)")
        panel.set_ylim(0.0, 100.0)
        panel.grid(False, axis="x")
        panel.set_xticks(place, [region.replace(" ", "\n") for region in regions])
        panel.tick_params(axis="x", length=0)
    panels[0].plot([], [], color="#1a1a1a", lw=1.6, label=OPTIMUM)
    legend_above(drawn, panels[0], [*map(_spoken, names), OPTIMUM], columns=len(names) + 1)
    return drawn


def contents(data: Any, uri: str, has_comparison: bool = False) -> dict[str, Any]:
    """Values of the template of the page, by name.

    Args:
        uri: of the figure.
        has_comparison: whether the page of the runs side by side lies beside this one.
    """
    tables = []
    for quantity in data["quantity"].values:
        values = data.sel(quantity=quantity)
        rows = [
            {
                "region": str(region),
                "prior_sd": float(values["prior_sd"].sel(region=region)),
                "reductions": values["uncertainty_reduction"].sel(region=region).values.tolist(),
            }
            for region in data["region"].values
        ]
        unit = str(values["target_unit"].values)
        tables.append({"quantity": str(quantity).upper(), "unit": unit, "rows": rows})
    tables = _by_period(data) + tables
    return {
        "title": f"What each stream adds: {data.attrs.get('title', '')}",
        "comment": str(data.attrs.get("comment", "")),
        "uri": uri,
        "comparison": "comparison.html" if has_comparison else "",
        "common_point": data.attrs.get("common_point", ""),
        "sets": [_spoken(str(name)) for name in data["stream_set"].values],
        "tables": tables,
        "streams": [str(name) for name in data["stream"].values],
        "degrees_of_freedom": data["degrees_of_freedom"].values.tolist(),
    }


def _by_period(data: Any) -> list[dict[str, Any]]:
    """Tables of the globe with a row for each period of a quantity, such as seasons."""
    names = [str(quantity) for quantity in data["quantity"].values]
    tables = []
    for name in names:
        of_periods = [n for n in names if n.startswith(f"{name} ")]
        if not of_periods or GLOBE not in data["region"].values:
            continue
        rows = [
            {
                "region": of.removeprefix(f"{name} "),
                "prior_sd": float(values["prior_sd"]),
                "reductions": values["uncertainty_reduction"].values.tolist(),
            }
            for of in of_periods
            for values in [data.sel(quantity=of, region=GLOBE)]
        ]
        unit = str(data["target_unit"].sel(quantity=name).values)
        tables.append({"quantity": f"{name.upper()}, {GLOBE}", "unit": unit, "rows": rows})
    return tables


def _spoken(name: str) -> str:
    """'CO2 + SM' of 'co2+sm'."""
    return " + ".join(part.upper() for part in name.split("+"))


def _quantities(data: Any) -> list[str]:
    names = [str(q) for q in data["quantity"].values]
    return [q for q in SHOWN if q in names] or names[:2]


def _regions(data: Any, quantities: list[str]) -> list[str]:
    """Regions that have a target, the whole last."""
    has_target = np.isfinite(data["prior_sd"].sel(quantity=quantities).values).any(axis=1)
    names = [
        str(r) for r, present in zip(data["region"].values, has_target, strict=True) if present
    ]
    return [n for n in names if n != GLOBE] + [n for n in names if n == GLOBE]
