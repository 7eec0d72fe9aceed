"""Folders of tiny runs with numbers that can be checked by hand."""

import numpy as np

from ccdas_framework import Grid, Observations, Variable
from ccdas_framework.outputs import RunFolder, Simulated
from ccdas_framework.outputs.result_datasets import result_dataset, targets_dataset
from ccdas_framework.outputs.simulated_datasets import fields_dataset, stream_dataset
from ccdas_framework.outputs.variable_tables import root_group

FIRST = {"m.a": 0.0, "m.b": 1.0}  # ends of the first run in x
COVARIANCE = np.array([[0.25, 0.10], [0.10, 0.16]])
MONTHS = np.arange("2010-01", "2011-01", dtype="M8[M]")
PLACES = ((10.0, 0.0), (-10.0, 90.0))


def result(
    ends=FIRST, covariance=COVARIANCE, scale=None, truth=None, status="converged", process=None
):
    """`result.nc` of a run with a prior of 10 and sd 2 and the identity as transform."""
    x, names = np.array(list(ends.values())), list(ends)
    count = len(names)
    mean, sd = np.full(count, 10.0), np.full(count, 2.0) if scale is None else np.asarray(scale)
    after = {} if covariance is None else {
        "posterior_covariance": covariance,
        "parameter_posterior_sd": sd * np.sqrt(np.diag(covariance)),
    }  # fmt: skip
    true = {} if truth is None else {
        "control_truth": np.asarray(truth), "parameter_truth": mean + sd * np.asarray(truth),
    }  # fmt: skip
    return result_dataset(
        control=names, control_prior=np.zeros(count), control_posterior=x,
        parameter_prior=mean, parameter_prior_sd=sd, parameter_posterior=mean + sd * x,
        control_scale_mean=mean, control_scale_sd=sd, parameter_unit=["m"] * count,
        parameter_process=process,
        cost=[8.0, 4.0], gradient_norm=[3.0, 0.5], cost_term=[[0.0, 8.0], [1.0, 3.0]],
        term=["prior", "co2"], stream=["co2"], degrees_of_freedom=[1.5], status=status,
        attributes={"title": "Two parameters", "posterior": "no minimum"}, **after, **true,
    )  # fmt: skip


def stream(prior, posterior, observed=(1.0, 2.0, 3.0, 4.0), units="ppm", days=0, place="station"):
    """Two observations at each of two stations."""
    start = np.array(["2010-01-01", "2010-02-01"] * 2, "M8[D]") + days
    seen = Observations(
        values=np.array(observed), sd=np.full(4, 0.5), start=start, end=start + 27,
        latitude=np.repeat([10.0, -10.0], 2), longitude=np.repeat([0.0, 90.0], 2),
        altitude=np.zeros(4), label=np.repeat(["NTH", "STH"], 2),
    )  # fmt: skip
    after = None if posterior is None else np.array(posterior)
    return Simulated(Variable("co2", units), seen, np.array(prior), after, place)


def grid(places=PLACES):
    latitude, longitude = np.array(places).T
    cells = len(places)
    return Grid(
        latitude=latitude, longitude=longitude, area=np.array([1.0, 3.0] + [1.0] * (cells - 2)),
        region=np.array(["north", "south", *["other"] * (cells - 2)]),
        half_width=np.full((cells, 2), 5.0), column_cell=np.arange(cells),
        column_fraction=np.ones(cells), column_class=np.ones(cells, int),
    )  # fmt: skip


def fields(prior, posterior, places=PLACES, month=MONTHS, units="gC m-2 d-1", **others):
    """`fields.nc` with `nep`, constant in time; values by cell. Others are named fields."""
    values = {"nep": (prior, posterior), **others}
    return fields_dataset(
        fields={
            name: np.repeat(np.array(ends)[:, None, :], len(month), axis=1)
            for name, ends in values.items()
        },
        variables={name: Variable(name, units) for name in values}, month=month,
        grid=grid(places),
    )  # fmt: skip


def targets(posterior, sd, days=("2010-01-01", "2010-12-31"), units="PgC yr-1", region="Global"):
    """`targets.nc` with the nep of one region; without a posterior sd where it is None."""
    return targets_dataset(
        region=[region], quantity=["nep"], units=units, prior=np.array([[0.0]]),
        prior_sd=np.array([[2.0]]), posterior=np.array([[posterior]]),
        posterior_sd=None if sd is None else np.array([[sd]]),
        attributes=dict(zip(("time_coverage_start", "time_coverage_end"), days, strict=True)),
    )  # fmt: skip


def write(path, *, result=None, streams=None, fields=None, targets=None, experiment=None):
    """A folder of a run with some of its files."""
    with RunFolder(path) as folder:
        folder.write_experiment({"model": {"name": "toy"}, **(experiment or {})})
        for name, data in (("result", result), ("fields", fields), ("targets", targets)):
            if data is not None:
                folder.write(f"{name}.nc", data)
        if streams is not None:
            groups = {name: stream_dataset(values) for name, values in streams.items()}
            folder.write("simulated.nc", root_group(), groups)
    return path


def complete(path, ends=FIRST, simulated=(1.5, 2.0, 3.0, 4.0), nep=(1.0, 2.0), budget=1.0, **of):
    """A run with all files; `of` changes single ones."""
    files = {
        "result": result(ends),
        "streams": {"co2": stream((2.0, 3.0, 4.0, 5.0), simulated)},
        "fields": fields((0.0, 0.0), nep),
        "targets": targets(budget, 0.5),
    }
    return write(path, **{**files, **of})
