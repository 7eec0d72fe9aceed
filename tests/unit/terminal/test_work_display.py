"""Work in progress on a stream of text, with the share done."""

import io
import time

import pytest

from ccdas_framework.problem.work_progress import Work, in_parts, listening_to_work, work_in_parts
from ccdas_framework.terminal.work_display import (
    BETWEEN_LINES,
    PATIENCE_LINE,
    WorkDisplay,
)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def display(stream, terminal=False):
    return WorkDisplay(stream, terminal, before=lambda: None)


def test_short_work_gives_no_line():
    stream = io.StringIO()
    shown = display(stream)
    with listening_to_work(shown.update), work_in_parts("Jacobian", 2) as work:
        work.part_done()
        shown.show(work.began + 0.5 * PATIENCE_LINE)
    assert stream.getvalue() == ""


def test_long_work_gives_a_line_now_and_then_and_one_at_its_end():
    stream = io.StringIO()
    shown = display(stream)
    with listening_to_work(shown.update), work_in_parts("Jacobian", 3) as work:
        work.part_done()
        for seconds in (PATIENCE_LINE, PATIENCE_LINE + 1.0, PATIENCE_LINE + BETWEEN_LINES):
            shown.show(work.began + seconds)
        work.part_done()
        work.part_done()
    lines = stream.getvalue().splitlines()
    assert [line.split(":")[0].strip() for line in lines] == ["Jacobian"] * 3
    assert "1 of 3" in lines[0] and "1 of 3" in lines[1] and "3 of 3" in lines[2]


def test_a_long_part_is_shown_before_it_ends(monkeypatch):
    monkeypatch.setattr("ccdas_framework.terminal.work_display.PATIENCE_LINE", 0.05)
    stream = io.StringIO()
    with listening_to_work(display(stream).update), work_in_parts("compiling", 3):
        deadline = time.monotonic() + 10.0
        while not stream.getvalue() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert "0 of 3" in stream.getvalue()


def test_a_terminal_has_a_bar_that_other_text_replaces():
    pytest.importorskip("rich")
    stream = Terminal()
    shown = display(stream, terminal=True)
    with listening_to_work(shown.update), work_in_parts("Jacobian", 4) as work:
        work.part_done()
        shown.show(work.began + 30.0)
        assert "Jacobian" in stream.getvalue() and "1/4" in stream.getvalue()
        shown.hide()
        assert shown.bars._progress is None


def test_items_of_a_loop_are_parts():
    heard = []
    with listening_to_work(lambda work: heard.append((work.done, work.parts, work.ended))):
        assert list(in_parts("streams", ("a", "b"))) == ["a", "b"]
    assert heard == [(0, 2, False), (1, 2, False), (2, 2, False), (2, 2, True)]


def test_work_that_fails_ends():
    ended = []
    with (
        pytest.raises(ZeroDivisionError),
        listening_to_work(lambda work: ended.append(work.ended)),
        work_in_parts("Jacobian", 2),
    ):
        raise ZeroDivisionError
    assert ended == [False, True]


def test_work_whose_loop_an_error_has_left_ends_with_the_listening():
    ended, kept = [], in_parts("streams", ("a", "b"))
    with listening_to_work(lambda work: ended.append(work.ended)):
        next(kept)  # as the traceback of an error keeps it
    assert ended == [False, True]


def test_a_listener_hears_work_once_however_often_it_listens():
    heard = []
    with (
        listening_to_work(heard.append),
        listening_to_work(heard.append),
        work_in_parts("drivers", 1),
    ):
        pass
    assert len(heard) == 2  # start and end
    assert isinstance(heard[0], Work)
