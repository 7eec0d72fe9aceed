"""The three parameters of the Lorenz equations, estimated over a short window."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.interfaces import Array, Namespace
from ..core.parameters import Parameter
from ..engines.namespace import numpy_namespace
from .known_answers import KnownAnswer
from .known_problem_statement import known_problem

STEPS = 30
TIME_STEP = 0.02
OBSERVED_EVERY = 5  # steps
FIRST_STATE = (1.508870, -1.531271, 25.46091)  # near the attractor
TRUTH = (10.0, 28.0, 8.0 / 3.0)  # Lorenz (1963), J. Atmos. Sci. 20, 130-141, section 7
SD = 0.5  # of an observed component


def tendency(state: Array, parameters: Any, xp: Namespace) -> Array:
    """d(x, y, z)/dt = (s (y - x), x (r - z) - y, x y - b z), shape (3,).

    Source: Lorenz (1963), J. Atmos. Sci. 20, 130-141, eqs 25-27.
    """
    x, y, z = state[0], state[1], state[2]
    sigma, rho, beta = parameters["sigma"], parameters["rho"], parameters["beta"]
    return xp.stack([sigma * (y - x), x * (rho - z) - y, x * y - beta * z])


def runge_kutta_step(carry: Any, today: Any, parameters: Any, xp: Namespace) -> tuple[Any, Any]:
    """Advance the state by one time step of the classical fourth-order method."""
    state, h = carry["state"], TIME_STEP
    k1 = tendency(state, parameters, xp)
    k2 = tendency(state + 0.5 * h * k1, parameters, xp)
    k3 = tendency(state + 0.5 * h * k2, parameters, xp)
    k4 = tendency(state + h * k3, parameters, xp)
    state = state + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return {"state": state}, {"state": state}


def observed_states(parameters: Array, xp: Namespace) -> Array:
    """x, y and z at every observed step, in order of time, shape (obs,)."""
    by_name = {"sigma": parameters[0], "rho": parameters[1], "beta": parameters[2]}
    start = {"state": np.array(FIRST_STATE) + 0.0 * parameters}
    steps = {"number": np.zeros(STEPS)}
    _, states = xp.scan(runge_kutta_step, start, steps, by_name)
    return xp.reshape(states["state"][OBSERVED_EVERY - 1 :: OBSERVED_EVERY], (-1,))


PARAMETERS = (
    Parameter("sigma", "1", 9.0, 1.0, long_name="Prandtl number"),
    Parameter("rho", "1", 26.0, 2.0, long_name="relative Rayleigh number"),
    Parameter("beta", "1", 2.5, 0.25, long_name="aspect ratio of the convection cells"),
)


def observed_values() -> np.ndarray:
    """Values at the truth with errors 0.5 sin(37 i), shape (obs,)."""
    values = np.asarray(observed_states(np.array(TRUTH), numpy_namespace()))
    return np.asarray(values + SD * np.sin(37.0 * np.arange(len(values))))


LORENZ_1963 = known_problem(
    observed_states,
    observed_values(),
    sd=SD,
    parameters=PARAMETERS,
    name="lorenz_1963",
    answer=KnownAnswer(  # no closed form: found by minimisation, and tested by an independent one
        minima=[1.0970575, 0.9548041, 0.7640688],
        cost=4.9026924,
        sd_at_minimum=np.array([0.1427024, 0.1497506, 0.2857863]),
        gauss_newton_sd=np.array([0.1434022, 0.1504279, 0.2867967]),
        methods=frozenset({"minimiser", "search"}),
    ),
)
