"""Numbers that an operator computes from its parameters, as targets of every run."""

import numpy as np
import pytest
from assembling import assemble
from attrs import frozen
from toy import CellWater, Reservoir, TotalLoss, toy_forcing, toy_observations

from ccdas_framework import InvalidInput, Variable
from ccdas_framework.priors import Gaussian
from ccdas_framework.targets.operator import QuantityTarget, Target

SQUARE = Variable("square", "mm2")


@frozen
class WithSquare(CellWater):
    """Has the square of its scale, times a constant of its inputs."""

    scalars = (SQUARE,)
    result = "square"

    def quantify(self, parameters, at, xp):
        return {self.result: 2.0 * xp.mean(parameters["scale"]) ** 2}


@frozen
class WithAnother(WithSquare):
    """Returns a number that it does not declare."""

    result = "cube"


def build(engine, blocks, operator=None):
    operator = operator or WithSquare()
    forcing = toy_forcing()
    problem = assemble(
        model_name="reservoir", model=Reservoir(),
        operators={"water": operator, "loss": TotalLoss()},
        observations=toy_observations(forcing), forcing=forcing, engine=engine,
        prior=Gaussian.for_control, blocks=blocks,
    )  # fmt: skip
    target = Target("square", QuantityTarget(SQUARE, operator), ("Global",), "water")
    return problem.with_streams(problem.streams, {"square": target.of_problem(problem)})


@pytest.mark.parametrize("blocks", [1, 3])
def test_a_number_and_its_derivative_do_not_depend_on_blocks(engine, blocks):
    problem = build(engine, blocks)
    x = np.random.default_rng(1).normal(0.0, 0.5, len(problem.control))
    own = problem.control.names.index("water.scale")
    scale, slope = problem.control.physical(x)[own], problem.control.slope(x)[own]
    values, jacobians = problem.target_derivatives(x)
    np.testing.assert_allclose(values["square"], [2.0 * scale**2], rtol=1e-12)
    expected = np.zeros((1, len(x)))
    expected[0, own] = 4.0 * scale * slope
    np.testing.assert_allclose(jacobians["square"], expected, rtol=1e-10)
    together = problem.derivatives(x)  # with the streams, as in a minimisation
    np.testing.assert_array_equal(problem.target_derivatives(x)[0]["square"], values["square"])
    assert set(together[0]) == {"water", "loss"}


def test_an_undeclared_number_is_refused(autograd):
    problem = build(autograd, 1, WithAnother())
    with pytest.raises(InvalidInput) as error:
        problem.values_of(np.zeros(len(problem.control)), problem.targets)
    assert error.value.code == "missing-field"
