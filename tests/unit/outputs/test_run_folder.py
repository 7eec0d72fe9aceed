import json
import tomllib

import numpy as np
import pytest
import xarray as xr
from findings import raises_finding

from ccdas_framework import Grid, Observations, Variable
from ccdas_framework.core.errors import InvalidInput
from ccdas_framework.io.atomic import atomic_write, write_text
from ccdas_framework.io.toml_text import toml_text
from ccdas_framework.outputs import RunFolder, Simulated, folder_problem, read_checkpoint
from ccdas_framework.outputs.provenance import git_commit, provenance
from ccdas_framework.outputs.result_datasets import result_dataset, targets_dataset
from ccdas_framework.outputs.run_folder import files_of_start
from ccdas_framework.outputs.simulated_datasets import fields_dataset, stream_dataset
from ccdas_framework.outputs.variable_tables import root_group

GRID = Grid(
    latitude=[0.0, 50.0], longitude=[-60.0, 6.0], area=[1e12, 5e11], region=["tropics", "north"],
    half_width=[[3.75, 5.0]] * 2, column_cell=[0, 1], column_fraction=[1.0, 0.9],
    column_class=[1, 5],
)  # fmt: skip


def result_values(**more):
    return {
        "control": ["m.a", "m.b[1,2]"],
        "control_prior": np.zeros(2),
        "control_posterior": np.array([0.5, -1.0]),
        "parameter_prior": np.array([10.0, 2.0]),
        "parameter_prior_sd": np.array([1.0, 0.2]),
        "parameter_posterior": np.array([10.5, 1.8]),
        "parameter_posterior_sd": np.array([0.5, 0.1]),
        "uncertainty_reduction": np.array([0.5, 0.5]),
        "parameter_unit": ["umol m-2 s-1", "1"],
        "posterior_covariance": np.eye(2) * 0.25,
        "cost": [30.0, 12.0, 10.0],
        "gradient_norm": [9.0, 1.0, 1e-5],
        "cost_term": [[0.0, 30.0], [1.0, 11.0], [1.5, 8.5]],
        "term": ["prior", "sm"],
        "status": "converged",
        "message": "the gradient is small",
        **more,
    }


def simulated(place="cell"):
    seen = Observations(
        values=[0.2, 0.3], sd=[0.05, 0.05], start=["2010-01-01", "2010-02-01"],
        end=["2010-01-31", "2010-02-28"], latitude=[50.0, 50.0], longitude=[6.0, 6.0],
        altitude=[np.nan, np.nan], label=["BE-Vie", "BE-Vie"],
    )  # fmt: skip
    variable = Variable("sm", "m3 m-3", long_name="soil moisture")
    return Simulated(variable, seen, [0.1, 0.1], [0.2, 0.2], place)


def test_result_holds_the_names_that_other_tools_read(tmp_path):
    folder = RunFolder(tmp_path / "run")
    path = folder.write("result.nc", result_dataset(**result_values()))
    with xr.open_dataset(path) as found:
        assert found.control.values.tolist() == ["m.a", "m.b[1,2]"]
        assert found.parameter_unit.values.tolist() == ["umol m-2 s-1", "1"]
        assert found.posterior_covariance.dims == ("control", "control2")
        assert found.cost_term.dims == ("iteration", "term")
        assert found.cost_term.sel(term="sm").values.tolist() == [30.0, 11.0, 8.5]
        assert found.attrs["status"] == "converged"
        assert found.attrs["Conventions"] == "CF-1.10"
        for name in ("control_prior", "control_posterior", "parameter_prior",
                     "parameter_prior_sd", "parameter_posterior", "parameter_posterior_sd",
                     "uncertainty_reduction", "cost", "gradient_norm"):  # fmt: skip
            assert name in found


def test_a_forward_run_leaves_the_posterior_out(tmp_path):
    posterior = ("control_posterior", "parameter_posterior", "parameter_posterior_sd",
                 "uncertainty_reduction", "posterior_covariance")  # fmt: skip
    values = result_values(**dict.fromkeys(posterior))
    path = RunFolder(tmp_path / "run").write("result.nc", result_dataset(**values))
    with xr.open_dataset(path) as found:
        assert not set(posterior) & set(found.variables)
        assert "parameter_prior" in found


def test_simulated_has_a_group_for_each_stream(tmp_path):
    folder = RunFolder(tmp_path / "run")
    comment = {"comment": "synthetic observations"}
    path = folder.write("simulated.nc", root_group(comment), {
        "sm": stream_dataset(simulated()), "co2": stream_dataset(simulated("station")),
    })  # fmt: skip
    with xr.open_dataset(path) as found:
        assert found.attrs["comment"] == "synthetic observations"
    with xr.open_dataset(path, group="sm") as found:
        assert set(found.variables) >= {"time", "latitude", "longitude", "cell", "observed",
                                        "observed_sd", "prior", "posterior"}  # fmt: skip
        assert found.observed.attrs["units"] == "m3 m-3"
        assert found.time.values[0].astype("M8[h]") == np.datetime64("2010-01-16T12")
    with xr.open_dataset(path, group="co2") as found:
        assert found.station.values.tolist() == ["BE-Vie", "BE-Vie"]


def test_fields_hold_months_of_every_cell_and_run(tmp_path):
    folder = RunFolder(tmp_path / "run")
    nep = Variable("nep", "gC m-2 d-1", long_name="net ecosystem production, positive into land")
    path = folder.write("fields.nc", fields_dataset(
        fields={"nep": np.ones((2, 3, 2))}, variables={"nep": nep}, grid=GRID,
        month=np.arange("2010-01", "2010-04", dtype="M8[M]"),
    ))  # fmt: skip
    with xr.open_dataset(path) as found:
        assert found.nep.dims == ("run", "time", "cell")
        assert found.run.values.tolist() == ["prior", "posterior"]
        assert found.nep.attrs["units"] == "gC m-2 d-1"
        assert found.nep.attrs["long_name"] == nep.long_name
        assert {"latitude", "longitude", "area", "region"} <= set(found.coords)
        assert found.longitude_half_width.values.tolist() == [5.0, 5.0]
        assert found.time.values.astype("M8[M]").astype(str).tolist() == [
            "2010-01",
            "2010-02",
            "2010-03",
        ]


def test_targets_have_regions_quantities_and_other_periods(tmp_path):
    values = {"region": ["global"], "quantity": ["gpp", "nep"], "prior": [[120.0, 2.0]],
              "prior_sd": [[20.0, 3.0]], "posterior": [[110.0, 1.0]],
              "posterior_sd": [[5.0, 0.5]], "uncertainty_reduction": [[0.75, 0.8]]}  # fmt: skip
    path = RunFolder(tmp_path / "run").write(
        "targets.nc", targets_dataset(**values), {"2010": targets_dataset(**values)}
    )
    for group in (None, "2010"):
        with xr.open_dataset(path, group=group) as found:
            assert found.posterior.sel(region="global", quantity="nep") == 1.0
            assert found.prior.attrs["units"] == "PgC yr-1"


def test_an_error_while_writing_keeps_the_file_that_was_there(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "first")
    with pytest.raises(RuntimeError), atomic_write(path) as temporary:
        temporary.write_text("half of the sec")
        raise RuntimeError
    assert path.read_text() == "first"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_result_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    folder = RunFolder(tmp_path / "run")
    with pytest.raises(ValueError):
        folder.write("result.nc", result_dataset(**result_values(control_prior=np.zeros(3))))
    wrong_group = Simulated(simulated().variable, simulated().observations, [0.1], None)
    with pytest.raises(ValueError):
        groups = {"sm": stream_dataset(simulated()), "co2": stream_dataset(wrong_group)}
        folder.write("simulated.nc", root_group(), groups)
    assert list(folder.path.iterdir()) == []


def test_a_folder_with_results_is_refused(tmp_path):
    RunFolder(tmp_path / "run").write("result.nc", result_dataset(**result_values()))
    with raises_finding("results-exist", tmp_path / "run", InvalidInput):
        RunFolder(tmp_path / "run")
    assert folder_problem(tmp_path / "run", overwrite=False).code == "results-exist"
    assert folder_problem(tmp_path / "run", overwrite=True) is None


def test_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "run").mkdir()
    RunFolder(tmp_path / "run")
    assert folder_problem(tmp_path / "run", overwrite=False) is None


def test_a_folder_of_something_else_is_never_overwritten(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with raises_finding("not-a-results-folder", tmp_path, InvalidInput):
        RunFolder(tmp_path, overwrite=True)
    assert (tmp_path / "thesis.tex").exists()


def test_overwriting_keeps_the_earlier_results_until_the_run_has_finished(tmp_path):
    with RunFolder(tmp_path / "run") as first:
        first.write_experiment({"a": 1})
    with RunFolder(tmp_path / "run", overwrite=True) as second:
        assert (second.earlier / "experiment.toml").read_text() == "a = 1\n"
        second.write_experiment({"a": 2})
    assert [p.name for p in tmp_path.iterdir()] == ["run"]
    assert (tmp_path / "run" / "experiment.toml").read_text() == "a = 2\n"


def test_a_run_that_fails_loses_nothing_of_the_earlier_one(tmp_path):
    with RunFolder(tmp_path / "run") as first:
        first.write_experiment({"a": 1})
    for _ in range(2):  # and neither does one that fails after it
        with (
            pytest.raises(RuntimeError) as caught,
            RunFolder(tmp_path / "run", overwrite=True) as run,
        ):
            run.checkpoint(np.zeros(2), 0)
            raise RuntimeError
        results, earlier = caught.value.__notes__
        assert str(run.path) in results
        assert str(run.earlier) in earlier
    assert (tmp_path / "run.earlier" / "experiment.toml").read_text() == "a = 1\n"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_run_that_found_nothing_gives_the_earlier_one_its_name_back(tmp_path, error):
    with RunFolder(tmp_path / "run") as first:
        first.write_experiment({"a": 1})
    with pytest.raises(error) as caught, RunFolder(tmp_path / "run", overwrite=True) as run:
        run.write_experiment({"a": 2})
        run.log({"iteration": 0})
        raise error
    assert [p.name for p in tmp_path.iterdir()] == ["run"]
    assert (tmp_path / "run" / "experiment.toml").read_text() == "a = 1\n"
    assert caught.value.__notes__ == [f"The earlier results are unharmed in {tmp_path / 'run'}."]


def test_a_run_that_found_nothing_leaves_no_folder(tmp_path):
    with pytest.raises(RuntimeError), RunFolder(tmp_path / "run") as run:
        run.write_experiment({"a": 2})
        raise RuntimeError
    assert not (tmp_path / "run").exists()


def test_results_that_are_not_complete_do_not_replace_the_earlier_ones(tmp_path):
    with RunFolder(tmp_path / "run") as first:
        first.write_experiment({"a": 1})
    with RunFolder(tmp_path / "run", overwrite=True) as second:
        second.complete = False
        second.write_experiment({"a": 2})
    assert (second.earlier / "experiment.toml").read_text() == "a = 1\n"
    assert (tmp_path / "run" / "experiment.toml").read_text() == "a = 2\n"


def test_a_users_own_file_among_the_results_survives_overwriting(tmp_path):
    with RunFolder(tmp_path / "run") as first:
        first.write_experiment({"a": 1})
        (first.path / "notes.txt").write_text("mine")
    with RunFolder(tmp_path / "run", overwrite=True):
        pass
    assert (tmp_path / "run.earlier" / "notes.txt").read_text() == "mine"
    assert not (tmp_path / "run.earlier" / "experiment.toml").exists()


def test_the_log_has_a_line_for_each_iteration(tmp_path):
    folder = RunFolder(tmp_path / "run")
    for iteration in range(3):
        folder.log({"iteration": iteration, "cost": np.float64(2.0), "terms": np.ones(2)})
    lines = [json.loads(line) for line in (folder.path / "log.jsonl").read_text().splitlines()]
    assert lines[2] == {"iteration": 2, "cost": 2.0, "terms": [1.0, 1.0]}


def test_a_checkpoint_is_read_back(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.checkpoint(np.array([1.0, 2.0]), 7, damping=0.1, names=np.array(["a", "b"]))
    found = read_checkpoint(folder.path)
    assert found["x"].tolist() == [1.0, 2.0]
    assert (int(found["iteration"]), float(found["damping"])) == (7, 0.1)
    with raises_finding("missing-file", "checkpoint.npz", InvalidInput):
        read_checkpoint(tmp_path)


def test_the_experiment_is_written_as_toml(tmp_path):
    settings = {
        "model": {"name": "bethy", "n_h": np.int64(24), "none": None},
        "streams": {"sm": {"path": tmp_path, "sites": ("a", "b"), "sd": np.array([0.1, 0.2])}},
    }
    path = RunFolder(tmp_path / "run").write_experiment(settings)
    found = tomllib.loads(path.read_text())
    assert found["model"] == {"name": "bethy", "n_h": 24}
    assert found["streams"]["sm"] == {"path": str(tmp_path), "sites": ["a", "b"], "sd": [0.1, 0.2]}
    assert tomllib.loads(toml_text(found)) == found


def test_provenance_tells_versions_and_checksums(tmp_path):
    (tmp_path / "in.nc").write_bytes(b"abc")
    folder = RunFolder(tmp_path / "run")
    told = provenance(inputs=[tmp_path / "in.nc"], seed=3, command=["ccdas", "run"])
    found = json.loads(folder.write_provenance(told).read_text())
    # SHA-256 of "abc": FIPS 180-4, example B.1
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert found["inputs"] == {str(tmp_path / "in.nc"): expected}
    assert (found["seed"], found["command"]) == (3, ["ccdas", "run"])
    assert {"numpy", "autograd", "xarray"} <= set(found["libraries"])
    assert {"python", "platform", "date", "framework", "plugins"} <= set(found)


def test_files_of_a_temporary_folder_are_told_by_their_name_in_it(tmp_path):
    made, own = tmp_path / "made", tmp_path / "own.nc"
    made.mkdir()
    for path in (made / "in.nc", own):
        path.write_bytes(b"abc")
    told = provenance(inputs=[made / "in.nc", own], folder=made)
    assert list(told["inputs"]) == ["in.nc", str(own)]


def test_the_commit_is_known_in_a_working_copy_only():
    commit = git_commit()
    assert commit is None or len(commit.removesuffix("-modified")) == 40


def test_only_a_start_that_a_run_left_may_be_removed(tmp_path):
    folder = tmp_path / "exp"
    folder.mkdir()
    given = folder / "experiment.toml"
    given.write_text("[model]\n")
    assert files_of_start(tmp_path / "none", "demo") == []
    assert files_of_start(folder, given) == []
    assert files_of_start(folder, "demo") == []  # nothing shows that a run wrote it
    (folder / "log.jsonl").write_text("{}\n")
    assert files_of_start(folder, given) == []
    assert {file.name for file in files_of_start(folder, "demo")} == {given.name, "log.jsonl"}
    (folder / "result.nc").touch()
    assert files_of_start(folder, "demo") == []


def test_resume_never_deletes_the_experiment_it_is_given(ccdas, tmp_path):
    given = tmp_path / "experiment.toml"
    given.write_text("title = 'mine'\n")
    for _ in range(2):
        code, _, _ = ccdas("run", given, "--out", tmp_path, "--resume")
        assert code == 2 and given.read_text() == "title = 'mine'\n"
        (tmp_path / "log.jsonl").write_text("{}\n")


def test_a_start_is_kept_where_the_experiment_is_refused(ccdas, tmp_path):
    for name in ("experiment.toml", "provenance.json"):
        (tmp_path / name).write_text("{}")
    code, _, _ = ccdas("run", "demo", "--model", "none", "--out", tmp_path, "--resume")
    assert code == 2 and len(list(tmp_path.iterdir())) == 2
