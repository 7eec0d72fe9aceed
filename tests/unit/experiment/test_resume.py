"""`resume` ends where the uninterrupted run would have; `rerun` says whether a run repeats."""

import json
import tomllib

import numpy as np
import pytest
import xarray as xr
from cuts import SHORT, only
from findings import codes, raises_finding

from ccdas_framework import load_experiment
from ccdas_framework.core.errors import CcdasWarning, InvalidExperiment, InvalidInput
from ccdas_framework.experiment.monitor import Monitor
from ccdas_framework.experiment.rerun import previous_run, rerun
from ccdas_framework.experiment.resume import interrupted, require_changeable, resume


def experiment(**settings):
    """Soil moisture of three cells and few parameters, with steps so short that it takes many."""
    given = {key.replace("__", "."): value for key, value in settings.items()}
    return load_experiment(
        "demo",
        observations=["sm"],
        engine="autograd",
        settings={
            **SHORT,
            **only(("bethy.V_m",), ("sm",)),
            "optimiser.longest_step": 2e-4,
            "optimiser.cost_change": 0.0,
            "optimiser.gradient_reduction": 1e-9,
            "optimiser.distance": 0.0,
            "optimiser.iterations": 4,
            "output.fields": ["gpp"],
            "targets.fields": ["gpp"],
            "model.n_h": 6,
            "model.dayint": 10,
            "time.days": 12,
            "streams.sm.scaling": "none",  # which needs more days than these
            **given,
        },
    )


class Stop(Monitor):
    """Ends the run as Ctrl-C or a crash does, when so many points were accepted."""

    def __init__(self, points, error=KeyboardInterrupt):
        self.left, self.error = points, error

    def iteration(self, iteration, seconds, most):
        self.left -= 1
        if self.left == 0:
            raise self.error


class Killed(BaseException):
    """Ends everything, as a kill does."""


@pytest.fixture(scope="module", autouse=True)
def without_report():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ccdas_framework.experiment.run.report", lambda folder: None)
        yield


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    result = experiment().run(tmp_path_factory.mktemp("whole") / "out")
    assert len(result.optimisation.iterations) == 5
    return result


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A run interrupted at its second iteration."""
    out = tmp_path_factory.mktemp("stopped") / "out"
    experiment().run(out, monitor=Stop(3))
    return out


def copied(folder, tmp_path):
    """A folder that a test may change."""
    from shutil import copytree

    return copytree(folder, tmp_path / "copy")


def lines(folder):
    return [json.loads(text) for text in (folder / "log.jsonl").read_text().splitlines()]


def same_end(folder, whole):
    with xr.open_dataset(folder / "result.nc") as written:
        np.testing.assert_allclose(
            written["control_posterior"], whole.optimisation.x, rtol=0.0, atol=1e-12
        )
        assert written.attrs["status"] == whole.optimisation.status
        costs = [i.cost for i in whole.optimisation.iterations]
        np.testing.assert_allclose(written["cost"], costs, rtol=1e-12)
        assert "posterior_covariance" in written


def test_an_interrupted_run_ends_where_it_would_have(stopped, whole, tmp_path):
    folder = copied(stopped, tmp_path)
    result = resume(interrupted(folder))
    np.testing.assert_allclose(result.optimisation.x, whole.optimisation.x, rtol=0.0, atol=1e-12)
    assert result.optimisation.counts == whole.optimisation.counts
    same_end(folder, whole)
    numbers = [line["iteration"] for line in lines(folder) if "iteration" in line]
    assert numbers == [0, 1, 2, 3, 4]
    seconds = [line["seconds"] for line in lines(folder) if "seconds" in line]
    assert seconds == sorted(seconds)
    (part,) = json.loads((folder / "provenance.json").read_text())["interrupted"]
    assert set(part) == {"date", "command", "framework"}
    with raises_finding("complete-run", folder, InvalidInput):
        interrupted(folder)


def test_a_run_goes_on_without_its_provenance_and_says_so(stopped, whole, tmp_path):
    folder = copied(stopped, tmp_path)
    (folder / "provenance.json").unlink()
    with pytest.warns(CcdasWarning) as warned:
        run = interrupted(folder)
    said = {(w.message.code, w.message.where) for w in warned if w.category is CcdasWarning}
    assert said == {("missing-file", str(folder / "provenance.json"))}
    assert run.changed == ()
    resume(run)
    same_end(folder, whole)
    now = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    assert now["interrupted"] == [{"provenance": "missing"}]


def test_a_killed_run_goes_on_from_its_checkpoint(whole, tmp_path):
    with pytest.raises(Killed):
        experiment().run(tmp_path / "out", monitor=Stop(3, Killed))
    assert not (tmp_path / "out" / "result.nc").exists()
    with open(tmp_path / "out" / "log.jsonl", "a") as log:
        log.write('{"start": 1, "itera')  # cut short
    resume(interrupted(tmp_path / "out"))
    same_end(tmp_path / "out", whole)
    text = (tmp_path / "out" / "log.jsonl").read_text().splitlines()
    assert text.count('{"start": 1, "itera') == 1  # the next line did not join it


def test_a_run_killed_after_its_optimum_only_writes_the_rest(whole, tmp_path):
    class AtFields(Monitor):
        def stage(self, text):
            if text == "fields":
                raise Killed

    with pytest.raises(Killed):
        experiment().run(tmp_path / "out", monitor=AtFields())
    heard = Stop(1)
    result = resume(interrupted(tmp_path / "out"), heard)
    assert heard.left == 1  # no further point
    assert (tmp_path / "out" / "fields.nc").exists()
    np.testing.assert_array_equal(result.optimisation.x, whole.optimisation.x)


def test_several_starts_go_on_each_from_its_own_point(tmp_path):
    settings = {"experiment__starts": 3, "optimiser__iterations": 1}
    through = experiment(**settings).run(tmp_path / "whole")
    experiment(**settings).run(tmp_path / "out", monitor=Stop(3))  # in the midst of the second
    again = resume(interrupted(tmp_path / "out"))
    for a, b in zip(again.starts.starts, through.starts.starts, strict=True):
        np.testing.assert_allclose(a.result.x, b.result.x, rtol=0.0, atol=1e-12)
        assert (a.status, len(a.result.iterations)) == (b.status, len(b.result.iterations))
    made = [(line["start"], line["iteration"]) for line in lines(tmp_path / "out")
            if "iteration" in line]  # fmt: skip
    assert made == [(start, n) for start in (1, 2, 3) for n in range(2)]


def test_more_iterations_may_be_allowed(whole, tmp_path):
    folder = copied(whole.folder, tmp_path)
    run = interrupted(folder, {"optimiser.iterations": 5})
    result = resume(run)
    assert len(result.optimisation.iterations) == 6
    config = tomllib.loads((folder / "experiment.toml").read_text())
    assert config["optimiser"]["iterations"] == 5


def test_other_settings_may_not_change(stopped):
    with raises_finding("fixed-key", "time.days", InvalidExperiment):
        interrupted(stopped, {"time.days": 50})


def test_a_changed_input_is_named(stopped, tmp_path):
    folder = copied(stopped, tmp_path)
    path = folder / "provenance.json"
    found = json.loads(path.read_text())
    found["inputs"]["sm.nc"] = "0" * 64
    path.write_text(json.dumps(found))
    with raises_finding("input-changed", "sm.nc", InvalidExperiment):
        interrupted(folder)


def test_other_versions_are_told(stopped, tmp_path):
    folder = copied(stopped, tmp_path)
    path = folder / "provenance.json"
    found = json.loads(path.read_text())
    now = found["libraries"]["numpy"]
    found["libraries"]["numpy"] = "0.9"
    path.write_text(json.dumps(found))
    (change,) = interrupted(folder).changed[-1:]
    assert (change.code, change.where) == ("version-changed", "libraries.numpy")
    assert change.where == "libraries.numpy" and "0.9" in change.message and now in change.message


def test_a_folder_without_a_run_is_refused(tmp_path):
    with raises_finding("not-a-run", tmp_path, InvalidInput):
        interrupted(tmp_path)
    with raises_finding("not-a-run", tmp_path / "none", InvalidInput):
        interrupted(tmp_path / "none")


def test_a_run_stopped_before_its_first_point_is_refused(stopped, tmp_path):
    folder = copied(stopped, tmp_path)
    for name in ("checkpoint.npz", "log.jsonl", "result.nc"):
        (folder / name).unlink()
    with raises_finding("missing-file", "checkpoint.npz", InvalidInput):
        interrupted(folder)


# -- rerun ----------------------------------------------------------------------------------------


def test_a_repetition_gives_the_same_to_the_last_digit(whole, tmp_path):
    again = rerun(whole.folder, tmp_path / "again")
    assert again.identical and again.same
    assert not [
        change for change in again.changed if "git_commit" not in change.where
    ]  # while we work on it


def test_a_run_is_not_repeated_onto_itself(whole):
    with raises_finding("output-is-the-run", "--out", InvalidInput):
        rerun(whole.folder, whole.folder, overwrite=True)


def test_what_found_nothing_cannot_be_compared_with(stopped, tmp_path):
    folder = copied(stopped, tmp_path)
    (folder / "result.nc").unlink()
    with raises_finding("missing-file", "result.nc", InvalidInput):
        rerun(folder, tmp_path / "again")


TRUTH = ("changed-truth", "truth")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[truth]\nseed = 24", "[truth]\nseed = 2", {("setting-changed", "truth.seed"), TRUTH}),
        ("spread = 0.5", "spread = 0.6", {TRUTH}),
        ("noise = true", "noise = false", {("setting-changed", "truth.noise")}),
        ("seed = 1", "seed = 2", {("setting-changed", "experiment.seed")}),
    ],
    ids=["seed", "spread", "noise", "method"],
)
def test_a_run_with_another_truth_is_not_resumed(stopped, tmp_path, old, new, expected):
    folder = copied(stopped, tmp_path)
    file = folder / "experiment.toml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(InvalidExperiment) as caught:
        interrupted(folder)
    assert set(codes(caught)) == expected


def test_a_repetition_names_another_truth(whole, tmp_path):
    again = rerun(whole.folder, tmp_path / "again", settings={"truth.spread": 0.6})
    assert not again.same
    assert set(codes(again.changed)) >= {("setting-changed", "truth.spread"), TRUTH}


def test_a_run_whose_truth_was_not_recorded_is_not_resumed(stopped, tmp_path):
    folder = copied(stopped, tmp_path)
    record = json.loads((folder / "provenance.json").read_text())
    del record["truth"], record["seeds"]  # an earlier version wrote it
    (folder / "provenance.json").write_text(json.dumps(record))
    with raises_finding("changed-truth", "truth", InvalidExperiment):
        interrupted(folder)


# -- the command line -----------------------------------------------------------------------------


def test_resume_and_rerun_as_commands(ccdas, stopped, whole, tmp_path):
    folder = copied(stopped, tmp_path)
    code, said, progress = ccdas("resume", folder)
    assert code == 0 and str(folder) in said
    assert sum("|gradient|" in line for line in progress.splitlines()) == 2  # the new ones
    code, said, _ = ccdas("resume", folder)  # TERM during the report leaves the run like this
    assert code == 0 and "complete" in said and (folder / "report.html").is_file()
    code, said, error = ccdas("resume", folder)
    assert code == 2 and ccdas.findings == [("complete-run", str(folder))]
    assert "optimiser.iterations" in error
    changed = ["--set", "truth.seed=2"]
    code, said, _ = ccdas("rerun", folder, "--out", tmp_path / "other", *changed)
    assert code == 1 and "truth.seed" in said and "bethy.V_m" in said


@pytest.mark.parametrize(
    ("key", "allowed"),
    [
        ("optimiser.iterations", True),
        ("compute.workers", True),
        ("optimiser.iterations.more", False),
        ("optimiser", False),
        ("optimiser.iterationsx", False),
        ("section.anything.below", True),
        ("sectional.key", False),
    ],
)
def test_only_keys_that_may_change_and_sections_are_changeable(key, allowed):
    may_change = ("optimiser.iterations", "compute.workers", "section")
    if allowed:
        require_changeable([key], may_change)
    else:
        with raises_finding("fixed-key", key, InvalidExperiment):
            require_changeable([key], may_change)


@pytest.mark.parametrize(
    ("variables", "place"),
    [
        ({}, "control"),
        ({"control_posterior": ("control", [0.0])}, "control"),
        ({"control": ("control", ["a"]), "control_posterior": ("control", [0.0])}, "cost"),
        ({"control": ("control", ["a"]), "control_posterior": ((), 0.0)}, "control_posterior"),
        (
            {"control": ("control", ["a"]), "control_posterior": ("x", [0.0, 1.0]),
             "cost": ("iteration", [1.0])},
            "control_posterior",
        ),
    ],
)  # fmt: skip
def test_a_result_of_another_program_is_refused(tmp_path, variables, place):
    (tmp_path / "experiment.toml").write_text("")
    xr.Dataset(variables).to_netcdf(tmp_path / "result.nc")
    with pytest.raises(InvalidInput) as caught:
        previous_run(tmp_path)
    assert caught.value.where == f"result.nc: {place}"
