"""Numbers as text for people."""

import pytest

from ccdas_framework.report import format as text


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (text.significant(1234.567), "1235"),
        (text.significant(0.00123456, 3), "0.00123"),
        (text.significant(None), "-"),
        (text.significant(float("nan")), "-"),
        (text.fixed(2.0, 2), "2.00"),
        (text.fixed(None, 2), "-"),
        (text.signed(0.5), "+0.5"),
        (text.signed(-1234.5), "-1.23e+03"),
        (text.with_sd(5.6124, 0.432), "5.61 ± 0.43"),
        (text.with_sd(0.98, 0.0996), "0.98 ± 0.10"),
        (text.with_sd(123456.0, 2345.0), "123500 ± 2300"),
        (text.with_sd(4e-6, 1e-6), "4.0e-06 ± 1.0e-06"),
        (text.with_sd(1e-12, 8.8e-7), "0 ± 8.8e-07"),
        (text.with_sd(1e-12, 0.5), "0.00 ± 0.50"),
        (text.with_sd(-0.4, 68.0), "0 ± 68"),
        (text.rounded_sd(158.0), "160"),
        (text.rounded_sd(0.0996), "0.10"),
        (text.rounded_sd(float("nan")), "-"),
        (text.with_sd(2.1, float("nan")), "2.1"),
        (text.with_sd(3.0, float("inf")), "3 ± inf"),
        (text.cut_in_the_middle("turnover of biomass, tundra", 40), "turnover of biomass, tundra"),
        (text.cut_in_the_middle("day of leaf fall in the north, tundra", 25), "day of ... tundra"),
        (text.percent(0.256), "26 %"),
        (text.percent(0.256, 1), "25.6 %"),
        (text.percent(float("inf")), "-"),
        (text.reduction(0.25, 1.0), "75.0 %"),
        (text.reduction(0.25, 1.0, 0), "75 %"),
        (text.reduction(0.25, 0.0), "-"),
        (text.reduction(float("nan"), 1.0), "-"),
        (text.interval(1.0, 2.5), "1 to 2.5"),
        (text.interval(float("nan"), 2.5), "-"),
        (text.clock(187.4), "3:07"),
        (text.clock(-1.0), "0:00"),
        (text.page_pair(-12345.6, 12.3), ("−12 346", "12")),
        (text.page_pair(2.5, float("nan")), ("2.500", "")),
        (text.page_percent(0.256), "26 %"),
        (text.page_percent(None), "–"),
        (text.page_sd(4.387), "4.4"),
        (text.page_sd(None), "–"),
    ],
)
def test_numbers_as_text(written, expected):
    assert written == expected
