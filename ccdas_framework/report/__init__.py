"""A run's results as one page that opens in any browser."""

from .html import ReportUnavailable, write_report

__all__ = ["ReportUnavailable", "write_report"]
