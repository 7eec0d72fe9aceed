"""A field that an operator derives with parameters of its own, as a target."""

import numpy as np
import pytest
from assembling import assemble
from attrs import frozen
from toy import CellWater, Reservoir, TotalLoss, toy_forcing, toy_observations

from ccdas_framework import Variable
from ccdas_framework.outputs.monthly_fields import monthly_fields
from ccdas_framework.priors import Gaussian
from ccdas_framework.targets import AreaTarget, Target

STOCK = Variable("stock", "mm", ("time", "column"))


@frozen
class WithStock(CellWater):
    """Gives a stock, a nonlinear function of the model's water and the operator's own scale."""

    gives = (STOCK,)

    def derive(self, fields, parameters, at, xp):
        return {"stock": xp.exp(0.3 * parameters["scale"] * fields["water"]) * at["weight"]}

    def prepare(self, observations, domain, prior_fields):
        from attrs import evolve

        stream = super().prepare(observations, domain, prior_fields)
        return evolve(stream, at={**stream.at, "weight": np.array(1.5)})


def build(engine, blocks, couples):
    forcing = toy_forcing()
    problem = assemble(
        model_name="reservoir", model=Reservoir(couples=couples),
        operators={"water": WithStock(), "loss": TotalLoss()},
        observations=toy_observations(forcing), forcing=forcing, engine=engine,
        prior=Gaussian.for_control, blocks=blocks,
    )  # fmt: skip
    domain = forcing.domain
    days = (np.arange(domain.days) >= domain.lead) * 1.0
    shares = np.array([[1.0, 0.5, 0.0, 0.0, 0.0], [1.0] * 5])
    operator = AreaTarget(
        STOCK, "mean", shares, days / days.sum(), domain.grid,
        derived_by=problem.streams["water"].operator,
    )  # fmt: skip
    target = Target("stock", operator, ("part", "all"), "water")
    return problem.with_streams(problem.streams, {"stock": target.of_problem(problem)})


def directly(problem, x, xp):
    """The same as one function of x, written out on the whole grid."""
    drivers, index = problem.forward.drivers[0], problem.index[0]
    grid = problem.blocks[0].domain.grid
    domain = problem.blocks[0].domain
    parameters = problem.control.unpack(x, index, xp)
    water = problem.model.run(parameters["reservoir"], drivers, xp)["water"]
    stock = 1.5 * xp.exp(0.3 * parameters["water"]["scale"] * water)
    daily = xp.sum(stock[domain.lead :], axis=0) / (domain.days - domain.lead)
    weight = grid.area[grid.column_cell] * grid.column_fraction
    part = weight * np.array([1.0, 0.5, 0.0, 0.0, 0.0])[grid.column_cell]
    area = np.array([1.0 + 0.5 * 2.0, 6.0])
    return xp.stack([xp.sum(part * daily), xp.sum(weight * daily)]) / area


@pytest.mark.parametrize("couples", ["column", "cell"])
@pytest.mark.parametrize("blocks", [1, 3])
def test_the_jacobian_by_kind_of_a_derived_target_is_that_of_the_whole(engine, blocks, couples):
    problem, whole = build(engine, blocks, couples), build(engine, 1, couples)
    x = np.random.default_rng(4).normal(0.0, 0.5, len(problem.control))
    values, jacobians = problem.target_derivatives(x)
    direct = engine.jacobian(lambda v: directly(whole, v, engine.xp))(x)
    np.testing.assert_allclose(values["stock"], directly(whole, x, np_namespace()), rtol=1e-12)
    np.testing.assert_allclose(jacobians["stock"], direct, rtol=1e-9, atol=1e-13)
    own = problem.control.names.index("water.scale")
    assert np.all(np.abs(jacobians["stock"][:, own]) > 1e-3)  # the operator's parameter reaches it


def np_namespace():
    from ccdas_framework.engines.namespace import numpy_namespace

    return numpy_namespace()


def test_and_that_of_differences(autograd):
    problem = build(autograd, 2, "column")
    x = np.random.default_rng(5).normal(0.0, 0.5, len(problem.control))
    _, jacobians = problem.target_derivatives(x)
    step = 1e-5
    for n in range(len(x)):
        ahead = problem.values_of(x + step * np.eye(len(x))[n], problem.targets)["stock"]
        behind = problem.values_of(x - step * np.eye(len(x))[n], problem.targets)["stock"]
        expected = (ahead - behind) / (2.0 * step)  # of order step^2
        np.testing.assert_allclose(jacobians["stock"][:, n], expected, rtol=1e-7, atol=1e-9)


def test_only_what_the_derivation_requires_is_needed(autograd):
    problem = build(autograd, 1, "column")
    alone = problem.with_streams({}, problem.targets)
    needed, of_targets = (p.forward.field_functions.needed for p in (problem, alone))
    assert set(of_targets) <= set(needed) == {"loss", "water"}
    x = np.zeros(len(problem.control))
    together, by_itself = problem.target_derivatives(x)[1], alone.target_derivatives(x)[1]
    np.testing.assert_allclose(by_itself["stock"], together["stock"], rtol=1e-12)


def test_a_derived_field_is_written_like_any_other(autograd):
    problem = build(autograd, 2, "column")
    x = np.zeros(len(problem.control))
    fields, variables, _ = monthly_fields(problem, x, ("stock",))
    assert variables["stock"].units == "mm"
    assert fields["stock"].shape == (2, 5)
    assert np.all(fields["stock"] > 1.0)
