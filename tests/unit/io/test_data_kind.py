"""The attributes that say whether data were measured."""

import pytest

from ccdas_framework.io.data_kind import MEASURED, SUBSTITUTE, SYNTHETIC, DataKind, least_direct


@pytest.mark.parametrize(
    "kind", [DataKind(MEASURED), DataKind(SYNTHETIC), DataKind(SUBSTITUTE, "SMOS soil moisture")]
)
@pytest.mark.parametrize("prefix", ["", "forcing_"])
def test_attributes_give_the_kind_back(kind, prefix):
    assert DataKind.of(kind.attributes(prefix), prefix) == kind


def test_a_file_without_the_attribute_declares_no_kind():
    assert DataKind.of({"synthetic": "yes"}) is None
    assert DataKind.of({"data_kind": "guessed"}) is None


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError):
        DataKind("guessed")


@pytest.mark.parametrize(
    ("synthetic", "substitute_for", "kind"),
    [
        ("no", "", DataKind(MEASURED)),
        ("no: towers", "SMOS", DataKind(SUBSTITUTE, "SMOS")),
        ("yes: from a generator", "", DataKind(SYNTHETIC)),
        ("yes: built from biomass", "SMOS L-VOD", DataKind(SUBSTITUTE, "SMOS L-VOD")),
    ],
)
def test_a_record_declares_its_kind(synthetic, substitute_for, kind):
    assert DataKind.declared(synthetic, substitute_for) == kind


def test_several_files_are_as_direct_as_the_least_direct_one():
    measured, towers = DataKind(MEASURED), DataKind(SUBSTITUTE, "SMOS soil moisture")
    assert least_direct([measured, measured]) == measured
    assert least_direct([measured, towers]) == towers
    assert least_direct([towers, DataKind(SYNTHETIC)]) == DataKind(SYNTHETIC)
    assert least_direct([measured, None]) is None
    assert least_direct([]) is None
