"""The self-contained `report.html` of a run, made of the sections of all packages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..installed import registry
from ..io.atomic import write_text
from ..registry.plugin_registry import REPORT_SECTIONS
from ..registry.report_types import ReportSection
from ..registry.version import PACKAGE
from . import figures
from .drawing_packages import require
from .opened_run import OpenedRun, open_run
from .templates import rendered

LAST = "provenance"  # sections without a place of their own come before it


def write_report(folder: str | Path) -> Path:
    """`report.html` in the folder of a run, made from its files alone.

    Raises:
        ReportUnavailable: matplotlib or Jinja is not installed.
        InvalidInput: the folder is no run's.
    """
    require("jinja2", "matplotlib", product="report", command=f"ccdas report {folder}")
    run = open_run(folder)
    path = run.folder / "report.html"
    write_text(path, page(run))
    return path


def page(run: OpenedRun) -> str:
    """The report of a run as HTML."""
    import matplotlib  # optional

    files = run.files
    with matplotlib.rc_context(figures.STYLE):
        return rendered("template.html.j2", {
            "title": files.title,
            "folder": files.folder.name,
            "comment": files.experiment.get("comment", ""),
            "warnings": files.warnings(),
            "provenance": files.provenance,
            "date": files.date,
            "sections": page_sections(run),
        })  # fmt: skip


def page_sections(run: OpenedRun) -> list[dict[str, Any]]:
    """Name, title, navigation and body of each section in the order of the page."""
    made = {name: _made(name, make, run) for name, make in registry().report_sections.items()}
    sections = {name: section for name, section in made.items() if section is not None}
    return [
        {
            "name": name,
            "title": sections[name].title,
            "links": sections[name].links,
            "body": _body(sections[name]),
        }
        for name in in_order(sections)
    ]


def _made(
    name: str, make: Callable[[OpenedRun], ReportSection | None], run: OpenedRun
) -> ReportSection | None:
    """A section; one that fails says so, and the others remain."""
    package = registry().origin[REPORT_SECTIONS, name]
    try:
        section = make(run)
        if section is not None:
            _body(section)  # its figures are drawn where they can be reported
        return section
    except Exception as error:
        text = f"{package} could not make this section: {type(error).__name__}: {error}"
        return ReportSection(name, text=(text,))


def in_order(sections: Mapping[str, ReportSection]) -> list[str]:
    """Names of the sections, each after the one that it names, else before the last.

    Sections whose `after` names one that is not there count as without a place.
    """
    placed = [name for name, section in sections.items() if section.after not in sections]
    built_in = [n for n in placed if registry().origin.get((REPORT_SECTIONS, n)) == PACKAGE]
    others = [name for name in placed if name not in built_in]
    order = [name for name in built_in if name != LAST] + others
    order += [LAST] if LAST in built_in else []
    waiting = [name for name in sections if name not in order]
    while waiting:
        name = next((n for n in waiting if sections[n].after in order), waiting[0])
        after = sections[name].after
        order.insert(order.index(after) + 1 if after in order else len(order), name)
        waiting.remove(name)
    return order


def _body(section: ReportSection) -> str:
    drawn = [
        {"caption": caption, "uri": figures.as_uri(figure)}
        for caption, figure in section.figures.items()
    ]
    return rendered("section.html.j2", {"section": section, "figures": drawn})
