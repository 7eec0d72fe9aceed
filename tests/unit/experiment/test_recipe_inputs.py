"""Plugins add streams and recipes of their own; only what a run asks for is made."""

import numpy as np
import pytest
from attrs import evolve, frozen
from findings import raises_finding

from ccdas_framework import (
    InvalidInput,
    ObservationOperator,
    ObservationRecord,
    RecipeDomain,
    RecipeOutput,
    Variable,
)
from ccdas_framework.core.errors import Findings, InvalidExperiment
from ccdas_framework.experiment.recipe_inputs import begin, prepare
from ccdas_framework.io.observation_files import read_observations

COVER = Variable("cover", units="1", dims=("obs",), long_name="green cover")


@frozen
class Cover(ObservationOperator):
    """An operator of a stranger."""

    observes = COVER
    requires = ()
    unknown_sd = 0.05

    def prepare(self, observations, domain, prior_fields):
        raise AssertionError("recipes look at what an operator declares, and no further")

    def observe(self, fields, parameters, at, xp):
        raise AssertionError("recipes run no operator")


@frozen
class Whole(Cover):
    """One that sums over all cells."""

    scope = "domain"


def two_places():
    time = np.arange("2010-01-01", "2010-03-01", dtype="datetime64[D]")
    return RecipeDomain([50.0, 0.0], [10.0, 20.0], [100.0, 0.0], ["A", "B"], time)


def percent(places, data):
    """A tenth of cover at the first place, in per cent."""
    asked = places.monthly()
    asked = asked.take(asked.label == places.label[0])
    given = evolve(asked, values=np.full(len(asked), 10.0), sd=np.full(len(asked), 2.0))
    return ObservationRecord(given, "%", "Cover at one place", "a stranger's eyes", "no")


def bare(out, data, *, seed=1, wet=False):
    """Two places and nothing else."""
    (out / "forcing.nc").write_bytes(b"")
    (out / f"seed {seed}").touch()
    return RecipeOutput(two_places(), {"made": lambda: percent(two_places(), data)})


def read(folder, name):
    findings = Findings()
    found = read_observations(folder / f"{name}.nc", COVER, findings)
    assert not findings
    return found


def test_a_month_is_asked_for_in_each_cell_from_its_first_day_to_its_last():
    asked = two_places().monthly(sd=0.1)
    assert list(asked.label) == ["A", "A", "B", "B"]
    assert [str(d) for d in asked.start[:2]] == ["2010-01-01", "2010-02-01"]
    assert [str(d) for d in asked.end[:2]] == ["2010-01-31", "2010-02-28"]
    assert np.isnan(asked.values).all() and (asked.sd == 0.1).all()


def test_days_are_asked_for_in_turn_and_none_twice():
    asked = two_places().daily(every=3)
    days = {name: set(asked.start[asked.label == name]) for name in ("A", "B")}
    assert len(days["A"]) == 20 and not days["A"] & days["B"]
    assert all(np.diff(sorted(d)).astype(int).max() == 3 for d in days.values())


def test_a_stream_that_the_recipe_has_itself_is_not_replaced_and_that_is_said(tmp_path):
    def never(places, data):
        raise AssertionError("the recipe's own observations are those of the stream")

    made = begin("bare", tmp_path, None, {}, recipes={"bare": bare}, added={"made": never})
    with pytest.warns(UserWarning) as warned:
        made.write("made")
    assert str(warned[0].message) == (
        "recipe 'bare' has observations of stream 'made' of its own, so that those of "
        f"{__name__} (hook recipe_observations) are not used. Their author has to give them "
        "another name."
    )
    np.testing.assert_allclose(read(tmp_path, "made").values, 0.1, rtol=1e-12)


def test_a_stream_that_a_plugin_adds_is_written_with_its_units_and_source(tmp_path):
    made = begin("bare", tmp_path, None, {}, recipes={"bare": bare}, added={"cover": percent})
    assert set(made.streams) == {"made", "cover"}
    made.write("cover")
    found = read(tmp_path, "cover")
    np.testing.assert_allclose(found.values, 0.1, rtol=1e-12)  # from per cent, on reading
    assert set(found.label) == {"A"}
    assert not (tmp_path / "made.nc").exists()


def test_the_data_folder_and_the_places_reach_the_function_of_a_plugin(tmp_path):
    seen = []

    def look(places, data):
        seen.append((len(places.label), data))
        return percent(places, data)

    prepare("bare", tmp_path, tmp_path, {}, recipes={"bare": bare}, added={"cover": look})
    assert seen == [(2, tmp_path)]


def test_the_seed_of_the_experiment_reaches_a_recipe_of_a_plugin(tmp_path):
    begin("bare", tmp_path, None, {}, seed=7, recipes={"bare": bare})
    assert (tmp_path / "seed 7").exists()
    with raises_finding("unknown-key", "inputs.settings.wett", InvalidExperiment):
        begin("bare", tmp_path, None, {"wett": True}, recipes={"bare": bare})


def test_a_demonstration_asks_any_operator_for_monthly_values_with_the_error_it_declares(tmp_path):
    made = begin("demo", tmp_path, None, {})
    made.write("cover", Cover())
    found = read(tmp_path, "cover")
    assert len(found) == 262 * 24
    assert np.isnan(found.values).all() and (found.sd == 0.05).all()


def test_a_recipe_of_real_data_has_no_answer_for_a_stream_nobody_observed(tmp_path):
    made = begin("bare", tmp_path, None, {}, recipes={"bare": bare}, added={"cover": percent})
    with pytest.raises(InvalidInput) as caught:
        made.write("covr", Cover())
    told = str(caught.value)
    assert "no observations of stream 'covr' for recipe 'bare'. Did you mean 'cover'?" in told
    assert '[streams.covr] observations = "FILE.nc"' in told


def test_an_operator_over_all_cells_must_be_told_where_it_observes(tmp_path):
    made = begin("demo", tmp_path, None, {})
    with pytest.raises(InvalidInput, match="sums over all cells"):
        made.write("whole", Whole())


def test_what_goes_wrong_in_a_plugin_is_told_with_the_stream_and_the_recipe(tmp_path):
    def broken(places, data):
        raise KeyError("lai")

    added = {"cover": broken, "odd": lambda places, data: 3}
    made = begin("bare", tmp_path, None, {}, recipes={"bare": bare}, added=added)
    with pytest.raises(InvalidInput, match=r"'cover' for recipe 'bare' .* KeyError: 'lai'"):
        made.write("cover")
    with pytest.raises(InvalidInput, match="gave int; expected an ObservationRecord"):
        made.write("odd")


def test_observations_of_a_plugin_without_dates_or_units_are_told_with_the_stream(tmp_path):
    def dateless(places, data):
        asked = places.monthly()
        never = np.full(len(asked), np.datetime64("NaT"))
        return ObservationRecord(evolve(asked, start=never), "1", "Cover", "eyes", "no")

    added = {
        "cover": dateless,
        "odd": lambda p, d: ObservationRecord(p.monthly(), None, "", "", ""),
    }
    made = begin("bare", tmp_path, None, {}, recipes={"bare": bare}, added=added)
    with pytest.raises(InvalidInput, match=r"'cover' .* without a first or last day"):
        made.write("cover")
    with pytest.raises(InvalidInput, match=r"'odd' for recipe 'bare' could not be made: .*units"):
        made.write("odd")


@pytest.mark.parametrize(
    ("recipe", "told"),
    [
        (lambda out, data: None, "recipe 'bad' gave NoneType; expected a RecipeOutput"),
        (lambda out, data: 1 / 0, "recipe 'bad' could not be made: ZeroDivisionError"),
        (lambda: None, "recipe 'bad' could not be made: TypeError"),
        (lambda out, data: RecipeOutput(two_places()), "wrote no file forcing.nc"),
    ],
)
def test_a_recipe_that_fails_is_told_in_a_sentence(tmp_path, recipe, told):
    with pytest.raises(InvalidInput, match=told):
        begin("bad", tmp_path, None, {}, recipes={"bad": recipe})
