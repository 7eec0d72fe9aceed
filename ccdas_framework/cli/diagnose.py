"""`ccdas diagnose`: whether the errors fit the residuals, and what each stream did."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ..report.format import interval, is_finite, percent, rounded_off, signed, significant

FOLDER = Annotated[Path, typer.Argument(help="Folder of a run.")]
WORST = 10  # places, parameters and pairs that are shown


def diagnose(folder: FOLDER) -> None:
    """Say whether the assumed errors fit the residuals, and what each stream did."""
    from ..core.errors import InvalidInput
    from ..report.diagnostics_section import seen
    from ..report.run_files import read_run
    from ..report.stored_diagnostics import diagnostics_of

    files = read_run(folder)
    found = diagnostics_of(files)
    if found is None:
        raise InvalidInput(
            f"{folder} holds a run without an optimisation; expected one of `ccdas run`, which has "
            "observations simulated with the posterior. Give the folder of such a run."
        )
    print(diagnosis_text(found, seen(files.result)))


def diagnosis_text(found: Any, seen: Sequence[str] = ()) -> str:
    """Tables and sentences of the dataset of `diagnostics.nc`, and what else is seen or not."""
    from ..report.stored_diagnostics import rows, sentences

    parts = [
        _terms(rows(found, "term")),
        *_streams(rows(found, "stream")),
        _places(rows(found, "place")),
        *_targets(rows(found, "target")),
        _directions(rows(found, "direction")),
        *seen,
        _pairs(rows(found, "pair")),
        _suspects(rows(found, "control")),
        *(f"warning: {text}" for text in sentences(found, "warnings")),
        *sentences(found, "missing"),
    ]
    if not sentences(found, "warnings") and not sentences(found, "missing"):
        parts.append("The residuals do not contradict the assumed errors.")
    return "\n\n".join(part for part in parts if part)


def _terms(rows: list[dict[str, Any]]) -> str:
    from ..terminal.text_table import table

    return table(
        ("2J at the optimum", "observations", "found", "expected", "99 % range", "size", ""),
        [
            (
                row["term"], row["term_count"] or "-", significant(row["twice_cost"]),
                significant(row["expected"]), interval(row["lower"], row["upper"]),
                significant(row["ratio"], 3), "contradicted" if row["contradicted"] else "",
            )
            for row in rows
        ],
    )  # fmt: skip


def _streams(rows: list[dict[str, Any]]) -> list[str]:
    from ..terminal.text_table import table

    innovations = [
        (
            _named(row),
            significant(row["innovation_mean"], 3), significant(row["innovation_sd"], 3),
            significant(row["normalised_mean"], 3), significant(row["normalised_sd"], 3),
            percent(row["share_outside"]), significant(row["residual_mean"], 3),
            significant(row["residual_sd"], 3), significant(row["autocorrelation"], 2),
        )
        for row in rows
    ]  # fmt: skip
    errors = [
        (
            _named(row), significant(row["error_sd_assumed"], 3),
            significant(row["error_sd_estimated"], 3),
            significant(row["error_ratio"], 3),
            *(
                f"{significant(row[f'{name}_variance_estimated'], 3)} ("
                f"{significant(row[f'{name}_variance_assumed'], 3)})"
                for name in ("prior", "posterior")
            ),
        )
        for row in rows
    ]  # fmt: skip
    total = sum(row["degrees_of_freedom"] for row in rows)
    influence = [
        (
            row["stream"], row["count"], significant(row["degrees_of_freedom"], 3),
            percent(row["degrees_of_freedom"] / total if total > 0 else math.nan),
            significant(row["influence"], 2), significant(row["nonlinearity"], 2),
        )
        for row in rows
    ]  # fmt: skip
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
    from ..terminal.text_table import table

    judged = [row for row in rows if is_finite(row["place_ratio"]) and row["place_ratio"] > 0.0]
    judged.sort(key=lambda row: -abs(math.log(row["place_ratio"])))
    return table(
        ("places, worst first", "stream", "observations", "size", "mean residual", "neighbours"),
        [
            (
                row["place"], row["place_stream"], row["place_count"],
                significant(row["place_ratio"], 3), significant(row["place_residual_mean"], 2),
                significant(row["place_autocorrelation"], 2),
            )
            for row in judged[:WORST]
        ],
    ) if judged else ""  # fmt: skip


def _targets(rows: list[dict[str, Any]]) -> list[str]:
    from ..terminal.text_table import table

    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["quantity"], row["period"], row["target_units"]), []).append(row)
    out = []
    for (quantity, period, units), members in groups.items():
        streams = list(members[0]["target_shift"])
        title = " ".join(
            text for text in (quantity, "" if period == "annual" else period, f"({units})") if text
        )
        out.append(
            table(
                (f"what moved {title}", "before", *streams, "not linear", "after"),
                [
                    (
                        row["region"],
                        significant(rounded_off(row["target_prior"], row["target_posterior"])),
                        *(signed(row["target_shift"][name]) for name in streams),
                        signed(row["target_rest"]), significant(row["target_posterior"]),
                    )
                    for row in members
                ],
            )
        )  # fmt: skip
    return out


def _directions(rows: list[dict[str, Any]]) -> str:
    from ..terminal.text_table import table

    told = [(row["combination"], significant(row["eigenvalue"], 3)) for row in rows]
    return table(("directions seen best (in prior sd)", "eigenvalue"), told) if told else ""


def _pairs(rows: list[dict[str, Any]]) -> str:
    from ..terminal.text_table import table

    told = [
        (f"{row['pair_first']}, {row['pair_second']}", f"{row['pair_correlation']:+.3f}")
        for row in rows[:WORST]
    ]
    return table(("parameters not told apart", "correlation"), told) if told else ""


def _suspects(rows: list[dict[str, Any]]) -> str:
    from ..terminal.text_table import table

    told = [
        (row["control"], f"{row['shift']:+.2f}", "yes" if row.get("at_bound") else "")
        for row in rows
        if row["far"] or row.get("at_bound")
    ]
    return (
        table(("far from the prior or at a bound", "prior sd", "at a bound"), told) if told else ""
    )


def _named(row: dict[str, Any]) -> str:
    return f"{row['stream']} ({row['stream_units']})"
