"""Working components, each with one thing broken, and the check that is named for it."""

from typing import Any

import numpy as np
from attrs import evolve, frozen
from autograd.extend import defjvp, defvjp, primitive
from ccdas_obs_vod.lband_vod import LbandVod
from toy import CellWater, Reservoir, TotalLoss

from ccdas_framework import (
    Diagonal,
    ObservationOperator,
    Parameter,
    Variable,
    area_mean,
    cell_stream,
)
from ccdas_framework.testing import Check

GIVES = "it gives the fields it declares and all are finite and in range"
READS = "it reads what it declares and no more"
MATTERS = "every parameter changes something"
UNITS = "its units and dimensions make sense"
CLASSES = "its classes have distinct names"
INSTALLED = "its units are those of what is installed"
STEERS = "no Python branch looks at a differentiated value"
CLOSURE = "nothing differentiated reaches a scan step by closure"
JUMPS = "derivatives do not jump"
FINITE = "values and derivatives stay finite"
ADJOINT = "adjoints agree with central differences (autograd)"
TANGENT = "tangents agree with central differences (autograd)"
HESSIAN = "Hessian is symmetric (autograd)"


@frozen
class Mutant:
    """One thing broken.

    Args:
        name: what was done, for the test's name.
        original, mutant: before and after.
        check: that is named for it.
        code: of a finding of its failure.
        where: in the place of the same finding.
        factor: of a wrong derivative, in the message of the same finding.
    """

    name: str
    original: Any
    mutant: Any
    check: str
    code: str
    where: str = ""
    factor: str = ""


@frozen
class Leafy(ObservationOperator):
    """Optical depth from leaf area and, where there is one, a correction for snow."""

    observes = Variable("depth", "1", ("obs",), (0.0, 5.0))
    requires = (
        Variable("lai", "m2 m-2", ("time", "column"), (0.0, 8.0)),
        Variable("snow", "mm", ("time", "column"), (0.0, 100.0), optional=True),
    )
    parameters = (
        Parameter("per_leaf", "1", 0.06, 0.02, "log"),
        Parameter("wood", "1", 0.4, 0.1),
    )
    scope = "cell"

    def prepare(self, observations, domain, prior_fields):
        return cell_stream(observations, domain)

    def depth(self, lai, parameters, xp):
        """Depth of a column (1), from its leaf area."""
        return parameters["per_leaf"] * lai + parameters["wood"] * xp.exp(-0.1 * lai)

    def observe(self, fields, parameters, at, xp):
        depth = self.depth(fields["lai"], parameters, xp)
        if "snow" in fields:
            depth = depth + 1e-4 * fields["snow"]
        return area_mean(depth, at, xp)


def of_depth(depth, **further):
    """Leafy with another equation, `depth(self, lai, parameters, xp)`."""
    return type("Mutated", (Leafy,), {"depth": depth, **further})()


def plus(term):
    """Leafy with a term added to its equation."""
    return of_depth(
        lambda self, lai, parameters, xp: (
            Leafy.depth(self, lai, parameters, xp) + 0.1 * term(lai, xp)
        )
    )


# -- derivatives ----------------------------------------------------------------------------------


def _wrong_back(factor):
    same = primitive(lambda x: 1.0 * x)
    defvjp(same, lambda ans, x: lambda g: factor * g)
    defjvp(same, lambda g, ans, x: g)
    return same


def _wrong_ahead(factor):
    same = primitive(lambda x: 1.0 * x)
    defvjp(same, lambda ans, x: lambda g: g)
    defjvp(same, lambda g, ans, x: factor * g)
    return same


_square = primitive(lambda x: x * x)
_slope = primitive(lambda x: 2.0 * x)  # whose own slope is forgotten
defvjp(_square, lambda ans, x: lambda g: g * _slope(x))
defjvp(_square, lambda g, ans, x: g * _slope(x))
defvjp(_slope, lambda ans, x: lambda g: 0.0 * g)
defjvp(_slope, lambda g, ans, x: 0.0 * g)

twice, half, thrice = _wrong_back(2.0), _wrong_ahead(0.5), _wrong_back(3.0)


def _adjoint_of_all(self, fields, parameters, at, xp):
    return twice(Leafy().observe(fields, parameters, at, xp))


def _adjoint_of_wood(self, lai, parameters, xp):
    return Leafy.depth(self, lai, {**parameters, "wood": thrice(parameters["wood"])}, xp)


def _branch(self, lai, parameters, xp):
    depth = Leafy.depth(self, lai, parameters, xp)
    return depth if xp.mean(lai) > 1.0 else 2.0 * depth


def _in_place(self, lai, parameters, xp):
    depth = Leafy.depth(self, lai, parameters, xp)
    depth[0] = 0.0
    return depth


def _by_numpy(self, lai, parameters, xp):
    return parameters["per_leaf"] * lai + parameters["wood"] * np.exp(-0.1 * lai)


DERIVATIVES = (
    Mutant("the adjoint times 2", Leafy(), type("M", (Leafy,), {"observe": _adjoint_of_all})(),
           ADJOINT, "common-factor", factor=" 2 times"),
    Mutant("the adjoint of one parameter times 3", Leafy(), of_depth(_adjoint_of_wood),
           ADJOINT, "common-factor", "parameter 'operator.wood'", " 3 times"),
    Mutant("the tangent halved", Leafy(),
           of_depth(lambda self, lai, p, xp: half(Leafy.depth(self, lai, p, xp))),
           TANGENT, "common-factor", factor=" 0.5 times"),
    Mutant("adjoint and tangent that do not belong together", Leafy(),
           of_depth(lambda self, lai, p, xp: half(Leafy.depth(self, lai, p, xp))),
           "dot products of tangent and adjoint agree (autograd)", "dot-products-differ",
           factor=" 2 times"),
    Mutant("a tangent that is no derivative", Leafy(),
           of_depth(lambda self, lai, p, xp: half(Leafy.depth(self, lai, p, xp))),
           "Taylor remainder falls with the square of the step (autograd)",
           "taylor-slope"),
    Mutant("a second derivative forgotten", Leafy(), plus(lambda lai, xp: _square(lai)),
           HESSIAN, "wrong-second-derivative"),
    Mutant("a branch on a traced value", Leafy(), of_depth(_branch), STEERS,
           "untraceable", "a Python branch in mutants.py:"),
    Mutant("a function of numpy", Leafy(), of_depth(_by_numpy), STEERS, "untraceable", "numpy.exp"),
    Mutant("an assignment in place", Leafy(), of_depth(_in_place), STEERS,
           "written-in-place", "`depth[0] = 0.0`"),
    Mutant("where after a root", Leafy(),
           plus(lambda lai, xp: xp.where(lai > 4.0, xp.sqrt(lai - 4.0) ** 3, 0.0)),
           FINITE, "derivative-not-finite", "`sqrt` in mutants.py:"),
    Mutant("a root of zero", Leafy(), plus(lambda lai, xp: xp.sqrt(xp.maximum(lai - 4.0, 0.0))),
           FINITE, "derivative-not-finite", "`sqrt` in mutants.py:"),
    Mutant("a division by nothing where there are no leaves", Leafy(),
           plus(lambda lai, xp: (1.0 - xp.exp(-lai)) / lai),
           FINITE, "value-not-finite", "`divide` in mutants.py:"),
    *(
        Mutant(f"a kink by {operation}", Leafy(), plus(term), JUMPS,
               "value-jump" if operation == "floor" else "slope-jump",
               f"`{operation}` in mutants.py:")
        for operation, term in (
            ("maximum", lambda lai, xp: xp.maximum(lai, 4.0)),
            ("minimum", lambda lai, xp: xp.minimum(lai, 4.0)),
            ("abs", lambda lai, xp: xp.abs(lai - 4.0)),
            ("clip", lambda lai, xp: xp.clip(lai, 3.5, 4.5)),
            ("where", lambda lai, xp: xp.where(lai > 4.0, 3.0 * lai, 2.0 * lai + 4.0)),
            ("greater", lambda lai, xp: (lai - 4.0) * (lai > 4.0)),
            ("max", lambda lai, xp: xp.max(lai, axis=0)),
            ("floor", lambda lai, xp: xp.floor(lai)),
        )
    ),
)  # fmt: skip


# -- declarations ---------------------------------------------------------------------------------


def _requires(**change):
    lai, snow = Leafy.requires
    return type("M", (Leafy,), {"requires": (evolve(lai, **change), snow)})()


def _of_bare_snow(self, fields, parameters, at, xp):
    return area_mean(self.depth(fields["lai"], parameters, xp) + 1e-4 * fields["snow"], at, xp)


def _needs_wind(self, fields, parameters, at, xp):
    wind = fields.get("wind", 0.0)
    return Leafy().observe(fields, parameters, at, xp) + 0.0 * wind


DECLARATIONS = (
    Mutant("a unit changed", Leafy(), _requires(units="1"), INSTALLED,
           "units-differ", "field 'lai'"),
    Mutant("a unit that is none", Leafy(), _requires(units="m^2/m^2"), UNITS,
           "wrong-units", "variable 'lai' of requires"),
    Mutant("dimensions transposed", Leafy(), _requires(dims=("column", "time")), UNITS,
           "wrong-dims", "variable 'lai' of requires"),
    Mutant("a parameter dropped from the declaration", Leafy(),
           type("M", (Leafy,), {"parameters": Leafy.parameters[:1]})(), READS,
           "undeclared", "parameter 'wood'"),
    Mutant("a parameter dropped from the equation", Leafy(),
           of_depth(lambda self, lai, p, xp: p["per_leaf"] * lai), READS,
           "unread", "parameter 'wood'"),
    Mutant("a parameter without effect", Leafy(),
           of_depth(lambda self, lai, p, xp: p["per_leaf"] * lai + 0.4 + 0.0 * p["wood"]), MATTERS,
           "no-effect", "parameter 'wood'"),
    Mutant("a field that is not declared", Leafy(), type("M", (Leafy,), {"observe": _needs_wind})(),
           READS, "undeclared", "field 'wind'"),
    Mutant("a field that is declared and never read", Leafy(),
           type("M", (Leafy,), {"requires": (
               *Leafy.requires, Variable("wind", "m s-1", ("time", "column")))})(),
           READS, "unread", "field 'wind'"),
    Mutant("an optional field that is needed", Leafy(),
           type("M", (Leafy,), {"observe": _of_bare_snow})(),
           "optional fields may be there or not", "exception", "fields[\"snow\"]"),
    Mutant("values out of range", Leafy(),
           type("M", (Leafy,), {"observes": evolve(Leafy.observes, valid_range=(0.0, 0.1))})(),
           "simulated values are finite and in range", "out-of-range", "simulated values"),
)  # fmt: skip


# -- blocks and missing values --------------------------------------------------------------------


def _offset_in_each_block(self, fields, parameters, at, xp):
    return TotalLoss().observe(fields, parameters, at, xp) + parameters["offset"]


def _area_of_the_block(self, simulated, parameters, at, xp):
    return simulated + parameters["offset"] * xp.sum(at["area"])


def _known_only(self, observations, domain, prior_fields):
    stream = cell_stream(observations, domain)
    keep = ~np.isnan(stream.values)
    return evolve(
        stream, values=stream.values[keep], covariance=Diagonal(stream.covariance.sd[keep]),
        at={name: array[keep] for name, array in stream.at.items()}, labels=stream.labels[keep],
        index=stream.index[keep],
    )  # fmt: skip


def _with_an_anomaly(self, observations, domain, prior_fields):
    stream = cell_stream(observations, domain)
    return evolve(stream, at={**stream.at, "mean": stream.values - np.mean(stream.values)})


def _no_error(self, observations, domain, prior_fields):
    stream = cell_stream(observations, domain)
    return evolve(stream, covariance=Diagonal(np.nan_to_num(stream.covariance.sd, nan=np.inf)))


def _refuses(self, observations, domain, prior_fields):
    if np.isnan(observations.values).any():
        raise ValueError("an observation has no value")
    return cell_stream(observations, domain)


def prepared_by(prepare):
    return type("M", (Leafy,), {"prepare": prepare})()


KEPT = "observations without a value are kept and simulated"
BLOCKS = (
    Mutant("an offset in each block", TotalLoss(),
           type("M", (TotalLoss,), {"observe": _offset_in_each_block})(),
           "blocks add up", "blocks-differ", "simulated values"),
    Mutant("an end that depends on the block", TotalLoss(),
           type("M", (TotalLoss,), {"complete": _area_of_the_block})(),
           "what is added after the blocks depends on no block", "block-dependent-completion",
           "block 1"),
    Mutant("scope 'domain' of what sees one cell", CellWater(),
           type("M", (CellWater,), {"scope": "domain"})(), "blocks add up",
           "block-index", "block 0"),
    Mutant("scope 'cell' of a sum over all cells", TotalLoss(),
           type("M", (TotalLoss,), {"scope": "cell"})(),
           "blocks add up", "blocks-differ", "simulated values"),
    Mutant("observations without a value dropped", Leafy(), prepared_by(_known_only), KEPT,
           "observations-dropped", "prepare"),
    Mutant("an anomaly of values that are NaN", Leafy(), prepared_by(_with_an_anomaly), KEPT,
           "not-finite", "at['mean']"),
    Mutant("observations without a value refused", Leafy(), prepared_by(_refuses), KEPT,
           "prepare-failed", "prepare"),
    Mutant("an unknown error made infinite", Leafy(), prepared_by(_no_error),
           "an unknown error gets a rule or stays unknown", "wrong-error", "covariance.sd"),
)  # fmt: skip


# -- models ---------------------------------------------------------------------------------------


def _closing_over(self, parameters, drivers, xp):
    def step(carry, today, given, xp):
        water = carry["water"] * (1.0 - parameters["k"]) + given["gain"] * today["inflow"]
        return {"water": water}, {"water": water}

    start = {"water": 1.0 + 0.0 * (parameters["k"] + parameters["gain"])}
    xs = {"inflow": drivers["inflow"]}
    _, out = xp.scan(step, start, xs, {"gain": parameters["gain"]})
    return {**out, "outflow": out["water"] + parameters["base"] + parameters["wet"],
            "loss": out["water"] * parameters["share"]}  # fmt: skip


def _turned(self, parameters, drivers, xp):
    fields = Reservoir().run(parameters, drivers, xp)
    return {**fields, "loss": fields["loss"].T}


def _coupled(self, parameters, drivers, xp):
    return Reservoir(couples="cell").run(parameters, drivers, xp)


def _written(self, parameters, drivers, xp):
    drivers["inflow"][0] = 0.5 * drivers["inflow"][0] + 1.0
    return Reservoir().run(parameters, drivers, xp)


def _with_wind(self, forcing):
    forcing.fields.get("wind")
    return Reservoir().prepare(forcing)


def _reservoir(**attributes):
    return type("M", (Reservoir,), attributes)()


MODELS = (
    Mutant("a parameter reached by closure", Reservoir(), _reservoir(run=_closing_over), CLOSURE,
           "closed-over-value", "step 'step' in mutants.py:"),
    Mutant("a field transposed", Reservoir(), _reservoir(run=_turned), GIVES,
           "wrong-shape", "field '"),
    Mutant("columns that see others", Reservoir(), _reservoir(run=_coupled),
           "a column sees no more than the model declares", "wrong-coupling", "column"),
    Mutant("drivers written to", Reservoir(), _reservoir(run=_written),
           "running changes neither parameters nor drivers", "input-changed", "run"),
    Mutant("forcing that is not declared", Reservoir(), _reservoir(prepare=_with_wind), READS,
           "undeclared", "forcing 'wind'"),
    Mutant("a parameter wrongly declared after the loop", Reservoir(),
           _reservoir(parameters=tuple(
               evolve(p, in_loop=p.name != "gain") for p in Reservoir.parameters)),
           "parameters declared after the time loop do not enter it", "wrong-in-loop",
           "model.gain"),
)  # fmt: skip

# -- an operator that ships -----------------------------------------------------------------------


def _vod(**attributes):
    assert all(hasattr(LbandVod, name) for name in attributes)  # a mutant replaces what there is
    return type("M", (LbandVod,), attributes)(biomass_memory="window_mean")


def _vod_adjoint(self, fields, parameters, at, xp):
    return twice(LbandVod.observe(self, fields, parameters, at, xp))


def _hidden_root(self, fields, at, xp):
    npp = LbandVod.memory_npp(self, fields, at, xp)
    gained = npp - 300.0  # gC m-2 yr-1
    return npp + 1e-3 * xp.where(gained > 0.0, xp.sqrt(gained) ** 3, 0.0)


VOD = _vod()
SHIPPED = (
    Mutant("vod: the adjoint times 2", VOD, _vod(observe=_vod_adjoint), ADJOINT,
           "common-factor", "simulated values", " 2 times"),
    Mutant("vod: a unit changed", VOD, _vod(
               requires=(evolve(LbandVod.requires[0], units="kgC m-2 d-1"), LbandVod.requires[1])),
           INSTALLED,
           "units-differ", "field 'npp'"),
    Mutant("vod: a parameter dropped", VOD, _vod(
               parameters=tuple(p for p in VOD.parameters if p.name != "b")), READS,
           "undeclared", "parameter 'b'"),
    Mutant("vod: where after a root", VOD, _vod(memory_npp=_hidden_root), FINITE,
           "derivative-not-finite", "`sqrt` in mutants.py:"),
)  # fmt: skip

NAMES = tuple(
    Mutant(name, Reservoir(), type("M", (Reservoir,), {"class_names": names})(), CLASSES,
           "wrong-class-names", "class_names")
    for name, names in (("two classes of one name", {1: "grass", 2: "grass"}),
                        ("a class by a word", {"grass": "grass"}))
)  # fmt: skip
MUTANTS = (*DERIVATIVES, *DECLARATIONS, *BLOCKS, *MODELS, *SHIPPED, *NAMES)


def named(name: str, checks: list[Check]) -> Check:
    """The check of this name."""
    return next(check for check in checks if check.name == name)
