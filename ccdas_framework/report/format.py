"""Numbers as text for people: in tables of the terminal with ASCII signs, on pages with others."""

from __future__ import annotations

import math
from typing import TypeGuard

NEGLIGIBLE = 1e-9  # of a scale: a rounding error


def significant(value: float | None, digits: int = 4) -> str:
    """A number in so many significant digits; a dash if it is missing or not finite."""
    return f"{value:.{digits}g}" if is_finite(value) else "-"


def fixed(value: float | None, decimals: int) -> str:
    """A number in so many decimals; a dash if it is missing or not finite."""
    return f"{value:.{decimals}f}" if is_finite(value) else "-"


def signed(value: float) -> str:
    """A number with its sign in three significant digits."""
    return f"{value:+.3g}"


def with_sd(value: float, sd: float) -> str:
    """A value and its standard deviation, '5.612 ± 0.43'; a rounding error is shown as 0.

    The value alone where there is no standard deviation (NaN).
    """
    if math.isnan(sd):
        return f"{value:.4g}"
    return f"{rounded_off(value, sd):.4g} ± {sd:.2g}"


def percent(share: float | None, decimals: int = 0) -> str:
    """A share in per cent; a dash if it is missing or not finite."""
    return f"{100.0 * share:.{decimals}f} %" if is_finite(share) else "-"


def reduction(sd: float, prior_sd: float, decimals: int = 1) -> str:
    """Uncertainty reduction, 1 - sd / prior_sd, in per cent; a dash if either is not known."""
    both_finite = math.isfinite(sd) and math.isfinite(prior_sd) and prior_sd > 0.0
    return percent(1.0 - sd / prior_sd, decimals) if both_finite else "-"


def interval(lower: float, upper: float) -> str:
    """'1.2 to 3.4'; a dash if there is no lower end."""
    return f"{lower:.4g} to {upper:.4g}" if is_finite(lower) else "-"


def clock(seconds: float) -> str:
    """A duration in minutes and seconds, '3:07'."""
    total = round(max(seconds, 0.0))
    return f"{total // 60}:{total % 60:02d}"


def rounded_off(value: float, scale: float) -> float:
    """0 for a value that is a rounding error of the scale, else the value."""
    return 0.0 if abs(value) < NEGLIGIBLE * abs(scale) < math.inf else value


def is_finite(value: float | None) -> TypeGuard[float]:
    """Whether there is a number and it is finite."""
    return value is not None and math.isfinite(value)


def page_number(value: float | None, digits: int = 4) -> str:
    """A number of a page in a few significant digits; a dash if it is missing or not finite."""
    if not is_finite(value):
        return "–"
    if value == 0.0:
        return "0"
    if 1e-3 <= abs(value) < 1e6:
        decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
        text = f"{value:,.{decimals}f}".replace(",", " ")
    else:
        text = f"{value:.{digits - 2}e}".replace("e-0", "e-").replace("e+0", "e")
    return text.replace("-", "−")


def page_cell(value: float | None) -> str:
    """A number of a table with many columns: counts in full, others in five digits."""
    if is_finite(value) and float(value).is_integer() and abs(value) < 1e6:
        return f"{int(value):,}".replace(",", " ").replace("-", "−")
    return page_number(value, 5)


def page_change(value: float | None, decimals: int) -> str:
    """A change of a page with its sign and so many decimals; 0 where these show nothing."""
    if not is_finite(value):
        return "–"
    text = f"{value:+.{decimals}f}".replace("-", "−")
    return text if any(digit in text for digit in "123456789") else "0"


def page_percent(share: float | None) -> str:
    """A share of a page in per cent; a dash if it is missing or not finite."""
    return f"{100.0 * share:.0f} %" if is_finite(share) else "–"
