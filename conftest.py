"""Count of the tests that read real data files."""

import os

import pytest

FIXTURES = {"data", "products"}  # of conftest files: folders of CCDAS_DATA
FOLDERS = ("plugins/readers/", "plugins/recipes_ccdas/", "tests/unit/experiment/test_installed")
PROPERTY = "real files"


def reads_real_files(item):
    """Whether a test needs the folder of the environment variable CCDAS_DATA."""
    if any("CCDAS_DATA" in mark.kwargs.get("reason", "") for mark in item.iter_markers("skipif")):
        return True
    return item.nodeid.startswith(FOLDERS) and bool(FIXTURES & set(item.fixturenames))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if reads_real_files(item):
        report.user_properties.append((PROPERTY, True))
    return report


def pytest_terminal_summary(terminalreporter):
    """A line with the number of tests on real files that ran and that were skipped."""
    ran, skipped = set(), set()
    for report in (each for reports in terminalreporter.stats.values() for each in reports):
        if (PROPERTY, True) not in map(tuple, getattr(report, "user_properties", ())):
            continue
        if report.skipped:
            skipped.add(report.nodeid)
        elif report.when == "call":
            ran.add(report.nodeid)
    if ran or skipped:
        folder = os.environ.get("CCDAS_DATA") or "no folder; CCDAS_DATA is not set"
        terminalreporter.write_line(
            f"tests on real files: {len(ran)} ran, {len(skipped)} skipped ({folder})"
        )


@pytest.fixture(scope="session", autouse=True)
def auto_without_kernels():
    """`auto` stands for JAX or autograd in the tests, whose few columns are not worth a kernel.

    Tests of engine `native` name it. A process that a test starts has the engine of a user.
    """
    try:
        from ccdas_native.engine import NativeEngine
    except ImportError:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NativeEngine, "auto_rank", None)
        yield
