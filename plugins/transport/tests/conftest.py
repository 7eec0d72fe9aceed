"""Expected refusals, by code and place."""

from contextlib import contextmanager

import pytest

from ccdas_framework import InvalidInput


@pytest.fixture
def refusal():
    """A function: a context that expects InvalidInput of a code, at a place that ends so."""

    @contextmanager
    def expect(code, where=""):
        with pytest.raises(InvalidInput) as error:
            yield
        assert error.value.code == code
        assert error.value.where.endswith(where)

    return expect
