"""Codes and places of findings, which tests assert in place of wording."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ccdas_framework.core.errors import CcdasError, Finding


def codes(source: Any) -> list[tuple[str, str]]:
    """(code, place) of each finding of an exception, of `pytest.raises`, or of a collection."""
    error = getattr(source, "value", source)
    findings: Iterable[Finding] = error.findings if isinstance(error, CcdasError) else error
    return [(finding.code, finding.where) for finding in findings]


@contextmanager
def raises_finding(
    code: str, where: Any = "", kind: type[CcdasError] = CcdasError
) -> Iterator[pytest.ExceptionInfo[CcdasError]]:
    """The block raises one finding of this code and place.

    Args:
        code: of the finding.
        where: place of the finding; a path may be given as it is.
        kind: class of the exception.
    """
    with pytest.raises(kind) as caught:
        yield caught
    assert codes(caught) == [(code, str(where))], str(caught.value)
