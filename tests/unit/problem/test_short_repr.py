"""Records print a few lines in place of their arrays."""

import numpy as np
import pytest
from cuts import demo_cut
from toy import toy_problem

from ccdas_framework.engines.autograd_engine import AutogradEngine
from ccdas_framework.posterior.gaussian_posterior import Posterior
from ccdas_framework.problem.short_repr import short_html, short_text

MOST = 1000  # characters of a text


def records():
    yield "reservoir", toy_problem(AutogradEngine())
    yield "3 parameters", Posterior(np.zeros(3), 0.25 * np.eye(3), np.eye(3), np.full(3, 4.0))
    yield "bethy", demo_cut(("co2",), grid__cells=2, time__days=31)


@pytest.mark.parametrize(("fact", "record"), list(records()), ids=lambda v: type(v).__name__)
def test_a_record_prints_a_few_lines(fact, record):
    text, page = repr(record), record._repr_html_()
    assert len(text) < MOST and fact in text
    assert page.startswith("<div>") and fact in page and page.count("<tr>") == text.count("\n")


def test_the_posterior_states_its_reduction():
    posterior = Posterior(np.zeros(3), 0.25 * np.eye(3), np.eye(3), np.full(3, 4.0))
    assert "50 %" in repr(posterior)


def test_html_escapes_names_and_leaves_out_what_is_empty():
    facts = {"a<b": "1 & 2", "nothing": "", "none": None, "zero": 0}
    assert "a&lt;b" in short_html("Title", facts) and "1 &amp; 2" in short_html("Title", facts)
    assert short_text("Title", facts).splitlines() == ["<Title>", "  a<b   1 & 2", "  zero  0"]
