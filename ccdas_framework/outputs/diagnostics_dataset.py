"""The contents of `diagnostics.nc`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..core.errors import Finding
from .variable_tables import file_attributes, named, pure, strings, table_dataset

TEXT = "text"
CHI = "twice the term of the cost at the optimum"

# dimension -> column -> unit and long name; '' where the long name states the unit
COLUMNS: dict[str, dict[str, tuple[str, str]]] = {
    "term": {
        "term": (TEXT, "prior, a stream, or total"),
        "term_count": ("1", "observations in it"),
        "twice_cost": ("1", CHI),
        "expected": ("1", f"{CHI}, expected where the assumed errors are right"),
        "expected_sd": ("1", "standard deviation of the same"),
        "lower": ("1", "lower end of the range in which 99 % of consistent problems end"),
        "upper": ("1", "upper end of the same range"),
        "ratio": ("1", "size of the residuals over the one expected"),
        "contradicted": ("1", "1 where outside the range and wrong by more than 1.5"),
    },
    "stream": {
        "stream": (TEXT, "stream"),
        "stream_units": (TEXT, "unit of the stream"),
        "count": ("1", "observations"),
        "innovation_mean": ("", "mean observed - prior, in stream_units"),
        "innovation_sd": ("", "standard deviation of observed - prior, in stream_units"),
        "normalised_mean": ("1", "mean innovation over its assumed standard deviation"),
        "normalised_sd": ("1", "standard deviation of innovation over the assumed one"),
        "share_outside": ("1", "share of innovations outside two assumed standard deviations"),
        "residual_mean": ("", "mean observed - posterior, in stream_units"),
        "residual_sd": ("", "standard deviation of observed - posterior, in stream_units"),
        "autocorrelation": ("1", "correlation of neighbouring residuals of a place"),
        "neighbours": ("1", "pairs of neighbouring residuals"),
        "error_sd_assumed": ("", "assumed observation error, in stream_units"),
        "error_sd_estimated": ("", "observation error estimated from misfits, in stream_units"),
        "error_ratio": ("1", "estimated over assumed observation error"),
        "prior_variance_assumed": ("1", "H B H^T over R, assumed"),
        "prior_variance_estimated": ("1", "H B H^T over R, estimated from misfits"),
        "posterior_variance_assumed": ("1", "H A H^T over R, assumed"),
        "posterior_variance_estimated": ("1", "H A H^T over R, estimated from misfits"),
        "degrees_of_freedom": ("1", "degrees of freedom for signal"),
        "influence": ("1", "degrees of freedom for signal per observation"),
        "nonlinearity": ("1", "departure from linearity between prior and optimum, in R^(1/2)"),
    },
    "place": {
        "place": (TEXT, "station or cell"),
        "place_stream": (TEXT, "stream of the place"),
        "place_count": ("1", "observations"),
        "place_twice_cost": ("1", CHI),
        "place_expected": ("1", f"{CHI}, expected where the assumed errors are right"),
        "place_lower": ("1", "lower end of the range in which 99.9 % of consistent streams end"),
        "place_upper": ("1", "upper end of the same range"),
        "place_ratio": ("1", "size of the residuals over the one expected"),
        "place_error_ratio": ("1", "estimated over assumed observation error"),
        "place_residual_mean": ("1", "mean residual over its assumed error"),
        "place_autocorrelation": ("1", "correlation of neighbouring residuals"),
        "place_degrees_of_freedom": ("1", "degrees of freedom for signal"),
    },
    "control": {
        "control": (TEXT, "parameter"),
        "shift": ("1", "posterior - prior mean, in prior standard deviations"),
        "control_shift": ("1", "part of the shift of the control vector that a stream causes"),
        "control_rest": ("1", "part of the shift of the control vector that the gradient left"),
        "far": ("1", "1 where the shift is more than 3 prior standard deviations"),
        "at_bound": ("1", "1 where the parameter ended at one of its bounds"),
    },
    "direction": {
        "eigenvalue": ("1", "of the prior-whitened Hessian"),
        "component": ("1", "change of each parameter along the direction, in its prior sd"),
        "combination": (TEXT, "the direction in words"),
    },
    "pair": {
        "pair_first": (TEXT, "parameter"),
        "pair_second": (TEXT, "parameter that it correlates with"),
        "pair_correlation": ("1", "posterior correlation, stronger than 0.9"),
    },
    "target": {
        "quantity": (TEXT, "quantity of the target"),
        "region": (TEXT, "region of the target"),
        "period": (TEXT, "period of the target; empty for the window"),
        "target_units": (TEXT, "unit of the target"),
        "target_prior": ("", "target with the prior, in target_units"),
        "target_posterior": ("", "target with the posterior, in target_units"),
        "target_shift": ("", "what a stream does to the target, in target_units"),
        "target_rest": ("", "change that no stream explains linearly, in target_units"),
    },
}  # fmt: skip
COUNTS = (
    "term_count", "count", "neighbours", "place_count", "contradicted", "far", "at_bound",
)  # fmt: skip
BOTH = {
    "control_shift": ("stream", "control"),
    "target_shift": ("stream", "target"),
    "component": ("direction", "control"),
}


def diagnostics_dataset(
    tables: Mapping[str, Mapping[str, Any]],
    warnings: Sequence[Finding] = (),
    missing: Sequence[str] = (),
    attributes: Mapping[str, Any] | None = None,
) -> Any:
    """The dataset of `diagnostics.nc`; a table or column that is not there is left out.

    Args:
        tables: dimension -> {column: values along it}, names as in `COLUMNS`.
        warnings: findings; an attribute of the file, a line each.
        missing: lines about tables that are left out; likewise an attribute.
        attributes: of the file.
    """
    table: dict[str, tuple[str, dict[str, str]]] = {}
    data: dict[str, Any] = {}
    for dim, columns in tables.items():
        for name, values in columns.items():
            units, long_name = COLUMNS[dim][name]
            about = pure(long_name) if units == "1" else named(long_name)
            table[name] = (" ".join(BOTH.get(name, (dim,))), about)
            array = strings(values) if units == TEXT else np.asarray(values, float)
            data[name] = array.astype(int) if name in COUNTS else array
    about = {
        **file_attributes(attributes),
        "warnings": "\n".join(str(finding) for finding in warnings),
        "missing": "\n".join(missing),
    }
    return table_dataset(table, data, about)
