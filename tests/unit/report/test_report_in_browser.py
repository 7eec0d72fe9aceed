"""The report in headless Chromium: on a desktop, on a phone and on paper."""

import re

import pytest

from ccdas_framework.report import write_report

from .browser import CHROMIUM, measured, pages_printed
from .runs import global_run

pytest.importorskip("matplotlib", reason="the extra `report` is not installed")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is not installed: `apt-get install chromium`"
)
DESKTOP, PHONE = (1280, 800), (390, 844)  # px
SCREENS = 2.0  # within which the first map begins
PAPER = (688, 1017)  # px, A4 less margins of 14 mm
WIDE = "<table><tr>" + "<td>correlation_of_anomalies</td>" * 13 + "</tr></table>"
LAYOUT = """
const box = (element) => element.getBoundingClientRect();
const image = document.querySelector("figure img");
return {
  width: innerWidth, scrolled: document.documentElement.scrollWidth,
  map: box(image).top + scrollY,
  alt: image.alt, blocked, loaded: performance.getEntriesByType("resource").map((r) => r.name),
  broken: [...document.images].filter((i) => i.src && !i.naturalWidth).length,
  navigation: Math.max(...[...document.querySelectorAll("nav a")].map((a) => box(a).right)),
};
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = global_run(tmp_path_factory.mktemp("browser") / "world")
    return write_report(folder).read_text(encoding="utf-8")


@pytest.mark.parametrize(("width", "height"), [DESKTOP, PHONE])
def test_the_page_fits_the_window_and_begins_with_a_map(page, tmp_path, width, height):
    layout = measured(page, LAYOUT, tmp_path, width, height)
    assert layout["width"] == width
    assert layout["scrolled"] <= width
    assert 0.0 < layout["navigation"] <= width
    assert layout["map"] < SCREENS * height
    assert "map" in layout["alt"] or "mean of the window" in layout["alt"]
    assert layout["broken"] == 0


def test_nothing_is_requested_from_outside_the_page(page, tmp_path):
    layout = measured(page, LAYOUT, tmp_path, *DESKTOP)
    assert layout["blocked"] == []
    assert all(name.startswith("data:") for name in layout["loaded"])


def test_an_outside_request_would_be_seen_and_is_blocked(page, tmp_path):
    spoilt = page.replace("</main>", '<img src="http://127.0.0.1:9/x.png"></main>')
    assert measured(spoilt, LAYOUT, tmp_path, *DESKTOP)["blocked"] == ["http://127.0.0.1:9/x.png"]


def test_a_click_on_a_heading_sorts_a_table_by_its_numbers(page, tmp_path):
    column = """
    const table = document.querySelector("#parameters").parentElement.querySelector("table");
    const heads = [...table.tHead.rows[0].cells];
    const n = heads.findIndex((head) => head.textContent.startsWith("shift"));
    const shown = () => [...table.tBodies[0].rows].map((row) => row.cells[n].textContent);
    heads[n].click(); const rising = shown();
    heads[n].click(); const falling = shown();
    return {rising, falling, sort: heads[n].ariaSort};
    """
    found = measured(page, column, tmp_path)
    rising, falling = (
        [float(text.replace("−", "-")) for text in found[order]] for order in ("rising", "falling")
    )
    assert len(rising) == 12 and rising == sorted(rising)
    assert falling == sorted(falling, reverse=True)
    assert found["sort"] == "descending"


def test_a_total_stays_the_last_row(page, tmp_path):
    script = """
    const table = [...document.querySelectorAll("table")].find((t) => t.querySelector(".total"));
    const head = table.tHead.rows[0].cells[1];
    const last = () => [...table.tBodies[0].rows].at(-1).className;
    head.click(); const rising = last(); head.click();
    return [rising, last()];
    """
    assert measured(page, script, tmp_path) == ["total", "total"]


def test_a_click_on_a_figure_enlarges_it_and_another_closes_it(page, tmp_path):
    script = """
    const image = document.querySelector("figure img"), dialog = document.querySelector("dialog");
    const width = image.getBoundingClientRect().width;
    image.click();
    const large = dialog.querySelector("img");
    const found = {open: dialog.open, same: large.src === image.src, width,
                   enlarged: large.getBoundingClientRect().width};
    dialog.querySelector("button").click();
    return {...found, closed: !dialog.open};
    """
    found = measured(page, script, tmp_path, *PHONE)
    assert found["open"] and found["same"] and found["closed"]
    assert found["enlarged"] > 2.0 * found["width"]


def test_folded_parts_are_printed(page, tmp_path):
    assert "<details>" in page
    opened = page.replace("<details>", "<details open>")
    removed = re.sub(r"<details>.*?</details>", "", page, flags=re.DOTALL)
    pages = pages_printed(page, tmp_path)
    assert pages == pages_printed(opened, tmp_path)
    assert pages > pages_printed(removed, tmp_path)


def test_no_figure_and_no_table_is_cut_on_paper(page, tmp_path):
    """Figures that fit a page are not divided, as `break-inside` is `avoid`."""
    on_paper = page.replace("@media print", "@media all").replace("</main>", WIDE + "</main>")
    script = """
    dispatchEvent(new Event("beforeprint"));
    await Promise.all([...document.images].map((image) => image.src && image.decode()));
    const box = (element) => element.getBoundingClientRect();
    const boxes = (what) => [...document.querySelectorAll(what)].map(box);
    return {
      folded: document.querySelectorAll("details:not([open])").length,
      figures: boxes("figure").map((b) => [b.width, b.height]),
      together: [...document.querySelectorAll("figure, tr")].every(
        (e) => getComputedStyle(e).breakInside === "avoid"),
      right: Math.max(...boxes("table, img").map((b) => b.right)),
    };
    """
    found = measured(on_paper, script, tmp_path, *PAPER)
    assert found["folded"] == 0 and found["together"]
    assert len(found["figures"]) > 10
    assert all(0 < width <= PAPER[0] and 0 < height <= PAPER[1]
               for width, height in found["figures"])  # fmt: skip
    assert found["right"] <= PAPER[0]
