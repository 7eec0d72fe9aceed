"""Figure of what each stream adds: uncertainty reductions of regional fluxes, a colour a set."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import InvalidInput
from ..io.atomic import atomic_write, write_text
from ..outputs.run_folder import read_result
from .drawing_packages import require
from .figures import CATEGORY_COLOURS, STYLE, as_uri, figure, legend_above
from .format import page_number, page_percent

COLOURS = CATEGORY_COLOURS
OPTIMUM = "at the set's own optimum"
SHOWN = ("nep", "npp")  # quantities of the figure, where they are there
GLOBE = "Global"
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>
body {{ margin: 0 auto; max-width: 1080px; padding: 2rem 1.4rem 4rem; color: #1d2327;
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }}
img {{ max-width: 100%; }} .soft {{ color: #5d676e; font-size: .9rem; max-width: 46rem; }}
table {{ border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }}
th, td {{ padding: .28rem .8rem; text-align: right; border-bottom: 1px solid #dfe3e6; }}
th:first-child, td:first-child {{ text-align: left; }}
</style></head><body>
<h1>{title}</h1><p>{comment}</p>
<figure><img alt="Bars of relative uncertainty reduction by region and set of streams" src="{uri}">
</figure>
<p class="soft">{caption}</p>
{tables}
</body></html>
"""


def write_figure(folder: str | Path) -> tuple[Path, Path]:
    """`added_value.png` and `added_value.html` from `added_value.nc` of a folder.

    Raises:
        ReportUnavailable: matplotlib is not installed.
        InvalidInput: there is no such file.
    """
    require("matplotlib", product="figure")
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
        write_text(folder / "added_value.html", page(data, as_uri(drawn)))
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
            colour = COLOURS[n % len(COLOURS)]
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


def page(data: Any, uri: str) -> str:
    """A page of its own with the figure and its numbers; nothing in it points outward."""
    return PAGE.format(
        title=escape(f"What each stream adds: {data.attrs.get('title', '')}"),
        comment=escape(str(data.attrs.get("comment", ""))),
        uri=uri,
        caption=escape(
            "Relative reduction of the standard deviation of annual fluxes, 1 - posterior / prior. "
            f"Bars: linearised at one point, the {data.attrs.get('common_point', '')}. Lines: at "
            "the optimum of each set."
        ),
        tables="\n".join(_table(data, str(q)) for q in data["quantity"].values) + _signal(data),
    )


def _table(data: Any, quantity: str) -> str:
    values = data.sel(quantity=quantity)
    unit = escape(str(values["target_unit"].values))
    names = [str(name) for name in data["stream_set"].values]
    head = "".join(f"<th>{escape(_spoken(name))}</th>" for name in names)
    rows = []
    for region in data["region"].values:
        one = values.sel(region=region)
        cells = "".join(
            f"<td>{page_percent(float(one['uncertainty_reduction'].sel(stream_set=name)))}</td>"
            for name in names
        )
        prior = page_number(float(one["prior_sd"]), 3)
        rows.append(f"<tr><td>{escape(str(region))}</td><td>{prior}</td>{cells}</tr>")
    return (
        f"<h2>{escape(quantity.upper())}</h2><table><tr><th>region</th><th>prior sd ({unit})</th>"
        f"{head}</tr>{''.join(rows)}</table>"
    )


def _signal(data: Any) -> str:
    """Degrees of freedom for signal by stream."""
    streams = [str(name) for name in data["stream"].values]
    head = "".join(f"<th>{escape(name)}</th>" for name in streams)
    rows = "".join(
        f"<tr><td>{escape(_spoken(str(name)))}</td>"
        + "".join(f"<td>{page_number(float(v), 3)}</td>" for v in values)
        + "</tr>"
        for name, values in zip(
            data["stream_set"].values, data["degrees_of_freedom"].values, strict=True
        )
    )
    return f"<h2>Degrees of freedom for signal</h2><table><tr><th>set</th>{head}</tr>{rows}</table>"


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
