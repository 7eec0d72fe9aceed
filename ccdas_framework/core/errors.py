"""What a user can get wrong, said in sentences."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class CcdasError(Exception):
    """A mistake the user can mend; its text says what was found, where, and what to do."""


class UnknownComponent(CcdasError):
    """A name that no installed plugin answers to."""


class InvalidInput(CcdasError):
    """Input that cannot be used as it is."""


class PluginError(CcdasError):
    """A plugin that failed to load and was asked for."""


class ClosedOverValue(CcdasError):
    """A differentiated value reached a scan step by closure; its gradient would be lost."""


class NotANumber(CcdasError):
    """A NaN appeared; the text says in which stream, cell, day, class and term it began."""


class InvalidExperiment(CcdasError):
    """Everything wrong with an experiment, all of it found before the run starts.

    Args:
        problems: one sentence each.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        head = "1 problem" if count == 1 else f"{count} problems"
        lines = "\n".join(f"  {number}. {text}" for number, text in enumerate(self.problems, 1))
        super().__init__(f"{head} found before the run:\n{lines}")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """' Did you mean 'near'?' for the nearest of the known names, '' when none is near."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean '{near[0]}'?" if near else ""
