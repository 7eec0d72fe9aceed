"""`ccdas diagnose`: consistency of the assumed errors and influence of each stream."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from ..report.format import interval, is_finite, percent, rounded_off, signed, significant
from ..terminal.text_table import table
from .display import show
from .options import RUN_FOLDER

CONSISTENT = "The residuals do not contradict the assumed errors."
MAX_ROWS = 10  # of the tables of places and of pairs of parameters


def diagnose(folder: RUN_FOLDER) -> None:
    """Test the assumed errors with the residuals, and show the influence of each stream."""
    from ..core.errors import InvalidInput
    from ..report.diagnostics_section import information_sentences
    from ..report.run_files import read_run
    from ..report.stored_diagnostics import diagnostics_of

    files = read_run(folder)
    diagnosis = diagnostics_of(files)
    if diagnosis is None:
        raise InvalidInput(
            f"{folder} holds a run without an optimisation. Expected a folder of `ccdas run`, "
            "which has observations simulated with the posterior.",
            code="no-optimisation",
            where=str(folder),
        )
    show(
        diagnosis_text(diagnosis, information_sentences(files.result)),
        lambda: diagnosis_values(diagnosis),
    )


def diagnosis_values(diagnosis: Any) -> dict[str, Any]:
    """Tables and warnings of the dataset of `diagnostics.nc`."""
    from ..report.stored_diagnostics import rows, sentences

    dimensions = [str(name) for name in diagnosis.dims]
    return {
        **{dimension: rows(diagnosis, dimension) for dimension in dimensions},
        "warnings": sentences(diagnosis, "warnings"),
        "missing": sentences(diagnosis, "missing"),
    }


def diagnosis_text(diagnosis: Any, observability: Sequence[str] = ()) -> str:
    """Tables and sentences of the dataset of `diagnostics.nc`, with those on observability."""
    from ..report.stored_diagnostics import rows, sentences

    warnings, missing = sentences(diagnosis, "warnings"), sentences(diagnosis, "missing")
    parts = [
        _terms(rows(diagnosis, "term")),
        *_streams(rows(diagnosis, "stream")),
        _places(rows(diagnosis, "place")),
        *_targets(rows(diagnosis, "target")),
        _directions(rows(diagnosis, "direction")),
        *observability,
        _pairs(rows(diagnosis, "pair")),
        _suspects(rows(diagnosis, "control")),
        *(f"warning: {text}" for text in warnings),
        *missing,
    ]
    if not warnings and not missing:
        parts.append(CONSISTENT)
    return "\n\n".join(part for part in parts if part)


def _digits(row: dict[str, Any], digits: int, *names: str) -> tuple[str, ...]:
    """Cells of a table with so many significant digits."""
    return tuple(significant(row[name], digits) for name in names)


def _optional(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table, or '' without rows."""
    return table(head, rows) if rows else ""


def _terms(rows: list[dict[str, Any]]) -> str:
    return table(
        ("2J at the optimum", "observations", "found", "expected", "99 % range", "size", ""),
        [
            (
                row["term"], row["term_count"] or "-", *_digits(row, 4, "twice_cost", "expected"),
                interval(row["lower"], row["upper"]), significant(row["ratio"], 3),
                "contradicted" if row["contradicted"] else "",
            )
            for row in rows
        ],
    )  # fmt: skip


def _streams(rows: list[dict[str, Any]]) -> list[str]:
    total = sum(row["degrees_of_freedom"] for row in rows)
    innovations, errors, influence = [], [], []
    for row in rows:
        label = f"{row['stream']} ({row['stream_units']})"
        innovations.append((
            label, *_digits(row, 3, "innovation_mean", "innovation_sd"),
            *_digits(row, 3, "normalised_mean", "normalised_sd"), percent(row["share_outside"]),
            *_digits(row, 3, "residual_mean", "residual_sd"), *_digits(row, 2, "autocorrelation"),
        ))  # fmt: skip
        estimated = _digits(row, 3, "prior_variance_estimated", "posterior_variance_estimated")
        assumed = _digits(row, 3, "prior_variance_assumed", "posterior_variance_assumed")
        errors.append((
            label, *_digits(row, 3, "error_sd_assumed", "error_sd_estimated", "error_ratio"),
            *(f"{first} ({second})" for first, second in zip(estimated, assumed, strict=True)),
        ))  # fmt: skip
        influence.append((
            row["stream"], row["count"], *_digits(row, 3, "degrees_of_freedom"),
            percent(row["degrees_of_freedom"] / total if total > 0 else math.nan),
            *_digits(row, 2, "influence", "nonlinearity"),
        ))  # fmt: skip
    return [
        table(
            ("before and after", "y - H(x_b)", "sd", "in sd: mean", "sd", "outside 2 sd",
             "y - H(x_a)", "sd", "neighbours"),
            innovations,
        ),
        table(
            ("errors (Desroziers)", "assumed sd", "estimated", "ratio", "HBH' / R (assumed)",
             "HAH' / R (assumed)"),
            errors,
        ),
        table(
            ("signal", "observations", "degrees of freedom", "share", "per observation",
             "nonlinearity"),
            influence,
        ) if math.isfinite(total) else "",
    ]  # fmt: skip


def _places(rows: list[dict[str, Any]]) -> str:
    judged = [row for row in rows if is_finite(row["place_ratio"]) and row["place_ratio"] > 0.0]
    judged.sort(key=lambda row: -abs(math.log(row["place_ratio"])))
    return _optional(
        ("places, worst first", "stream", "observations", "size", "mean residual", "neighbours"),
        [
            (
                row["place"], row["place_stream"], row["place_count"],
                significant(row["place_ratio"], 3),
                *_digits(row, 2, "place_residual_mean", "place_autocorrelation"),
            )
            for row in judged[:MAX_ROWS]
        ],
    )  # fmt: skip


def _targets(rows: list[dict[str, Any]]) -> Iterable[str]:
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["quantity"], row["period"], row["target_units"]), []).append(row)
    for (quantity, period, units), of_target in groups.items():
        streams = list(of_target[0]["target_shift"])
        season = "" if period == "annual" else f"{period} "
        heading = f"increments of {quantity} {season}({units})"
        yield table(
            (heading, "prior", *streams, "not linear", "posterior"),
            [
                (
                    row["region"],
                    significant(rounded_off(row["target_prior"], row["target_posterior"])),
                    *(signed(row["target_shift"][name]) for name in streams),
                    signed(row["target_rest"]), significant(row["target_posterior"]),
                )
                for row in of_target
            ],
        )  # fmt: skip


def _directions(rows: list[dict[str, Any]]) -> str:
    cells = [(row["combination"], significant(row["eigenvalue"], 3)) for row in rows]
    return _optional(("directions seen best (in prior sd)", "eigenvalue"), cells)


def _pairs(rows: list[dict[str, Any]]) -> str:
    cells = [
        (f"{row['pair_first']}, {row['pair_second']}", f"{row['pair_correlation']:+.3f}")
        for row in rows[:MAX_ROWS]
    ]
    return _optional(("parameters not told apart", "correlation"), cells)


def _suspects(rows: list[dict[str, Any]]) -> str:
    cells = [
        (row["control"], f"{row['shift']:+.2f}", "yes" if row.get("at_bound") else "")
        for row in rows
        if row["far"] or row.get("at_bound")
    ]
    return _optional(("far from the prior or at a bound", "prior sd", "at a bound"), cells)
