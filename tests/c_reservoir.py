"""The reservoir of `toy` in C: a model that no engine traces, with its own tangent and adjoint."""

import ctypes
import shutil
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
from attrs import field, frozen
from toy import CellWater, Reservoir, TotalLoss, toy_forcing, toy_observations

SOURCE = Path(__file__).parent / "native" / "reservoir.c"
COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
NAMES = ("k", "gain", "base", "wet", "share")
FIELDS = ("water", "outflow", "loss")


def compiled(folder):
    """Path of the library, compiled in a folder."""
    library = Path(folder) / "reservoir.so"
    command = [COMPILER, "-O2", "-shared", "-fPIC", "-o", library, SOURCE, "-lm"]
    subprocess.run(command, check=True)
    return str(library)


@cache
def loaded(path):
    return ctypes.CDLL(path)


def call(path, function, drivers, inputs, outputs):
    """Call a function of the library; inputs are copied to C order, outputs are written."""
    days, columns = drivers["inflow"].shape
    arrays = [np.ascontiguousarray(a, float) for a in (drivers["inflow"], *inputs)]
    pointers = [a.ctypes.data_as(ctypes.c_void_p) for a in (*arrays, *outputs)]
    getattr(loaded(path), function)(ctypes.c_int(days), ctypes.c_int(columns), *pointers)


def wide(parameters, drivers):
    columns = drivers["inflow"].shape[1]
    return [np.broadcast_to(parameters[name], columns) for name in NAMES]


@frozen
class BlackReservoir(Reservoir):
    """The model without derivatives."""

    library: str = ""
    calls: Counter = field(factory=Counter, eq=False, repr=False)
    differentiable = False

    def run(self, parameters, drivers, xp):
        self.calls["run"] += 1
        return self.forward(parameters, drivers)

    def forward(self, parameters, drivers):
        fields = {name: np.empty(drivers["inflow"].shape) for name in FIELDS}
        inputs, outputs = wide(parameters, drivers), fields.values()
        call(self.library, "reservoir_run", drivers, inputs, outputs)
        return fields

    def tangent(self, parameters, perturbations, drivers):
        self.calls["push"] += 1
        fields = self.forward(parameters, drivers)
        inputs = [*wide(parameters, drivers), fields["water"], fields["outflow"]]
        count = len(next(iter(perturbations.values())))
        still = np.zeros((count, drivers["inflow"].shape[1]))
        tangents = {name: np.empty((count, *drivers["inflow"].shape)) for name in FIELDS}
        for n in range(count):
            self.calls["direction"] += 1
            moved = [perturbations.get(name, still)[n] for name in NAMES]
            outputs = [tangents[name][n] for name in FIELDS]
            call(self.library, "reservoir_tangent", drivers, [*inputs, *moved], outputs)
        return fields, tangents

    def adjoint(self, parameters, cotangents, drivers, fields):
        self.calls["pull"] += 1
        inputs = [*wide(parameters, drivers), fields["water"], fields["outflow"]]
        inputs += [cotangents[name] for name in FIELDS]
        sensitivities = {name: np.zeros(drivers["inflow"].shape[1]) for name in NAMES}
        call(self.library, "reservoir_adjoint", drivers, inputs, sensitivities.values())
        return sensitivities


@frozen
class TangentReservoir(BlackReservoir):
    """With its tangent alone."""

    def push(self, parameters, perturbations, drivers):
        return self.tangent(parameters, perturbations, drivers)


@frozen
class AdjointReservoir(BlackReservoir):
    """With its adjoint alone, which runs the model again."""

    def pull(self, parameters, cotangents, drivers):
        fields = self.forward(parameters, drivers)
        return self.adjoint(parameters, cotangents, drivers, fields)


@frozen
class NativeReservoir(TangentReservoir):
    """With both, and with the trajectory that the adjoint needs."""

    def record(self, parameters, drivers):
        self.calls["record"] += 1
        fields = self.forward(parameters, drivers)
        return fields, fields

    def pull(self, parameters, cotangents, drivers, trajectory):
        return self.adjoint(parameters, cotangents, drivers, trajectory)


def reservoir_problem(model, engine, **options):
    """The problem of `toy` with another model."""
    from assembling import assemble

    from ccdas_framework.priors import Gaussian

    forcing = toy_forcing()
    return assemble(
        model_name="reservoir", model=model, operators={"water": CellWater(), "loss": TotalLoss()},
        observations=toy_observations(forcing), forcing=forcing, engine=engine,
        prior=Gaussian.for_control, **options,
    )  # fmt: skip
