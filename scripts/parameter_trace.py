"""Files whose functions hold one parameter while a small experiment is loaded and evaluated.

    PYTHON scripts/parameter_trace.py ROOT

Prints a JSON list of files relative to ROOT, a checkout whose packages PYTHON has. The rule is
written in `parameter_path` of `house_metrics.py`, which calls this script.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from ccdas_framework import load_experiment

NAMES = {"V_m", "V_m[4]", "bethy.V_m", "bethy.V_m[4]"}
MEAN = 137.26171875  # umol m-2 s-1, a value that nothing else has
DEPTH = 2  # levels of containers that are searched
LONGEST = 5000  # items of a sequence that is searched
SMALL = {"grid.cells": 4, "time.days": 40, "compute.workers": 1, "compute.blocks": 1}


def main(root):
    demo = next(p for p in root.rglob("demo.toml") if ".venv" not in p.parts)
    files = set()

    def profile(frame, event, result):
        path = frame.f_code.co_filename
        ours = path.startswith(f"{root}/") and "site-packages" not in path
        if event == "return" and ours and path not in files:
            values = [result, *frame.f_locals.values()]
            if any(holds(value, DEPTH) for value in values):
                files.add(path)

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "experiment.toml"
        section = f'\n[parameters."bethy.V_m[4]"]\nmean = {MEAN!r}\n'
        file.write_text(demo.read_text() + section)
        sys.setprofile(profile)
        experiment = load_experiment(file, observations=["sm"], engine="autograd", settings=SMALL)
        problem = experiment.build()
        problem.cost(np.asarray(problem.prior.mean))
        sys.setprofile(None)
    if not files:
        sys.exit(f"no file of {root} was run: install its packages where {sys.executable} is")
    print(json.dumps(sorted(str(Path(f).relative_to(root)) for f in files)))


def holds(value, depth):
    """Whether a value is the parameter's name or number, or contains one at most `depth` deep."""
    if isinstance(value, str):
        return value in NAMES
    if isinstance(value, float | np.floating):
        return value == MEAN
    if isinstance(value, np.ndarray):
        return value.dtype.kind == "f" and bool((value == MEAN).any())
    if not depth:
        return False
    if isinstance(value, dict):
        names = any(key in NAMES for key in value if isinstance(key, str))
        return names or any(holds(item, depth - 1) for item in tuple(value.values()))
    if isinstance(value, list | tuple | set | frozenset):
        return len(value) < LONGEST and any(holds(item, depth - 1) for item in tuple(value))
    fields = getattr(type(value), "__attrs_attrs__", ())
    return any(holds(getattr(value, field.name, None), depth - 1) for field in fields)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
