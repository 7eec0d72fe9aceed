"""The control table: numbers, transforms and which plants share what."""

import numpy as np
import pytest
from ccdas_models_bethy import Bethy
from ccdas_models_bethy.plant_types import PLANT_TYPES

from ccdas_framework.core.parameters import prior_step


def elements(table):
    return {
        label: element
        for p in table.values()
        for label, element in zip(p.labels, p.elements(), strict=True)
    }


TABLE = {p.name: p for p in Bethy(**Bethy.presets["ccdas"]).parameters}
ELEMENTS = elements(TABLE)
CURRENT = {p.name: p for p in Bethy().parameters}


def test_eighty_two_active_controls_of_the_published_system():
    # of the 102 entries of the full system 76 and 86-102 belong to operators, 74 and 75 to FAPAR
    assert sum(element.active for element in ELEMENTS.values()) == 82
    assert [p.name for p in TABLE.values() if not p.active] == ["f_ci", "l_w"]


def test_both_tables_have_the_same_parameters_but_for_the_exchange_of_soil_layers():
    assert set(CURRENT) - set(TABLE) == {"s_D"}
    assert set(TABLE) - set(CURRENT) == {"k_ex"}
    assert all(p.units == CURRENT[name].units for name, p in TABLE.items() if name in CURRENT)


@pytest.mark.parametrize(
    ("label", "step"),
    [
        ("V_m[4]", 0.1823216),
        ("tau_W[1,3,7]", 0.2876821),
        ("tau_W[2]", 0.2876821),
        ("tau_W[9,10,12,13]", 0.4054651),
        ("f_s", 0.9808293),
    ],
)
def test_one_sigma_step_of_the_control(label, step):
    assert prior_step(ELEMENTS[label])[1] == pytest.approx(step, rel=1e-6)


def test_soil_controls_leave_with_the_scheme_that_uses_them():
    names = {p.name for p in Bethy(hydrology="bucket").parameters}
    assert not names & {"s_b", "s_K", "s_D", "k_ex", "b_i"}
    assert "s_rd" in names


def test_measured_humidity_has_no_humidity_controls():
    assert not {"r_h0", "r_d0"} & {p.name for p in Bethy(humidity="forcing").parameters}


# T_phi (°C), T_r (K), k_L (d-1), tau_W (d) of each plant type, 0 where its phenology has none;
# parameter files of the CCDAS V2 source
PHENOLOGY = {
    1: (0.0, 0.0, 0.0, 180.0),
    2: (0.0, 0.0, 0.0, 90.0),
    3: (0.0, 0.0, 0.0, 180.0),
    4: (10.0, 2.0, 0.1, 0.0),
    5: (10.0, 2.0, 0.003, 0.0),
    6: (10.0, 2.0, 0.1, 0.0),
    7: (0.0, 0.0, 0.0, 180.0),
    8: (8.0, 2.0, 0.1, 0.0),
    9: (2.0, 0.5, 0.1, 30.0),
    10: (2.0, 0.5, 0.1, 30.0),
    11: (10.0, 2.0, 0.003, 0.0),
    12: (2.0, 0.5, 0.1, 30.0),
    13: (15.0, 2.0, 0.1, 30.0),
}


@pytest.mark.parametrize("plant", PLANT_TYPES, ids=lambda plant: plant.name)
def test_each_plant_type_has_the_parameters_of_its_phenology(plant):
    needed = {"A": {"tau_W"}, "B": {"T_phi", "T_r", "t_c", "t_r", "k_L"}}
    needed["C"] = {"T_phi", "T_r", "k_L", "tau_W"}
    expected = dict(zip(("T_phi", "T_r", "k_L", "tau_W"), PHENOLOGY[plant.number], strict=True))
    for name in needed[plant.phenology]:
        shared = [e for e in TABLE[name].elements() if plant.number in e.groups[0]]
        assert len(shared) == 1
        if name in expected:
            assert shared[0].mean == expected[name]


def test_each_parameter_names_its_source_its_meaning_and_its_process():
    for table in (TABLE, CURRENT):
        assert all(p.source and p.long_name and p.process for p in table.values())
    assert TABLE["V_m"].process == "photosynthesis" and TABLE["k_L"].process == "leaf area"


@pytest.mark.parametrize("table", [TABLE, CURRENT], ids=["ccdas", "literature"])
def test_guard_rails_are_far_from_the_prior(table):
    for element in elements(table).values():
        lower, upper = element.bounds
        assert lower < element.mean < upper
        if element.transform == "identity" and np.isfinite(lower):
            assert (element.mean - lower) / element.sd > 3.0
