"""Tangent runs of a Jacobian are divided into batches of one size, as equal as they can be."""

from math import ceil

import pytest

from ccdas_framework.problem.jacobian import batch_size


@pytest.mark.parametrize(
    ("count", "most", "size"), [(28, 32, 28), (38, 32, 19), (43, 32, 22), (33, 16, 11), (1, 1, 1)]
)
def test_the_last_batch_has_few_tangents_that_stand_for_nothing(count, most, size):
    assert batch_size(count, most) == size
    batches = ceil(count / size)
    assert batches == ceil(count / most) and batches * size - count < batches
