"""A run's results as one page that opens in any browser."""

from .drawing_packages import ReportUnavailable
from .html import write_report

__all__ = ["ReportUnavailable", "write_report"]
