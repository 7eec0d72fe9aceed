"""Truth and noise of synthetic observations, drawn by name.

Each element of a parameter and each stream has random numbers of its own, from `truth.seed` and
its name. They depend neither on the other parameters and streams, nor on their order, nor on the
parameters that are fixed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
from attrs import evolve, frozen

from ..config.sections import TruthSection
from ..core.control import Control, Element
from ..core.covariance import Diagonal
from ..core.errors import Findings, did_you_mean
from ..core.gaussian_prior import is_gaussian
from ..core.parameters import Parameter, prior_step
from ..core.transforms import TRANSFORMS
from ..problem.assembled_problem import Problem
from ..problem.forward_model import Streams
from ..problem.stream_data import StreamData

DRAWS = 1000  # most draws of an element, of which the first inside its limits is the truth


@frozen(eq=False)
class Truth:
    """Parameters of synthetic observations.

    Args:
        values: physical value of each element, active or fixed, by full name.
        x: control vector of the active elements, shape (control,).
        control: whose fixed elements have their true values.
    """

    values: Mapping[str, float]
    x: np.ndarray
    control: Control

    @property
    def parameters(self) -> np.ndarray:
        """Physical value of each active element, shape (control,)."""
        return np.array([self.values[name] for name in self.control.names])

    def simulate(self, problem: Problem, streams: Streams) -> dict[str, np.ndarray]:
        """Values of streams or targets of a problem, shape (obs,) each, without noise."""
        forward = problem.forward
        if self.control is not problem.control:
            forward = forward.with_model(control=self.control)
        return forward.simulate(self.x, forward.functions_of(streams))


def generator(seed: int, kind: str, name: str) -> np.random.Generator:
    """Random numbers that depend on a seed and a name alone.

    Args:
        seed: `truth.seed`.
        kind: "truth" or "noise".
        name: of a parameter element or a stream.
    """
    digest = hashlib.sha256(f"{kind} {name}".encode()).digest()
    return np.random.default_rng([seed, *np.frombuffer(digest, "<u4").tolist()])


def truth_of(section: TruthSection, control: Control) -> Truth:
    """The truth of a configuration.

    The centre of each element is the declared mean, or that of `truth.mean`. Its distance from the
    centre is `truth.spread` declared prior sd times a standard normal number, in the space of the
    declared transform. It is zero for a parameter that is fixed by declaration. The first of
    `DRAWS` numbers inside the limits counts: the bounds of the parameter, those of `truth.bounds`,
    and values that the transform can reach. Changes of `active`, `mean` and `sd` in [parameters]
    do not change the truth.

    Raises:
        InvalidExperiment: the limits exclude the truth of an element.
    """
    findings, values = Findings(), {}
    for element in control.elements:
        inside = _draws_inside(element, section)
        if len(inside):
            values[element.name] = float(inside[0])
        else:
            _add_impossible(element, section, findings)
    findings.raise_if_any()
    x = control.pack({name: values[name] for name in control.names})
    return Truth(values, x, control.with_fixed(values))


def truth_findings(section: TruthSection, control: Control) -> Findings:
    """Findings on unknown names, empty ranges and ranges that exclude the truth."""
    findings = Findings()
    names = {e.name for e in control.elements}
    names |= {f"{e.owner}.{e.parameter.name}" for e in control.elements}
    for key in ("mean", "bounds"):
        for name in getattr(section, key) or ():
            if name not in names:
                findings.add(
                    "unknown-parameter",
                    f"truth.{key}.{name}",
                    f"[truth] {key} names '{name}', which neither the model nor an operator has."
                    f"{did_you_mean(name, names)}",
                )
    for name, (lower, upper) in (section.bounds or {}).items():
        if not lower < upper:
            findings.add(
                "empty-range",
                f"truth.bounds.{name}",
                f"[truth] bounds of '{name}' are {lower:g} and {upper:g}, which hold no value; "
                "expected a lower limit and a larger upper one.",
            )
    if not findings:
        for element in control.elements:
            if not len(_draws_inside(element, section)):
                _add_impossible(element, section, findings)
    return findings


def not_from_prior(section: TruthSection, problem: Problem) -> tuple[str, ...]:
    """Names of the optimised elements whose truth is no draw from the prior of the problem.

    The truth is drawn from the declared prior, independently for each element. The prior of the
    problem is another distribution where the configuration changes the spread, the centre, the
    sd, the transform or the limits of one of the two, or correlates elements.
    """
    control, prior = problem.control, problem.prior
    independent = (
        isinstance(prior.covariance, Diagonal)
        and np.array_equal(prior.covariance.sd, np.ones(len(control)))
        and np.array_equal(prior.mean, np.zeros(len(control)))
        and is_gaussian(prior)
    )
    return tuple(
        element.name
        for element in control.active
        if not (independent and _is_from_prior(element, section))
    )


def _is_from_prior(element: Element, section: TruthSection) -> bool:
    declared, configured = _centred(element, section), element.parameter
    return (
        section.spread == 1.0
        and bool(declared.active)
        and declared.transform == configured.transform
        and prior_step(declared) == prior_step(configured)
        and _limits(element, section) == tuple(configured.bounds)
    )


def noise(seed: int, stream: StreamData) -> np.ndarray:
    """A draw of the assumed errors of a stream, shape (obs,), in the unit of the stream.

    A number is drawn for each observation as read, so that the noise of an observation does not
    depend on blocks, on the cells of the grid or on the other observations that are left.
    """
    drawn = generator(seed, "noise", stream.name).standard_normal(len(stream.observations))
    normal = drawn[stream.index]
    parts = stream.parts[:1] if stream.domain_scope else stream.parts
    pieces = zip(parts, stream.pieces(normal), strict=False)
    return np.concatenate(
        [
            piece * part.covariance.sd
            if isinstance(part.covariance, Diagonal) or not len(piece)
            else np.linalg.cholesky(part.covariance.dense()) @ piece
            for part, piece in pieces
        ]
    )


def with_noise(problem: Problem, seed: int) -> Problem:
    """The problem with a draw of the assumed errors added to its observations."""
    streams = {n: s.with_values(s.values + noise(seed, s)) for n, s in problem.streams.items()}
    return problem.with_streams(streams, problem.targets)


def with_synthetic_observations(problem: Problem, truth: Truth, section: TruthSection) -> Problem:
    """The problem with values simulated from the truth, plus noise if configured.

    Raises:
        NotANumber: a simulated value is not finite.
    """
    simulated = truth.simulate(problem, problem.streams)
    if not all(np.isfinite(values).all() for values in simulated.values()):
        problem.require_finite(truth.x)
    streams = {name: s.with_values(simulated[name]) for name, s in problem.streams.items()}
    problem = problem.with_streams(streams, problem.targets)
    return with_noise(problem, section.seed) if section.noise else problem


def _of_element(element: Element, table: Mapping[str, object] | None) -> str | None:
    """Key of a table for an element: its own before that of its parameter, else None."""
    names = (element.name, f"{element.owner}.{element.parameter.name}")
    return next((name for name in names if table and name in table), None)


def _limits(element: Element, section: TruthSection) -> tuple[float, float]:
    """Largest lower and smallest upper limit of the truth of an element."""
    pairs = [element.declared.bounds, element.parameter.bounds]
    key = _of_element(element, section.bounds)
    if section.bounds is not None and key is not None:
        pairs.append(section.bounds[key])
    return max(lower for lower, _ in pairs), min(upper for _, upper in pairs)


def _centred(element: Element, section: TruthSection) -> Parameter:
    """The declared parameter of an element, with the mean of `truth.mean`."""
    key = _of_element(element, section.mean)
    if section.mean is None or key is None:
        return element.declared
    return evolve(element.declared, mean=section.mean[key])


def _draws_inside(element: Element, section: TruthSection) -> np.ndarray:
    """Draws of an element inside its limits, in their order, shape (draw,)."""
    declared, configured = _centred(element, section), element.parameter
    spread = section.spread if declared.active else 0.0
    normal = generator(section.seed, "truth", element.name).standard_normal(DRAWS)
    lower, upper = _limits(element, section)
    with np.errstate(all="ignore"):  # of values outside
        centre, step = prior_step(declared)
        drawn = TRANSFORMS[declared.transform].inverse(
            centre + step * spread * normal, declared.bounds, np
        )
        mean = float(declared.mean)  # type: ignore[arg-type]
        values = np.full(DRAWS, mean) if spread == 0.0 else drawn
        reached = TRANSFORMS[configured.transform].forward(values, configured.bounds, np)
        inside = np.isfinite(values) & np.isfinite(reached)
    return np.asarray(values[inside & (values >= lower) & (values <= upper)])


def _add_impossible(element: Element, section: TruthSection, findings: Findings) -> None:
    key = _of_element(element, section.bounds)
    where = f"parameters.{element.name}" if key is None else f"truth.bounds.{key}"
    lower, upper = _limits(element, section)
    of_mean = _of_element(element, section.mean)
    mean = element.declared.mean if of_mean is None else (section.mean or {})[of_mean]
    findings.add(
        "impossible-truth",
        where,
        f"none of {DRAWS} draws of the truth of '{element.name}' around {mean:g} "
        f"{element.declared.units} is between {lower:g} and {upper:g} and finite under transform "
        f"'{element.parameter.transform}'. Widen these limits, or give another centre in [truth] "
        "mean.",
    )
