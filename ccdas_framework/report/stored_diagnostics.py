"""The diagnostics of a run: those it wrote, or what its other files still allow."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..diagnostics import diagnose, fit_of_values
from ..outputs.diagnostics_dataset import diagnostics_dataset
from .run_files import RunFiles
from .tables import place_name

NO_SENSITIVITIES = (
    "This folder has no diagnostics.nc. Expected misfits, degrees of freedom, effects of streams "
    "and constrained directions need the sensitivities of the run. Repeat it with `ccdas run`."
)


def diagnostics_of(files: RunFiles) -> Any:
    """The dataset of `diagnostics.nc`; made from `simulated.nc` where the run has none.

    None where nothing was optimised. Its attribute `missing` says what is left out.
    """
    if files.diagnostics is not None:
        return files.diagnostics
    streams = {name: data for name, data in files.streams.items() if "posterior" in data}
    if not streams:
        return None
    fits = []
    for name, data in streams.items():
        has_value = np.isfinite(data["observed"].values + data["observed_sd"].values)
        columns = {
            "observed": "observed", "sd": "observed_sd", "prior": "prior", "posterior": "posterior",
            "place": place_name(data), "start": "time_start" if "time_start" in data else "time",
        }  # fmt: skip
        values = {key: data[column].values[has_value] for key, column in columns.items()}
        fits.append(fit_of_values(name, str(data["observed"].attrs.get("units", "1")), **values))
    diagnosis = diagnose(fits, None, np.zeros(0))
    return diagnostics_dataset(diagnosis.tables, diagnosis.warnings, (NO_SENSITIVITIES,))


def sentences(dataset: Any, attribute: str) -> list[str]:
    """The lines of an attribute, `warnings` or `missing`; none without a dataset."""
    text = "" if dataset is None else str(dataset.attrs.get(attribute, ""))
    return [line for line in text.splitlines() if line]


def rows(dataset: Any, dimension: str) -> list[dict[str, Any]]:
    """One table of the diagnostics, a dict for each of its lines; empty where it is not there.

    A column that also runs over streams is a dict {stream: value}.
    """
    if dataset is None or dimension not in dataset.dims:
        return []
    columns: dict[str, list[Any]] = {}
    for name, variable in dataset.variables.items():
        if variable.dims == (dimension,):
            columns[str(name)] = variable.values.tolist()
        elif variable.dims == ("stream", dimension):
            streams = dataset["stream"].values.tolist()
            columns[str(name)] = [
                dict(zip(streams, of, strict=True)) for of in variable.values.T.tolist()
            ]
    count = dataset.sizes[dimension]
    return [{name: values[n] for name, values in columns.items()} for n in range(count)]
