"""Periods of targets: which days of the window they cover."""

from __future__ import annotations

import re

import numpy as np

from ..config.target_tables import ANNUAL
from ..core.domain import Domain
from ..core.errors import InvalidInput, did_you_mean

SEASONS = ("DJF", "MAM", "JJA", "SON")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
INITIALS = "".join(name[0] for name in MONTHS)
DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")  # a year, a month or a day


def period_days(period: str, domain: Domain) -> np.ndarray:
    """Which days of lead and window a period covers, shape (time,); none of the lead.

    Args:
        period: "annual" (the whole window), initials of three or more months in a row ("JJA"), the
            name of a month (in every year of the window both), a year, month or day ("2010",
            "2010-07", "2010-07-15"), or a first and a last one ("2010-07..2010-09").
        domain: where and when.

    Raises:
        InvalidInput: it says nothing, or ends before it begins.
    """
    in_window = np.arange(domain.days) >= domain.lead
    if period == ANNUAL:
        return in_window
    months = months_of(period)
    if months:
        return in_window & np.isin(domain.month_of_year, months)
    dates = dates_of(period)
    if dates is None:
        words = (ANNUAL, *SEASONS, *MONTHS)
        raise InvalidInput(
            f"'{period}' is no period.{did_you_mean(period, words)} Expected \"annual\", initials "
            'of months such as "JJA", the name of a month, a date such as "2010" or "2010-07", or '
            'two with two dots between them, "2010-07..2010-09".',
            code="unknown-period",
            where=period,
        )
    if dates[1] < dates[0]:
        raise InvalidInput(
            f"the period '{period}' ends before it begins; exchange its two dates.",
            code="reversed-period",
            where=period,
        )
    days: np.ndarray = in_window & (domain.time >= dates[0]) & (domain.time <= dates[1])
    return days


def months_of(period: str) -> list[int]:
    """Numbers 1..12 of the months that a season or the name of a month stands for."""
    if period in MONTHS:
        return [MONTHS.index(period) + 1]
    if not 3 <= len(period) <= 11:
        return []
    first = (INITIALS + INITIALS).find(period)
    return [] if first < 0 else [(first + n) % 12 + 1 for n in range(len(period))]


def dates_of(period: str) -> tuple[np.datetime64, np.datetime64] | None:
    """First and last day of a dated period; None where it is none."""
    first, dots, last = period.partition("..")
    ends = []
    for text in (first, last if dots else first):
        if not DATE.fullmatch(text.strip()):
            return None
        try:
            ends.append(np.datetime64(text.strip()))
        except ValueError:  # 2010-13
            return None
    return ends[0].astype("M8[D]"), (ends[1] + 1).astype("M8[D]") - 1
