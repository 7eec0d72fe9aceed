"""The error of a product file that cannot be used."""

from __future__ import annotations

from pathlib import Path

from ccdas_framework import InvalidInput


def refusal(path: Path, code: str, name: str, message: str) -> InvalidInput:
    """The error about a part of a file.

    Args:
        path: of the file.
        code: kind of the error.
        name: of the column, variable or line; "" for the whole file.
        message: problem, expectation and remedy, after the path.
    """
    where = f"{path.name}: {name}" if name else path.name
    return InvalidInput(f"{path}: {message}", code=code, where=where)
