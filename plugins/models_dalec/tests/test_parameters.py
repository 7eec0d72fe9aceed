"""Priors lie inside the published ranges."""

import numpy as np
from ccdas_models_dalec import Dalec
from ccdas_models_dalec.parameters import CLASSES, RANGES

DEPARTURES = {"s_woo", "s_som"}  # not of the publication


def test_medians_and_one_sd_around_them_are_inside_the_published_range():
    for model in (Dalec(), Dalec(start="pools")):
        for parameter in model.parameters:
            if parameter.name in DEPARTURES:
                continue
            lower, upper = RANGES[parameter.name]
            for element in parameter.elements():
                median, above = float(element.mean), float(element.mean) + float(element.sd)
                if parameter.transform == "identity":
                    below = 2.0 * median - above
                elif parameter.transform == "shifted_log":
                    below = 1.0 + (median - 1.0) ** 2 / (above - 1.0)
                else:
                    below = median**2 / above
                assert lower <= below <= median <= above <= upper, element


def test_all_but_dates_are_log_normal():
    others = {p.name for p in Dalec().parameters if p.transform not in ("log", "shifted_log")}
    assert others == {"d_onset", "d_fall"}


def test_about_twenty_parameters_are_active():
    active = [p for p in Dalec().parameters if p.active]
    assert len(active) == 24
    # the 23 of Bloom and Williams (2015), table 1
    assert len(Dalec(start="pools", water="none").parameters) == 23


def test_each_plant_type_has_a_value():
    classes = {label for group in CLASSES for label in group}
    assert classes == set(range(1, 14))
    for parameter in Dalec(start="pools").parameters:
        if parameter.index == "class":
            assert {label for group in parameter.groups for label in group} == classes


def test_settings_change_what_can_be_optimised():
    names = {p.name for p in Dalec(water="none").parameters}
    assert not names & {"iWUE", "omega", "q_foc", "W_0"}
    assert {p.name for p in Dalec().parameters if not p.active} == {"W_0"}
    started = {p.name for p in Dalec(start="pools").parameters if p.active}
    assert started > {"C_lab", "C_fol", "C_roo", "C_woo", "C_lit", "C_som", "W_0"}
    assert not started & DEPARTURES


def test_each_parameter_has_a_source_and_finite_medians():
    assert all(p.source for p in Dalec().parameters)
    assert np.isfinite([m for p in Dalec().parameters for m in np.atleast_1d(p.mean)]).all()
