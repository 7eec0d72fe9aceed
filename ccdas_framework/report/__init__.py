"""A run's results as one page that opens in any browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .drawing_packages import ReportUnavailable

if TYPE_CHECKING:
    from .html import write_report

__all__ = ["ReportUnavailable", "write_report"]


def __getattr__(name: str) -> Any:
    if name == "write_report":  # slow to import, and most modules need `report.format` alone
        from .html import write_report

        return write_report
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
