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
    """A value rounded to its standard deviation, '5.61 ± 0.43'; see `rounded_pair`."""
    rounded, of_sd = rounded_pair(value, sd)
    return f"{rounded} ± {of_sd}" if of_sd else rounded


def rounded_pair(value: float, sd: float) -> tuple[str, str]:
    """A value and its standard deviation with the decimals of two digits of the latter.

    The second text is empty where there is no standard deviation (NaN). Without a finite one above
    zero the value has four significant digits.
    """
    if math.isnan(sd):
        return f"{value:.4g}", ""
    if not (math.isfinite(value) and 0.0 < sd < math.inf):
        return f"{value:.4g}", f"{sd:.2g}"
    decimals = 1 - int(f"{sd:.1e}".partition("e")[2])
    largest = max(abs(value), sd)
    if decimals <= 6 and largest < 1e6:
        digits = max(decimals, 0)
        rounded = round(value, decimals) + 0.0  # no negative zero
        return f"{rounded:.{digits}f}", f"{round(sd, decimals):.{digits}f}"
    significant_digits = min(max(decimals + math.floor(math.log10(largest)), 0), 7)
    rounded = rounded_off(value, sd) if round(value, decimals) else 0.0
    return f"{rounded:.{significant_digits}e}" if rounded else "0", f"{sd:.1e}"


def rounded_sd(sd: float) -> str:
    """A standard deviation as `with_sd` writes it; a dash if it is not finite."""
    return rounded_pair(0.0, sd)[1] if is_finite(sd) else "-"


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


def cut_in_the_middle(text: str, most: int) -> str:
    """A text of at most so many characters, which keeps whole words of its beginning and end."""
    if len(text) <= most:
        return text
    half = (most - 5) // 2
    return f"{text[:half].rsplit(' ', 1)[0]} ... {text[-half:].split(' ', 1)[-1]}"


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


def page_pair(value: float, sd: float) -> tuple[str, str]:
    """A value of a page rounded to its standard deviation, and this; "" where there is none."""
    if not (is_finite(value) and is_finite(sd)):
        return page_number(value), "" if sd is None or math.isnan(sd) else page_number(sd, 3)
    texts = (_with_signs(text) for text in rounded_pair(value, sd))
    return next(texts), next(texts)


def _with_signs(number: str) -> str:
    """A number with the minus sign of a page and spaces between thousands."""
    digits, exponent, power = number.partition("e")
    whole, point, decimals = digits.partition(".")
    sign, size = whole[: whole.startswith("-")], whole.lstrip("-")
    grouped = f"{int(size):,}".replace(",", " ")
    shortened = power.replace("-0", "-").replace("+0", "").replace("+", "")
    return f"{sign}{grouped}{point}{decimals}{exponent}{shortened}".replace("-", "−")


def page_sd(sd: float | None) -> str:
    """A standard deviation of a page in two digits; a dash if it is missing or not finite."""
    return page_pair(0.0, sd)[1] if is_finite(sd) else "–"


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
