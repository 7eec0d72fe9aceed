"""Make docs/parameters.md from the parameters that the installed components declare.

python scripts/make_parameter_table.py            # write the page
python scripts/make_parameter_table.py --check    # only say whether it is up to date
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from ccdas_framework import PLANT_TYPE_NAMES
from ccdas_framework.installed import registry

PAGE = Path(__file__).parents[1] / "docs" / "parameters.md"
KINDS = ("process_models", "observation_operators")
OWNERS = ("bethy", "dalec", "pmodel", "co2", "xco2", "sm", "vod", "fapar", "sif", "flux")
# settings under which a component has other parameters, and what becomes of the others
VARIANTS = {
    "bethy": ({"layer_exchange": "ccdas"}, "instead of `s_D`"),
    "dalec": ({"start": "pools"}, "instead of `s_woo` and `s_som`, and `W_0` optimised"),
    "sm": (
        {"product": "in_situ", "scaling": "fitted", "scaling_places": "PLACE"},
        "the time of the filter of probes, and a slope and an offset of each place",
    ),
}

HEAD = """# Parameters

Made by `python scripts/make_parameter_table.py` from the declarations in the code; do not edit.

The full name of an element is `owner.name[classes]`, or `owner.name` for a scalar. An element
that lists several classes is one number for all of them. `x` is 0 at the prior mean and 1 at mean
plus one standard deviation after the transform ([Mathematics](mathematics.md#control-vector)).
Bounds are the limits of a logit, the shift of a shifted log or square root, and guard rails for the
others: a trial point outside them is never accepted. "Fixed" elements are not optimised unless the
configuration says `active = true`.
"""
PLANT_TYPES = """## Plant types

The number of a column, `column_class` in the [forcing file](input-files.md), is its plant type in
all models. It stands in brackets in the name of an element.

| number | plant type |
| --: | --- |
"""
COLUMNS = (
    "name", "unit", "prior mean", "prior sd", "transform", "bounds", "", "what it is", "source",
)  # fmt: skip


def rows(parameter, owner):
    """A table row for each element of a parameter."""
    for element, label in zip(parameter.elements(), parameter.labels, strict=True):
        low, high = element.bounds
        limits = "" if np.isinf([low, high]).all() else f"{limit(low)} to {limit(high)}"
        yield (
            f"`{owner}.{label}`",
            element.units,
            f"{element.mean:.6g}",
            f"{element.sd:.3g}",
            element.transform.replace("_", " "),
            limits,
            "" if element.active else "fixed",
            element.long_name,
            element.source,
        )


def limit(value):
    """A bound as text."""
    return ("∞" if value > 0 else "-∞") if np.isinf(value) else f"{value:g}"


def table(owner, parameters):
    """Markdown table of the elements of these parameters."""
    lines = [COLUMNS, ("---",) * len(COLUMNS)]
    lines += [row for parameter in parameters for row in rows(parameter, owner)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def count(parameters):
    """How many elements there are, and how many are optimised by default."""
    elements = [e for parameter in parameters for e in parameter.elements()]
    return f"{len(elements)} elements, {sum(e.active for e in elements)} optimised by default."


def page():
    """The whole page."""
    found = registry().components
    types = "".join(f"| {number} | {name} |\n" for number, name in PLANT_TYPE_NAMES.items())
    parts = [HEAD, PLANT_TYPES + types]
    for owner in OWNERS:
        cls = next(found[kind][owner] for kind in KINDS if owner in found[kind])
        parameters = cls().parameters
        parts.append(f"## {owner}\n")
        summary = f"{count(parameters)}\n\n{table(owner, parameters)}\n"
        parts.append(summary if parameters else "None of its own.\n")
        if owner in VARIANTS:
            known = {p.name for p in parameters}
            settings, instead = VARIANTS[owner]
            other = [p for p in cls(**settings).parameters if p.name not in known]
            told = ", ".join(f'`{key} = "{value}"`' for key, value in settings.items())
            parts.append(f"With {told} {instead}:\n\n{table(owner, other)}\n")
    return "\n".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if it differs")
    if parser.parse_args().check:
        current = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else ""
        sys.exit(0 if current == page() else f"{PAGE} is out of date; run this without --check.")
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
