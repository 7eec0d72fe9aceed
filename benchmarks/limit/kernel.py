"""The compiled program of a run, with its arrays in the order in which a tile reads them."""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from .bethy import bethy_program

HERE = Path(__file__).parent
# without -ffast-math: sums keep their order and NaN its meaning
FLAGS = ("-std=c++17", "-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math",
         "-ffp-contract=fast", "-fPIC", "-shared", "-w")  # fmt: skip
LONGEST = 900  # s, of a compilation on a busy machine; 5 s on a quiet one
Doubles = ctypes.POINTER(ctypes.c_double)


def compiler():
    """Path of a C++ compiler, or None."""
    names = (os.environ.get("CXX", ""), "g++", "c++", "clang++")
    return next((found for name in names if (found := shutil.which(name))), None)


def compiled(source):
    """Library of a source, and seconds of the compiler."""
    with tempfile.TemporaryDirectory() as folder:
        text, library = Path(folder) / "limit.cc", Path(folder) / "limit.so"
        parts = ((HERE / "vector.hh").read_text(), source, (HERE / "entry.hh").read_text())
        text.write_text("\n".join(parts))
        start = time.perf_counter()
        of_glibc = sys.platform == "linux" and platform.machine() == "x86_64"
        words = [compiler(), *FLAGS, str(text), "-o", str(library)]
        words += ["-lmvec", "-lm"] if of_glibc else ["-lm"]
        subprocess.run(words, check=True, timeout=LONGEST)
        return ctypes.CDLL(str(library)), time.perf_counter() - start


class Limit:
    """Cost and gradient of a run of BETHY in C++, the cost being the sum of `FIELDS`.

    Args:
        model: with a diurnal cycle each day.
        drivers: of `model.prepare`.
        parameters: physical values by name, each (column,).
        lead: days before the window.
        library: of `compiled`, where another size of the same model made it.
    """

    def __init__(self, model, drivers, parameters, lead, library=None):
        self.columns = len(drivers["site"]["c4"])
        self.days, self.lead = len(drivers["air"]["mean"]), lead
        made = bethy_program(model, drivers, self.days, lead)
        self.program, inputs, theta, fields = made
        self.seconds = 0.0
        if library is None:
            library, self.seconds = compiled(self.program.source())
        self.library = library
        self.width = library.tile_width()
        self.tiles = -(-self.columns // self.width)
        slots = len(self.program.slots)
        self.data, self.gradients = [None] * slots, [None] * slots
        for array, values in inputs:
            self.data[array.number] = self.packed(values, array.kind != "column")
        self.names = sorted(theta)
        for name in self.names:
            number = theta[name].number
            self.data[number] = self.packed(np.asarray(parameters[name], float), False)
            self.gradients[number] = np.zeros((self.tiles, self.width))
        self.theta = theta
        for array in fields.values():
            days = self.days - (lead if array.window else 0)
            self.data[array.number] = np.zeros((self.tiles, days, self.width))
        self.fields = fields
        numbers = {array.number for array in fields.values()}
        self.seeds = np.array([number in numbers for number in range(slots)], np.int32)
        self.costs = np.zeros((self.tiles, self.width))

    def packed(self, values, has_days):
        """Numbers by tile, with the last column repeated to a whole tile."""
        missing = self.tiles * self.width - self.columns
        values = np.concatenate([values, np.repeat(values[..., -1:], missing, axis=-1)], axis=-1)
        rows = values.reshape(values.shape[0] if has_days else 1, -1, self.tiles, self.width)
        return np.ascontiguousarray(np.moveaxis(rows, 2, 0))

    def run(self, gradient=False, threads=1):
        """Cost, and with `gradient` its derivatives, shape (parameter, column)."""
        data, gradients = _pointers(self.data), _pointers(self.gradients)
        long = ctypes.c_long

        def part(number):
            bounds = [self.tiles * (number + i) // threads for i in (0, 1)]
            self.library.run_tiles(
                *map(long, (*bounds, self.days, self.lead, self.program.hours)),
                data,
                self.seeds.ctypes.data_as(ctypes.POINTER(ctypes.c_int)),
                self.costs.ctypes.data_as(Doubles),
                gradients,
                int(gradient),
            )

        if threads == 1:
            part(0)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(part, range(threads)))
        cost = self.costs.ravel()[: self.columns].sum()
        if not gradient:
            return cost
        rows = [self.gradients[self.theta[n].number].ravel()[: self.columns] for n in self.names]
        return cost, np.stack(rows)


def _pointers(arrays):
    return (Doubles * len(arrays))(
        *(None if a is None else a.ctypes.data_as(Doubles) for a in arrays)
    )
