"""Design files: grids of designs, and every mistake is a finding before anything runs."""

import numpy as np
import pytest
from findings import codes, raises_finding

from ccdas_framework.compare.design_file import read_design
from ccdas_framework.core.errors import Findings, InvalidExperiment, UnknownComponent

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
    findings = Findings()
    return read_design(written(tmp_path, text), findings), findings


def test_a_list_stands_for_one_design_each(tmp_path):
    file, findings = read(tmp_path, WHOLE)
    assert not findings
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
    ("line", "finding"),
    [
        ("error = 0.0", ("wrong-value", "designs.x.error")),
        ("error = [1.0, -2.0]", ("wrong-value", "designs.x.error")),
        ("error = inf", ("wrong-value", "designs.x.error")),
        ('error = "small"', ("wrong-value", "designs.x.error")),
        ("error = true", ("wrong-value", "designs.x.error")),
        ("error = []", ("wrong-value", "designs.x.error")),
        ('places = "towrs"', ("wrong-value", "designs.x.places")),
        ("places = 3", ("wrong-value", "designs.x.places")),
        ('sampling = "weekly"', ("wrong-value", "designs.x.sampling")),
        ("every = 0", ("wrong-value", "designs.x.every")),
        ('start = "soon"', ("wrong-value", "designs.x.start")),
        ('start = "2010-02-01"\nend = "2010-01-01"', ("reversed-period", "designs.x")),
        ("stream = 4", ("wrong-value", "designs.x.stream")),
        ("errors = 1.0", ("unknown-key", "designs.x.errors")),
        ("settings = 1", ("wrong-value", "designs.x.settings")),
    ],
)
def test_a_wrong_design_is_refused(tmp_path, line, finding):
    table = {"stream": '"vod"', "places": '"every cell"'}
    lines = [f"{key} = {value}" for key, value in table.items() if not line.startswith(f"{key} ")]
    file, findings = read(tmp_path, "\n".join(["[designs.x]", *lines, line]))
    assert codes(findings) == [finding]
    assert file.designs == ()


DESIGNS = """
[designs.x]
stream = "vod"
places = "every cell"
[designs.grid]
stream = "vod"
places = "every cell"
error = [0.1, 0.2]
"""


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("[desing]\n" + DESIGNS, ("unknown-section", "desing")),
        ("[designs.x]\nplaces = 'every cell'", ("missing-key", "designs.x.stream")),
        ("designs = 3", ("wrong-value", "designs")),
        ("[design]\n", ("missing-key", "designs")),
        ("[design]\ngiven = 'co2'" + DESIGNS, ("wrong-value", "design.given")),
        ("[design]\nat = 'runs/none'" + DESIGNS, ("no-finished-run", "design.at")),
        ("[places]\na = 3" + DESIGNS, ("wrong-value", "places.a")),
        (
            "[places]\nobserved = [{latitude = 1, longitude = 2}]" + DESIGNS,
            ("reserved-name", "places.observed"),
        ),
        (
            "[places]\na = [{latitude = 100, longitude = 2}]" + DESIGNS,
            ("wrong-value", "places.a[1].latitude"),
        ),
        ("[places]\na = [{latitude = 10}]" + DESIGNS, ("missing-key", "places.a[1].longitude")),
        (
            "[places]\na = [{label='b', lat = 1, latitude = 1, longitude = 2}]" + DESIGNS,
            ("unknown-key", "places.a[1].lat"),
        ),
        (
            "[places]\na = [{label='b', latitude=1, longitude=2}, "
            "{label='b', latitude=3, longitude=2}]" + DESIGNS,
            ("repeated-label", "places.a"),
        ),
        ("[greedy.g]\nchoose = 2" + DESIGNS, ("missing-key", "greedy.g.designs")),
        ("[greedy.g]\ndesigns = ['y']" + DESIGNS, ("unknown-design", "greedy.g.designs")),
        ("[greedy.g]\ndesigns = ['grid']" + DESIGNS, ("several-designs", "greedy.g.designs")),
        ("[greedy.g]\ndesigns = ['x']\nby = 'cell'" + DESIGNS, ("wrong-value", "greedy.g.by")),
        ("[greedy.g]\ndesigns = ['x']\nchoose = 0" + DESIGNS, ("wrong-value", "greedy.g.choose")),
        (
            "[greedy.g]\ndesigns = ['x']\ntargets = [1]" + DESIGNS,
            ("wrong-value", "greedy.g.targets"),
        ),
        (
            "[greedy.g]\ndesigns = ['x']\ntarget = 'nep'" + DESIGNS,
            ("unknown-key", "greedy.g.target"),
        ),
    ],
)
def test_other_mistakes_are_refused(tmp_path, text, finding):
    _, findings = read(tmp_path, text)
    assert finding in codes(findings)


def test_all_mistakes_are_reported_together(tmp_path):
    text = WHOLE.replace("error = [0.5, 1.0, 2.0]", "error = 0").replace('"observed"', '"nowhere"')
    _, findings = read(tmp_path, text.replace("grid.cells", "[grid]\ncells"))
    assert len(findings) >= 3


def test_a_missing_file_and_invalid_toml_are_refused(tmp_path):
    with raises_finding("missing-file", "none.toml", UnknownComponent):
        read_design(tmp_path / "none.toml", Findings())
    with raises_finding("invalid-toml", "designs.toml", InvalidExperiment):
        read_design(written(tmp_path, "[designs"), Findings())
