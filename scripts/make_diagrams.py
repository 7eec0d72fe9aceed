"""Draw the two diagrams of docs/architecture.md.

    python scripts/make_diagrams.py

Writes docs/figures/layers.svg and docs/figures/data_flow.svg. Standard library only.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

FIGURES = Path(__file__).parents[1] / "docs" / "figures"
FONT = "font-family='DejaVu Sans, Verdana, Helvetica, sans-serif'"
INK, SOFT, LINE = "#1f2a30", "#5b6b73", "#90a4ae"
BLUE, GREEN, SAND, ROSE, GREY = "#dcebf7", "#e0f0e3", "#fbf0d9", "#f8e3e3", "#eceff1"

# from the top: folders of a layer, its content; the same layers as tests/test_architecture.py
LAYERS = (
    (("plugins/*",), "models, operators, experiments", SAND),
    (("cli",), "commands", ROSE),
    (("compare", "products", "terminal"), "studies of several runs, tables", BLUE),
    (("experiment",), "load, build, run, resume", BLUE),
    (("plots", "evaluation"), "figures; withheld data, references", BLUE),
    (("targets", "report"), "regional quantities, report", BLUE),
    (("outputs", "config"), "result files, configuration keys", BLUE),
    (("io", "diagnostics", "testing", "scaffold"), "reading, checks, new packages", BLUE),
    (("installed",), "components of installed packages", GREEN),
    (("builtin_plugins",), "components of the framework", GREEN),
    (
        ("registry", "engines", "priors", "optimisers", "posterior", "execution"),
        "components, plugin loading",
        GREEN,
    ),
    (("problem",), "assembled cost function", GREEN),
    (("core", "grids"), "vectors, operators, cost, geometry", GREEN),
)


def text(x: float, y: float, content: str, size: int = 13, **style: str) -> str:
    options = {"fill": INK, "text_anchor": "middle", **style}
    attributes = " ".join(f"{name.replace('_', '-')}='{value}'" for name, value in options.items())
    return f"<text x='{x:g}' y='{y:g}' font-size='{size}' {attributes}>{escape(content)}</text>"


def box(x: float, y: float, width: float, height: float, fill: str, stroke: str = LINE) -> str:
    return (
        f"<rect x='{x:g}' y='{y:g}' width='{width:g}' height='{height:g}' rx='5' fill='{fill}' "
        f"stroke='{stroke}'/>"
    )


def arrow(*points: tuple[float, float], dashed: bool = False) -> str:
    path = " ".join(f"{'L' if i else 'M'}{x:g},{y:g}" for i, (x, y) in enumerate(points))
    dash = " stroke-dasharray='5 4'" if dashed else ""
    return (
        f"<path d='{path}' fill='none' stroke='{SOFT}' stroke-width='1.5'{dash} "
        "marker-end='url(#head)'/>"
    )


def page(width: int, height: int, title: str, parts: list[str]) -> str:
    head = (
        "<defs><marker id='head' viewBox='0 0 8 8' refX='7' refY='4' markerWidth='7' "
        f"markerHeight='7' orient='auto'><path d='M0,0 L8,4 L0,8 z' fill='{SOFT}'/></marker></defs>"
    )
    return "\n".join(
        [
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' "
            f"role='img' {FONT}>",
            f"<title>{escape(title)}</title>",
            head,
            f"<rect width='{width}' height='{height}' fill='white'/>",
            *parts,
            "</svg>\n",
        ]
    )


def layers() -> str:
    """Packages of the framework, one layer above the other."""
    left, width, high, gap = 60, 560, 32, 8
    parts = []
    for number, (names, role, fill) in enumerate(LAYERS):
        y = 20 + number * (high + gap)
        each = (width - 8 * (len(names) - 1)) / len(names)
        for i, name in enumerate(names):
            x = left + i * (each + 8)
            parts.append(box(x, y, each, high, fill))
            size = 13 if len(names) > 4 else 15
            parts.append(text(x + each / 2, y + high / 2 + 5, name, size))
        parts.append(
            text(left + width + 14, y + high / 2 + 4, role, 14, text_anchor="start", fill=SOFT)
        )
    bottom = 20 + len(LAYERS) * (high + gap)
    parts.append(arrow((34, 24), (34, bottom - 14)))
    middle = bottom / 2
    parts.append(
        text(
            22, middle, "imports point down", 14, fill=SOFT, transform=f"rotate(-90 22 {middle:g})"
        )
    )
    return page(900, bottom + 4, "Layers of the framework", parts)


def labelled(x: float, y: float, width: float, fill: str, title: str, *lines: str) -> str:
    """A box with a title and smaller lines below it."""
    height = 30 + 16 * len(lines)
    rows = [box(x, y, width, height, fill), text(x + width / 2, y + 20, title, 15)]
    rows += [
        text(x + width / 2, y + 38 + 16 * i, line, 13, fill=SOFT) for i, line in enumerate(lines)
    ]
    return "\n".join(rows)


def data_flow() -> str:
    """From files to results, with the differentiable part in one frame."""
    parts = [
        # read and prepare
        labelled(20, 30, 190, GREY, "experiment.toml", "configuration"),
        labelled(20, 110, 190, GREY, "forcing.nc", "weather, soil, grid"),
        labelled(20, 190, 190, GREY, "co2.nc, sm.nc, ...", "values, errors, places"),
        labelled(270, 110, 180, BLUE, "model.prepare", "once, no parameters"),
        labelled(270, 190, 180, BLUE, "operator.prepare", "masks, errors, indices"),
        arrow((210, 133), (270, 133)),
        arrow((210, 213), (270, 213)),
        arrow((210, 53), (486, 53)),
        text(348, 45, "components and their settings", 13, fill=SOFT),
        # the differentiable part
        box(490, 20, 390, 330, "#f6faf6", "#7fae88"),
        text(685, 44, "one differentiable function J(x)", 15, fill="#3f7a4b"),
        labelled(520, 60, 150, GREEN, "parameters", "x to physical values"),
        labelled(700, 60, 150, GREEN, "model.run", "each block of cells"),
        labelled(700, 150, 150, GREEN, "operator.observe", "fields to quantities"),
        labelled(520, 150, 150, GREEN, "operator.complete", "sum of the blocks"),
        labelled(520, 240, 150, GREEN, "prior term", "(x - x_b) in B"),
        labelled(700, 240, 150, GREEN, "misfit of streams", "y - H(M(x)) in R"),
        arrow((670, 83), (700, 83)),
        arrow((775, 106), (775, 150)),
        arrow((700, 173), (670, 173)),
        arrow((650, 196), (735, 240)),
        text(790, 132, "fields", 13, fill=SOFT, text_anchor="start"),
        text(655, 230, "simulated", 13, fill=SOFT, text_anchor="end"),
        arrow((450, 133), (486, 133)),
        arrow((450, 213), (486, 213)),
        text(685, 312, "J = prior term + sum over the streams", 14),
        text(685, 334, "engine: gradient, tangents, adjoints, Jacobian", 13, fill=SOFT),
        # solve and write
        labelled(20, 430, 170, SAND, "optimiser", "next x"),
        labelled(240, 430, 170, SAND, "posterior", "covariance A at x_a"),
        labelled(460, 430, 200, SAND, "targets, diagnostics", "fluxes, errors, information"),
        labelled(710, 430, 170, GREY, "result files, report", "runs/NAME"),
        arrow((685, 350), (685, 400), (140, 400), (140, 430)),
        text(330, 416, "J, gradient, Jacobian", 13, fill=SOFT),
        arrow((70, 430), (70, 372), (505, 372), (505, 83), (520, 83)),
        arrow((505, 263), (520, 263)),
        text(330, 365, "control vector x", 13, fill=SOFT),
        arrow((190, 453), (240, 453)),
        arrow((410, 453), (460, 453)),
        arrow((660, 453), (710, 453)),
    ]
    return page(900, 496, "Data flow of an experiment", parts)


def main() -> None:
    FIGURES.mkdir(parents=True, exist_ok=True)
    for name, drawing in (("layers", layers()), ("data_flow", data_flow())):
        (FIGURES / f"{name}.svg").write_text(drawing, encoding="utf-8")


if __name__ == "__main__":
    main()
