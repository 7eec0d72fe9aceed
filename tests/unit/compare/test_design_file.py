"""Design files: grids of designs, and every mistake in a sentence before anything runs."""

import numpy as np
import pytest

from ccdas_framework.compare.design_file import read_design
from ccdas_framework.core.errors import InvalidExperiment, UnknownComponent

WHOLE = """
[design]
experiment = "demo"
given = ["co2"]
[settings]
grid.cells = 40
parameters."bethy.V_m".active = false
streams.vod.n_corr = 2.0
[places]
towers = [{label = "ZOT", latitude = 60.8, longitude = 89.35, altitude = 301}]
[designs.towers]
stream = "co2"
places = "towers"
error = [0.5, 1.0, 2.0]
[designs.depth]
stream = "vod"
places = ["every cell", "every 3rd cell"]
error = [0.1, 0.2]
start = 2010-03-01
[designs.soil]
stream = "sm"
places = "observed"
[greedy.next]
designs = "soil"
targets = ["nep Global"]
"""


def written(tmp_path, text):
    path = tmp_path / "designs.toml"
    path.write_text(text)
    return path


def read(tmp_path, text):
    problems = []
    return read_design(written(tmp_path, text), problems), problems


def test_a_list_stands_for_one_design_each(tmp_path):
    file, problems = read(tmp_path, WHOLE)
    assert problems == []
    assert [d.name for d in file.designs] == [
        "towers, error 0.5",
        "towers, error 1",
        "towers, error 2",
        "depth, every cell, error 0.1",
        "depth, every cell, error 0.2",
        "depth, every 3rd cell, error 0.1",
        "depth, every 3rd cell, error 0.2",
        "soil",
    ]
    assert [d.error for d in file.designs][:3] == [0.5, 1.0, 2.0]
    depth = file.designs[3]
    assert (depth.stream, depth.places, depth.sampling) == ("vod", "every cell", "monthly")
    assert depth.start == np.datetime64("2010-03-01") and depth.end is None


def test_observed_places_keep_the_times_of_their_file(tmp_path):
    file, _ = read(tmp_path, WHOLE)
    assert file.designs[-1].sampling is None and file.designs[-1].error is None


def test_only_streams_that_somebody_asks_for_are_read(tmp_path):
    file, _ = read(tmp_path, WHOLE)
    assert file.streams == ("co2", "vod", "sm")
    assert file.unread == ("vod",)


def test_settings_are_keys_as_set_takes_them(tmp_path):
    file, _ = read(tmp_path, WHOLE)
    assert file.settings == {
        "grid.cells": 40,
        'parameters."bethy.V_m".active': False,
        "streams.vod.n_corr": 2.0,
    }


def test_a_question_has_defaults(tmp_path):
    question = read(tmp_path, WHOLE)[0].greedy["next"]
    assert (question.designs, question.by, question.choose) == (("soil",), "place", 5)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("error = 0.0", "'error' of [designs.x] in designs.toml is 0.0; an error must be positive"),
        ("error = [1.0, -2.0]", "'error' of [designs.x] in designs.toml is -2.0; an error must be"),
        ("error = inf", "is inf; an error must be positive"),
        ('error = "small"', "is 'small'; expected a standard deviation, a positive number"),
        ("error = true", "is True; expected a standard deviation"),
        ("error = []", "'error' of [designs.x] in designs.toml is an empty list"),
        ('places = "towrs"', 'expected "observed", "every cell", "every 3rd cell" or the name'),
        ("places = 3", "'places' of [designs.x] in designs.toml is 3;"),
        ('sampling = "weekly"', "is 'weekly'; expected \"monthly\" or \"daily\""),
        ("every = 0", "'every' of [designs.x] in designs.toml is 0; expected a whole number"),
        ('start = "soon"', "'start' of [designs.x] in designs.toml is 'soon'; a date such as"),
        ('start = "2010-02-01"\nend = "2010-01-01"', "ends on 2010-01-01, before its start"),
        ("stream = 4", "'stream' of [designs.x] in designs.toml is 4; a name was expected"),
        ("errors = 1.0", "unknown key 'errors' of [designs.x] in designs.toml. Did you mean"),
        ("settings = 1", "[designs.x.settings] in designs.toml is 1; a table was expected"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_design_is_a_sentence(tmp_path, line, expected):
    told = {"stream": '"vod"', "places": '"every cell"'}
    kept = [f"{key} = {value}" for key, value in told.items() if not line.startswith(f"{key} ")]
    file, problems = read(tmp_path, "\n".join(["[designs.x]", *kept, line]))
    assert len(problems) == 1 and expected in problems[0]
    assert file.designs == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[desing]\n", "unknown table 'desing' in designs.toml. Did you mean 'design'"),
        ("[designs.x]\nplaces = 'every cell'", "in designs.toml lacks the key 'stream'"),
        ("designs = 3", "[designs] in designs.toml is 3; a table was expected."),
        ("[design]\n", "designs.toml has no designs; add a table such as"),
        ("[design]\ngiven = 'co2'", "'given' of [design] in designs.toml is 'co2'; expected"),
        ("[design]\nat = 'runs/none'", "is 'runs/none', which is no finished run"),
        ("[places]\na = 3", "'a' of [places] in designs.toml is no list of places"),
        ("[places]\nobserved = [{latitude = 1, longitude = 2}]", "has a name that stands for"),
        ("[places]\na = [{latitude = 100, longitude = 2}]", "'latitude' of place 1 of 'a' of"),
        ("[places]\na = [{latitude = 10}]", "'longitude' of place 1 of 'a' of [places] in "
         "designs.toml is None"),
        ("[places]\na = [{label='b', lat = 1, latitude = 1, longitude = 2}]",
         "unknown key 'lat' of place 'b' of 'a' of [places]"),
        ("[places]\na = [{label='b', latitude=1, longitude=2}, "
         "{label='b', latitude=3, longitude=2}]",
         "has 2 places with the label 'b'"),
        ("[greedy.g]\nchoose = 2", "[greedy.g] in designs.toml names no designs that give"),
        ("[greedy.g]\ndesigns = ['y']", "names the design 'y', which is not there"),
        ("[greedy.g]\ndesigns = ['grid']", "takes candidates from 'grid', a grid of 2 designs"),
        ("[greedy.g]\ndesigns = ['x']\nby = 'cell'", "'by' of [greedy.g] in designs.toml is"),
        ("[greedy.g]\ndesigns = ['x']\nchoose = 0", "'choose' of [greedy.g] in designs.toml is 0"),
        ("[greedy.g]\ndesigns = ['x']\ntargets = [1]", "'targets' of [greedy.g] in designs"),
        ("[greedy.g]\ndesigns = ['x']\ntarget = 'nep'", "unknown key 'target' of [greedy.g]"),
    ],
)  # fmt: skip
def test_what_is_wrong_elsewhere_is_a_sentence(tmp_path, text, expected):
    designs = (
        "\n[designs.x]\nstream = 'vod'\nplaces = 'every cell'\n"
        "[designs.grid]\nstream = 'vod'\nplaces = 'every cell'\nerror = [0.1, 0.2]\n"
    )
    alone = "designs" in text.split("\n")[0] or "no designs" in expected or "desing" in text
    _, problems = read(tmp_path, text if alone else text + designs)
    assert any(expected in problem for problem in problems), problems


def test_all_mistakes_are_told_together(tmp_path):
    text = WHOLE.replace("error = [0.5, 1.0, 2.0]", "error = 0").replace('"observed"', '"nowhere"')
    _, problems = read(tmp_path, text.replace("grid.cells", "[grid]\ncells"))
    assert len(problems) >= 3


def test_a_file_that_is_not_there_or_no_toml(tmp_path):
    with pytest.raises(UnknownComponent, match="no design file"):
        read_design(tmp_path / "none.toml", [])
    with pytest.raises(InvalidExperiment, match="is not valid TOML"):
        read_design(written(tmp_path, "[designs"), [])
