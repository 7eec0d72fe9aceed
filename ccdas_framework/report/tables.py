"""Tables of a report, as lists of rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..diagnostics.variability import VARIABILITY, variability

PARAMETER_COLUMNS = {  # of the table -> variable of `result.nc`
    "x_prior": "control_prior",
    "x_posterior": "control_posterior",
    "prior": "parameter_prior",
    "prior_sd": "parameter_prior_sd",
    "posterior": "parameter_posterior",
    "posterior_sd": "parameter_posterior_sd",
    "reduction": "uncertainty_reduction",
    "truth": "parameter_truth",
}
TARGET_COLUMNS = (
    "prior", "prior_sd_at_prior", "prior_sd", "posterior", "posterior_sd", "uncertainty_reduction",
    "earlier_posterior", "earlier_posterior_sd", "truth",
)  # fmt: skip


def terms(result: Any) -> list[dict[str, Any]]:
    """Cost of each term before and after, the total last."""
    cost = np.asarray(result["cost"])
    if "cost_term" not in result or not len(cost):
        return []
    rows = [
        {"name": str(name), "before": float(values[0]), "after": float(values[-1])}
        for name, values in zip(result["term"].values, result["cost_term"].values.T, strict=True)
    ]
    return [*rows, {"name": "total", "before": float(cost[0]), "after": float(cost[-1])}]


def parameters(result: Any) -> list[dict[str, Any]]:
    """Prior and posterior of each parameter, in order of descending shift."""
    nothing = np.full(result.sizes["control"], np.nan)
    columns = {
        column: np.asarray(result[name].values, dtype=float) if name in result else nothing
        for column, name in PARAMETER_COLUMNS.items()
    }
    columns["shift"] = columns.pop("x_posterior") - columns.pop("x_prior")
    words, process = names_in_words(result), processes(result)
    order = np.argsort(-np.abs(np.nan_to_num(columns["shift"])), kind="stable")
    return [
        {
            "name": str(result["control"].values[n]),
            "words": words[str(result["control"].values[n])],
            "process": process[n],
            "unit": str(result["parameter_unit"].values[n]),
            **{column: float(values[n]) for column, values in columns.items()},
        }
        for n in order
    ]


def names_in_words(result: Any) -> dict[str, str]:
    """Name of each parameter in words by its full name; "" in files of earlier versions."""
    names = result["control"].values.astype(str).tolist()
    words = result["parameter_name"].values if "parameter_name" in result else [""] * len(names)
    return dict(zip(names, map(str, words), strict=True))


def processes(result: Any) -> list[str]:
    """Process of each parameter with its owner, 'bethy: photosynthesis', shape (control,).

    It is the owner alone where the file states no process.
    """
    owners = [name.partition(".")[0] for name in names_in_words(result)]
    if "parameter_process" not in result:
        return owners
    stated = result["parameter_process"].values.astype(str)
    return [f"{o}: {process}" if process else o for o, process in zip(owners, stated, strict=True)]


def by_process(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Rows of `parameters` in groups by process, both in alphabetical order."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: (row["process"], row["name"])):
        groups.setdefault(row["process"], []).append(row)
    return groups


def place_name(stream: Any) -> str:
    """'station' or 'cell': which of the two names the places of a stream."""
    return "station" if "station" in stream else "cell"


def units(stream: Any) -> str:
    """Unit of a stream; nothing for a pure number."""
    text = str(stream["observed"].attrs.get("units", ""))
    return "" if text == "1" else text


def quantity_and_units(stream: Any) -> str:
    """Observed quantity of a stream with its unit, such as 'soil water (m3 m-3)'."""
    quantity = str(stream["observed"].attrs.get("long_name", "")).removeprefix("observed ")
    unit = units(stream)
    return f"{quantity} ({unit})" if quantity and unit else quantity or unit


def quantities(data: Any) -> Iterator[tuple[str, Any]]:
    """Name and values of each quantity that has any; a stream of one quantity has no name."""
    present = np.isfinite(data["observed"].values)
    kinds = data["quantity"].values.astype(str) if "quantity" in data else np.full(len(present), "")
    several = len(set(kinds)) > 1
    for kind in sorted(set(kinds[present])):
        yield kind if several else "", data.isel(obs=present & (kinds == kind))


def runs(stream: Any) -> list[str]:
    """The runs a stream was simulated with."""
    return [name for name in ("prior", "posterior") if name in stream]


def fit(stream: Any) -> dict[str, dict[str, float]]:
    """Misfit of each run: count, root mean square, bias, correlation, mean squared over sd."""
    return {run: _fit(stream, run, slice(None)) for run in runs(stream)}


def fit_by_place(stream: Any) -> list[dict[str, Any]]:
    """Misfit of each run at each place, from north to south."""
    labels = stream[place_name(stream)].values
    latitude = stream["latitude"].values
    places = sorted(set(labels.tolist()), key=lambda p: (-float(latitude[labels == p][0]), p))
    return [
        {"name": str(p), **{run: _fit(stream, run, labels == p) for run in runs(stream)}}
        for p in places
    ]


def _fit(stream: Any, run: str, where: Any) -> dict[str, float]:
    observed = stream["observed"].values[where]
    misfit = stream[run].values[where] - observed
    sd = stream["observed_sd"].values[where]
    has_value = np.isfinite(misfit)
    if not has_value.any():
        scores = ("rmse", "bias", "correlation", "chi2", *VARIABILITY)
        return dict.fromkeys(scores, np.nan) | {"count": 0}
    observed, misfit, sd = observed[has_value], misfit[has_value], sd[has_value]
    simulated = observed + misfit
    varies = len(observed) > 2 and observed.std() > 0.0 and simulated.std() > 0.0
    return {
        "count": int(has_value.sum()),
        "rmse": float(np.sqrt(np.mean(misfit**2))),
        "bias": float(misfit.mean()),
        "correlation": float(np.corrcoef(observed, simulated)[0, 1]) if varies else np.nan,
        "chi2": float(np.mean((misfit / sd) ** 2)),
        **variability(
            stream["observed"].values[where],
            stream[run].values[where],
            stream["time_start"].values[where],
            stream[place_name(stream)].values[where].astype(str),
        ),
    }


def targets(dataset: Any) -> list[dict[str, Any]]:
    """A row for each region and quantity, or for each declared target."""
    for dimension in ("declared", "target"):  # the second in files of earlier versions
        if dimension in dataset["prior"].dims:
            count = dataset.sizes[dimension]
            return [_target(dataset.isel({dimension: n}), dimension) for n in range(count)]
    return [
        _target(dataset.sel(region=region, quantity=quantity))
        for region in dataset["region"].values
        for quantity in dataset["quantity"].values
    ]


def _target(target: Any, name: str = "target") -> dict[str, Any]:
    declared = "period" in target
    period = f", {target['period'].item()}" if declared else ""
    return {
        "region": str(target[name if declared else "region"].item()),
        "quantity": str(target["quantity"].item()),
        "where": f"{target['region'].item()}{period}" if declared else "",
        "unit": str(target["unit"].item())
        if "unit" in target
        else target["prior"].attrs.get("units", ""),
        **{name: float(target[name]) if name in target else np.nan for name in TARGET_COLUMNS},
    }
