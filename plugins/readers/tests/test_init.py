"""From files of towers and a table of sites to an experiment."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from ccdas_framework import load_experiment

FOLDER = "fluxnet/FLX_{0}_FLUXNET2015_FULLSET_{1}_beta-3"
FLUXNET = FOLDER + "/FLX_{0}_FLUXNET2015_FULLSET_DD_{1}_beta-3.csv"
BFT, GDS = FLUXNET.format("IT-BFt", "2019-2020"), FLUXNET.format("DK-Gds", "2020-2020")
SITES = """id,latitude,longitude,elevation,igbp,utc_offset,texture
IT-BFt,45.1978,10.7420,23,DBF,1,loam
DK-Gds,56.0737,9.3341,86,ENF,1,loamy sand
"""
BADM = """SITE_ID,GROUP_ID,VARIABLE_GROUP,VARIABLE,DATAVALUE
IT-BFt,1,GRP_LOCATION,LOCATION_LAT,45.1978
IT-BFt,1,GRP_LOCATION,LOCATION_LONG,10.7420
IT-BFt,1,GRP_LOCATION,LOCATION_ELEV,23
IT-BFt,2,GRP_IGBP,IGBP,DBF
IT-BFt,3,GRP_SOIL_TEX,SOIL_TEX_SAND,40
IT-BFt,3,GRP_SOIL_TEX,SOIL_TEX_SILT,40
IT-BFt,3,GRP_SOIL_TEX,SOIL_TEX_CLAY,20
IT-BFt,4,GRP_SOIL_TEX,SOIL_TEX_SAND,90
"""
PAGE = Path(__file__).resolve().parents[min(3, len(Path(__file__).resolve().parents) - 1)] / (
    "docs/own-data.md"
)


@pytest.fixture
def towers(products, tmp_path, monkeypatch):
    """Files of both towers and their table, in the working folder."""
    monkeypatch.chdir(tmp_path)
    for name in (BFT, GDS):
        (tmp_path / Path(name).name).symlink_to(products / name)
    (tmp_path / "sites.csv").write_text(SITES)
    return [Path(name).name for name in (BFT, GDS)]


@pytest.fixture
def init(ccdas, towers):
    def call(*options, sites="sites.csv", files=towers, out="new"):
        return ccdas("init", "--towers", *files, "--sites", sites, "--out", out, *options)

    return call


def test_two_towers_become_an_experiment_that_loads(init, tmp_path):
    code, said, error = init("--obs", "flux,sm")
    assert code == 0, error
    assert {p.name for p in (tmp_path / "new").rglob("*")} == {
        "experiment.toml", "sites.csv", "inputs", "forcing.nc", "flux.nc", "sm.nc"
    }  # fmt: skip
    experiment = load_experiment(tmp_path / "new/experiment.toml", engine="autograd")
    grid = experiment.forcing.domain.grid
    assert grid.cells == 2 and list(grid.column_class) == [4, 5]
    assert experiment.config.time.days == 366  # 2020, the year that both have
    assert set(experiment.observations) == {"flux", "sm"}
    assert set(experiment.observations["sm"].label) == {"IT-BFt"}
    assert experiment.operators["sm"].product == "in_situ"
    targets = experiment.config.targets  # no sums over the nominal area of a tower
    assert (targets.regions, targets.statistic) == ("cells", "mean")
    assert GDS.split("/")[-1] in said  # it has no soil moisture


def test_a_tower_of_ameriflux_base_becomes_an_experiment(products, init, tmp_path):
    """The first day of the sample, made to be all days of a year, which the climate needs."""
    (tmp_path / "crt.csv").write_text(
        "id,latitude,longitude,elevation,igbp,utc_offset,texture\n"
        "US-CRT,41.6285,-83.3471,180,CRO,-5,clay loam\n"
    )
    sample = products / "ameriflux_base/AMF_US-CRT_BASE_HH_2-5.csv"
    *top, header = sample.read_text().splitlines()[:3]
    rows = [line.split(",", 2)[2] for line in sample.read_text().splitlines()[3:51]]
    times = np.datetime64("2011-01-01T00:00") + 30 * np.arange(365 * 48 + 1)
    stamps = [re.sub(r"[-T:]", "", str(time)) for time in times]
    lines = [f"{stamps[n]},{stamps[n + 1]},{rows[n % 48]}" for n in range(365 * 48)]
    file = tmp_path / sample.name
    file.write_text("\n".join([*top, header, *lines]) + "\n")
    code, _, error = init("--obs", "sm", sites="crt.csv", files=[file])
    assert code == 0, error
    experiment = load_experiment(tmp_path / "new/experiment.toml", engine="autograd")
    assert experiment.config.time.days == 365 and experiment.operators["sm"].product == "in_situ"
    assert set(experiment.observations["sm"].label) == {"US-CRT"}


def test_the_forcing_has_the_soil_of_the_table(init, tmp_path):
    assert init("--obs", "flux")[0] == 0
    with xr.open_dataset(tmp_path / "new/inputs/forcing.nc") as forcing:
        # loam and loamy sand of Rawls et al. (1982)
        assert forcing.theta_sat.values.tolist() == [0.463, 0.437]
        assert forcing.saturated_conductivity.values.tolist() == [320.0, 1469.0]
        assert forcing.elevation.values.tolist() == [23.0, 86.0]
        assert forcing.column_fraction.values.tolist() == [1.0, 1.0]


def test_a_badm_file_is_a_table_of_sites(init, towers, tmp_path):
    (tmp_path / "badm.csv").write_text(BADM)
    code, _, error = init("--obs", "sm", sites="badm.csv", files=towers[:1])
    assert code == 0, error
    with xr.open_dataset(tmp_path / "new/inputs/forcing.nc") as forcing:
        assert forcing.latitude.values.tolist() == [45.1978]
        assert forcing.theta_sat.values.tolist() == [0.463]  # 40, 40 and 20 per cent are loam


@pytest.mark.parametrize("column", ["elevation", "igbp", "texture"])
def test_what_the_table_lacks_is_asked_for_by_name(init, ccdas, tmp_path, column):
    rows = [line.split(",") for line in SITES.splitlines()]
    position = rows[0].index(column)
    lines = [",".join(v for n, v in enumerate(row) if n != position) for row in rows]
    (tmp_path / "few.csv").write_text("\n".join(lines) + "\n")
    code, _, error = init("--obs", "flux", sites="few.csv")
    assert code == 2 and ccdas.findings == [("missing-site-values", "few.csv")]
    assert column in error and "IT-BFt" in error and "DK-Gds" in error
    assert not (tmp_path / "new").exists() and not list(tmp_path.glob(".new*"))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [("loamy sand", "gravel", "unknown-class"), ("ENF", "FIR", "unknown-class"),
     ("ENF", "WAT", "bare-site")],
)  # fmt: skip
def test_wrong_soils_and_classes_are_refused(init, ccdas, tmp_path, old, new, code):
    (tmp_path / "wrong.csv").write_text(SITES.replace(old, new))
    assert init("--obs", "flux", sites="wrong.csv")[0] == 2
    assert ccdas.findings == [(code, "wrong.csv: DK-Gds")]


def test_grass_of_a_dry_climate_needs_the_share_of_c4(products, ccdas, tmp_path):
    """Half of the rain of IT-BFt would be that of a dry climate."""
    file = tmp_path / Path(BFT).name
    header, *lines = (products / BFT).read_text().splitlines()
    rain = header.split(",").index("P_F")
    rows = [line.split(",") for line in lines]
    dry = [[*row[:rain], "0.1", *row[rain + 1 :]] for row in rows]
    file.write_text("\n".join([header, *(",".join(row) for row in dry)]) + "\n")
    (tmp_path / "sites.csv").write_text(SITES.replace("DBF", "GRA"))
    options = ("init", "--towers", file, "--sites", tmp_path / "sites.csv", "--out", tmp_path / "n")
    code, _, error = ccdas(*options)
    assert code == 2 and ccdas.findings == [("missing-site-values", "sites.csv")]
    assert "c4_fraction" in error


def test_a_stream_that_the_files_do_not_give_is_refused(init, ccdas):
    assert init("--obs", "vod")[0] == 2 and ccdas.findings == [("unknown-stream", "--obs")]


def test_a_folder_with_files_is_kept(init, ccdas, tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "new/mine.txt").write_text("mine")
    assert init("--obs", "flux")[0] == 2 and ccdas.findings == [("folder-not-empty", "--out")]
    assert (tmp_path / "new/mine.txt").read_text() == "mine"


def test_no_tower_has_the_quantity(init, ccdas, towers):
    assert init("--obs", "sm", files=towers[1:])[0] == 2
    assert [code for code, _ in ccdas.findings] == ["missing-variable"]


def test_an_example_is_copied_once(ccdas, tmp_path):
    pytest.importorskip("ccdas_recipes")
    options = ("init", "--example", "demo", "--out", tmp_path / "new")
    assert ccdas(*options)[0] == 0
    assert "[model]" in (tmp_path / "new/demo.toml").read_text()
    assert ccdas(*options)[0] == 2 and ccdas.findings == [("file-exists", "--out")]


def test_either_files_or_an_example(ccdas, tmp_path):
    assert ccdas("init", "--out", tmp_path / "new")[0] == 2
    assert ccdas.findings == [("wrong-option", "--towers")]
    assert ccdas("init", "--towers", tmp_path / "a.csv", "--out", tmp_path / "new")[0] == 2
    assert ccdas.findings == [("missing-option", "--sites")]


@pytest.mark.skipif(not PAGE.is_file(), reason="the page is in the repository")
def test_the_page_on_own_data_runs_as_shown(towers, ccdas):
    """All of its commands but those that run the model."""
    text = PAGE.read_text(encoding="utf-8")
    (table,) = re.findall(r'^```csv title="sites.csv"\n(.*?)^```$', text, re.M | re.S)
    Path("sites.csv").write_text(table)
    said = ""
    section = text.partition("## Other files")[0]
    for block in re.findall(r"^```sh\n(.*?)^```$", section, re.M | re.S):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line)
            if words[1] in ("init", "data"):
                code, output, error = ccdas(*words[1:])
                assert code == 0, f"{line}: {error}"
                said += output
    for shown in re.findall(r'^```text title="(?:init|check)"\n(.*?)^```$', section, re.M | re.S):
        for part in shown.split("...\n"):
            assert part in said
    assert load_experiment("my_experiment/experiment.toml", engine="autograd").operators


def test_a_tower_of_plumber2_takes_its_soil_from_the_table(products, ccdas, tmp_path, monkeypatch):
    """The file has no flux: soil moisture and fluxes come from other files."""
    monkeypatch.chdir(tmp_path)
    name = "AU-ASM_2011-2017_OzFlux_Met.nc"
    (tmp_path / name).symlink_to(products / "plumber2" / name)
    table = "id,latitude,longitude,elevation,igbp,utc_offset,texture,c4_fraction\n"
    (tmp_path / "sites.csv").write_text(f"{table}AU-ASM,0,0,600,SAV,9.5,sand,\n")
    command = ("data", "import", "plumber2", name, "--out", "forcing.nc", "--set=with_ground=true")
    code, _, error = ccdas(*command, "--set=sites=sites.csv")
    assert code == 2 and ccdas.findings[0][0] == "missing-site-values" and "c4_fraction" in error
    (tmp_path / "sites.csv").write_text(f"{table}AU-ASM,0,0,600,SAV,9.5,sand,0.5\n")
    code, _, error = ccdas(*command, "--set=sites=sites.csv")
    assert code == 0, error
    with xr.open_dataset("forcing.nc") as forcing:
        assert forcing.theta_sat.values.tolist() == [0.437]  # sand of Rawls et al. (1982)
        assert abs(float(forcing.latitude[0]) + 22.28) < 0.01  # the file, not the table
        assert set(forcing.column_class.values.tolist()) >= {10}  # C4 grass
