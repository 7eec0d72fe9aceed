"""Names of classes, regions and places in settings: unknown ones are refused before the run."""

import pytest
from cuts import ANY_STATION, SHORT
from findings import codes

from ccdas_framework import load_experiment
from ccdas_framework.core.errors import InvalidExperiment


def demo(streams, **settings):
    overrides = {key.replace("__", "."): value for key, value in settings.items()}
    return load_experiment("demo", streams, engine="autograd", settings={**SHORT, **overrides})


@pytest.mark.parametrize("setting", ["beta_regions", "root_zone_regions"])
def test_a_region_that_no_cell_has_is_refused_with_the_nearest_name(setting):
    with pytest.raises(InvalidExperiment) as caught:
        demo(["sm"], **{f"model__{setting}": ["Europe", "Azia"]})
    assert codes(caught) == [("unknown-region", f"model.{setting}")]
    assert "'Asia'" in str(caught.value) and "Global" in str(caught.value)


@pytest.mark.parametrize("regions", ["Asia", ["Asia", "Global"]])
def test_regions_of_the_forcing_file_are_accepted_where_a_run_uses_other_cells(regions):
    experiment = demo(["sm"], model__beta_regions=regions, grid__select={"region": "Africa"})
    assert set(experiment.forcing.domain.grid.region) == {"Africa"}
    assert "Asia" in experiment.model.beta_regions


@pytest.mark.parametrize(
    ("stream", "setting"), [("sif", "needle_classes"), ("sm", "forest_classes")]
)
def test_a_class_that_the_model_lacks_is_refused(stream, setting):
    with pytest.raises(InvalidExperiment) as caught:
        demo([stream], **{f"streams__{stream}__{setting}": [5, 60]})
    assert codes(caught) == [("unknown-class", f"streams.{stream}.{setting}")]
    accepted = demo([stream], **{f"streams__{stream}__{setting}": [6]})
    assert getattr(accepted.operators[stream], setting) == (6,)


def test_a_station_without_observations_is_refused_with_the_nearest_name():
    with pytest.raises(InvalidExperiment) as caught:
        demo(["co2"], **ANY_STATION, streams__co2__surface_stations=["SPO", "MLU"])
    assert codes(caught) == [("unknown-place", "streams.co2.surface_stations")]
    assert "'MLO'" in str(caught.value)
    accepted = demo(["co2"], **ANY_STATION, streams__co2__surface_stations="MLO")
    assert accepted.operators["co2"].surface_stations == ("MLO",)


def test_defaults_may_name_places_without_observations():
    assert "SUM" in demo(["co2"], **ANY_STATION).operators["co2"].surface_stations


def test_a_default_may_be_written_out():
    places = demo(["co2"], **ANY_STATION).operators["co2"].surface_stations
    written = demo(["co2"], **ANY_STATION, streams__co2__surface_stations=list(places))
    assert written.operators["co2"].surface_stations == places


def test_names_of_several_settings_are_reported_together():
    with pytest.raises(InvalidExperiment) as caught:
        demo(
            ["sif", "sm"], model__beta_regions="Nowhere", streams__sif__needle_classes=[99],
            streams__sm__forest_classes=[98],
        )  # fmt: skip
    assert len(codes(caught)) == 3
