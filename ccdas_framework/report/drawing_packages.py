"""The optional packages that draw figures and pages."""

from __future__ import annotations

from importlib import import_module

from ..core.errors import CcdasError


class ReportUnavailable(CcdasError):
    """A package of the extra `report` is not installed."""

    default_code = "missing-package"


def require(*packages: str, product: str, command: str = "") -> None:
    """Raise `ReportUnavailable` where a package is not installed.

    Args:
        packages: names of the modules.
        product: that needs them, "report" or "figure".
        command: that repeats it, once they are installed.
    """
    for package in packages:
        try:
            import_module(package)
        except ImportError as cause:
            raise ReportUnavailable(
                f"The {product} needs {cause.name}, which is not installed. All other results are "
                f'complete. For the {product}, `pip install "ccdas-framework[report]"`'
                + (f" and then `{command}`." if command else "."),
                where=str(cause.name),
            ) from cause
