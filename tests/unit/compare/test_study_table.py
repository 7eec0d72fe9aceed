"""The table of a study from hand-made rows."""

import csv

import numpy as np
import pytest
from unit.compare.study_rows import row

from ccdas_framework.compare.study_table import COLUMNS, columns_of, table_of, write_csv

HESSIAN = [1.0, 2.0]


def chain(number, sd, size, **about):
    return row(
        number, kind="sampler", sd=sd, mean=[0.0, 0.0], effective_sample_size=size,
        r_hat=[1.0, 1.002], cost=2.0, **{"mixed": "yes", **about},
    )  # fmt: skip


def test_cost_is_compared_with_the_least_of_the_same_problem():
    rows = [
        row(1, cost=5.0), row(2, cost=3.0), row(3, cost=1.0, problem="q"),
        row(4, status="failed"), row(5, cost=np.nan),
    ]  # fmt: skip
    above = [line["above_least"] for line in table_of(rows)]
    assert above[:4] == [2.0, 0.0, 0.0, ""]
    assert np.isnan(above[4])


def test_rows_are_in_the_order_of_their_numbers():
    assert [line["row"] for line in table_of([row(2, cost=1.0), row(1, cost=1.0)])] == [1, 2]


def test_spread_is_compared_with_the_hessian_of_least_cost():
    rows = [
        row(1, cost=5.0, mean=[0.0, 0.0], sd=[9.0, 9.0], hessian_sd=[9.0, 9.0]),
        row(2, cost=3.0, mean=[0.0, 0.0], sd=HESSIAN, hessian_sd=HESSIAN),
        chain(3, [2.0, 8.0], [900, 800]),
    ]
    ratios = [line["sd_over_hessian"] for line in table_of(rows)]
    assert ratios == [6.75, 1.0, 3.0]


def test_degrees_of_freedom_count_the_parameters_that_are_determined():
    half = np.sqrt(0.5)
    rows = [
        row(1, cost=1.0, sd=[half, 0.0], prior_sd=[1.0, 1.0]),
        row(2, cost=1.0, sd=[3.0, 3.0], prior_sd=[3.0, 3.0]),
        row(3, cost=1.0, sd=[np.nan, 1.0], prior_sd=[1.0, 1.0]),
        row(4, cost=1.0),
    ]
    found = [line["degrees_of_freedom"] for line in table_of(rows)]
    assert found[:2] == [pytest.approx(1.5), 0.0] and found[2:] == ["", ""]


def test_the_longest_mixed_chain_is_the_reference():
    rows = [
        chain(1, [1.0, 1.0], [500, 450]),
        chain(2, [2.0, 2.0], [900, 800]),
        chain(3, [4.0, 4.0], [9000, 8000], mixed="no"),
    ]
    first, reference, marked = table_of(rows)
    assert first["sd_over_reference"] == 0.5
    assert reference["sd_over_reference"] == ""
    assert marked["sd_over_reference"] == "" and marked["marked"]
    assert not first["marked"]


def test_a_chain_of_unknown_convergence_is_marked_and_is_no_reference():
    """As that of a single chain, or of a budget that ends after a few draws."""
    rows = [chain(1, [9.0, 9.0], [900, 900], mixed="", exact=1), chain(2, [1.0, 1.0], [500, 450])]
    unknown, reference = table_of(rows)
    assert "not known" in unknown["marked"] and unknown["sd_over_hessian"] == ""
    assert unknown["sd_over_reference"] == "" and not reference["marked"]
    assert not table_of([chain(1, [9.0, 9.0], [900, 900], mixed="", exact=0)])[0]["marked"]


def test_a_sampler_with_doubts_is_marked_and_compared_with_nothing():
    scores = {"covered": [1.0, 0.0], "crps": [0.2, 0.4]}
    rows = [
        chain(1, [1.0, 1.0], [500, 450], **scores),
        chain(2, [2.0, 2.0], [9, 9], mixed="", doubts="few", **scores),
    ]
    good, doubtful = table_of(rows)
    assert "few" in doubtful["marked"] and doubtful["sd_over_reference"] == ""
    assert good["coverage"] == 0.5 and good["crps"] == pytest.approx(0.3)
    assert doubtful["coverage"] == doubtful["crps"] == ""


def test_the_exact_answer_is_the_reference_where_there_is_one():
    exact = row(1, method="exact", cost=1.0, sd=[0.5, 0.5], mean=[0.0, 1.0])
    away = {"sd": [1.0, 1.0], "mean": [1.0, 1.0]}
    line = table_of([exact, chain(2, [1.0, 1.0], [9e9, 9e9]), row(3, cost=1.0, **away)])[2]
    assert line["sd_over_reference"] == 2.0
    assert line["mean_from_reference"] == pytest.approx(np.sqrt(0.5 * (1.0 / 0.5) ** 2))


def test_the_worst_parameter_stands_for_a_chain():
    line = table_of([chain(1, [1.0, 1.0], [500, 450])])[0]
    assert (line["r_hat"], line["effective_sample_size"]) == (1.002, 450.0)


def test_coverage_is_the_share_of_parameters_and_of_targets():
    line = table_of(
        [
            row(
                1, cost=1.0, covered=[1.0, 0.0, 1.0, 1.0], target_mean=[0.0, 0.0, 0.0, np.nan],
                target_sd=[1.0, 1.0, 0.0, 1.0], target_truth=[1.64, 1.65, 0.0, 0.0],
            )
        ]
    )[0]  # fmt: skip
    assert line["coverage"] == 0.75
    assert line["target_coverage"] == 0.5  # of the two that have a mean and a spread


def test_a_row_that_failed_has_its_reason_and_no_number():
    line = table_of([row(1, status="failed", message="NaN: everywhere")])[0]
    assert line["message"] == "NaN: everywhere"
    assert all(line[name] == "" for name in ("cost", "coverage", "sd_over_hessian", "seconds"))


def test_weights_are_those_measured_in_the_prior_row_of_the_same_case():
    measured = {"measured_gradient_weight": 3.0, "measured_jacobian_weight": 9.0}
    rows = [
        row(1, method="prior", cost=1.0, **measured),
        row(2, cost=1.0),
        row(3, cost=1.0, case="d", problem="q"),
        row(4, cost=1.0, problem="other truth", seed=2),
    ]
    lines = table_of(rows)
    assert [line["measured_gradient_weight"] for line in lines] == ["", 3.0, "", 3.0]


def test_further_numbers_of_a_method_are_columns_at_the_end():
    table = table_of([row(1, cost=1.0), row(2, cost=1.0, number_waves=3.0)])
    assert list(columns_of(table)) == [*COLUMNS, "number_waves"]
    assert [line["number_waves"] for line in table] == ["", 3.0]


def test_the_csv_has_blanks_for_numbers_that_do_not_exist(tmp_path):
    table = table_of([row(1, cost=np.nan), row(2, cost=1.25, message="two\nlines, and a comma")])
    write_csv(tmp_path / "table.csv", table, columns_of(table))
    with open(tmp_path / "table.csv", newline="", encoding="utf-8") as file:
        first, second = csv.DictReader(file)
    assert first["cost"] == "" and second["cost"] == "1.25"
    assert second["message"] == "two lines, and a comma"
