"""Options of the output of commands: quiet, verbose and JSON."""

from __future__ import annotations

import functools
import inspect
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer
from attrs import define, field

from ..core.errors import InvalidInput

if TYPE_CHECKING:
    from ..experiment.monitor import Monitor

QUIET = Annotated[
    bool, typer.Option("--quiet", "-q", help="Show no progress; warnings and errors remain.")
]
VERBOSE = Annotated[
    bool,
    typer.Option("--verbose", "-v", help="Show the log, messages of XLA and tracebacks as well."),
]
JSON = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
LOGGER = logging.getLogger("ccdas_framework")  # parent of the loggers of all modules
LOGGER.addHandler(logging.NullHandler())  # without --verbose and a run there is no log
LINE = "%(asctime)s %(levelname)s %(message)s"


@define(eq=False)
class Display:
    """Form of the output of one command.

    Args:
        quiet: no progress.
        verbose: the log on standard error, messages of XLA, and tracebacks of errors.
        as_json: results as JSON.
    """

    quiet: bool = False
    verbose: bool = False
    as_json: bool = False
    _monitor: Monitor | None = field(default=None, init=False)
    _until_end: ExitStack = field(factory=ExitStack, init=False)

    @property
    def monitor(self) -> Monitor:
        """Progress on standard error, unless `quiet`; it hears all work of this process."""
        if self._monitor is None:
            from ..experiment.monitor import Monitor
            from ..problem.work_progress import listening_to_work
            from ..terminal.progress import Console

            self._monitor = Monitor() if self.quiet else Console()
            self._until_end.enter_context(listening_to_work(self._monitor.work))
        return self._monitor

    @contextmanager
    def used(self) -> Iterator[None]:
        """Use this display until the end of the block."""
        token = _display.set(self)
        handler, level = logging.StreamHandler(sys.stderr), LOGGER.level
        handler.setFormatter(logging.Formatter(LINE))
        handler.addFilter(lambda record: record.levelno < logging.WARNING)  # those are printed
        if self.verbose:
            LOGGER.addHandler(handler)
            LOGGER.setLevel(logging.DEBUG)
        else:
            os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # messages of XLA: fatal ones only
        try:
            with self._until_end:
                yield
        except Exception:
            LOGGER.debug("traceback of the error", exc_info=True)
            raise
        finally:
            LOGGER.removeHandler(handler)
            LOGGER.setLevel(level)
            _display.reset(token)


_display: ContextVar[Display] = ContextVar("display")


def display() -> Display:
    """The display of the command that runs."""
    return _display.get(Display())


def progress() -> Monitor:
    """The progress display of the command that runs."""
    return display().monitor


def show(text: str, values: Callable[[], Mapping[str, Any]]) -> None:
    """Print the result of a command.

    Args:
        text: for people.
        values: the result for programs, called with `--json`.
    """
    if display().as_json:
        from ..outputs.study_folder import plain

        print(json.dumps(_finite(values()), default=plain, indent=2, ensure_ascii=False))
    else:
        print(text)


def _finite(value: Any) -> Any:
    """A value with null for numbers that are not finite, which JSON does not have."""
    if isinstance(value, Mapping):
        return {str(key): _finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    if getattr(getattr(value, "dtype", None), "kind", "") in ("M", "m"):
        return _finite(value.astype(str).tolist())
    if hasattr(value, "tolist"):  # an array or a number of numpy
        return _finite(value.tolist())
    return None if isinstance(value, float) and not abs(value) < float("inf") else value


def with_display(command: Callable[..., None], prints_results: bool) -> Callable[..., None]:
    """A command with the options `--quiet` and `--verbose`, and `--json` where it has a result."""
    signature = inspect.signature(command)
    options: dict[str, Any] = {"quiet": QUIET, "verbose": VERBOSE}
    if prints_results:
        options["json"] = JSON

    @functools.wraps(command)
    def shown(
        *args: Any, quiet: bool = False, verbose: bool = False, json: bool = False, **kwargs: Any
    ) -> None:
        if quiet and verbose:
            message = "--quiet and --verbose exclude each other; give one of them."
            raise InvalidInput(message, code="wrong-option", where="--quiet")
        with Display(quiet, verbose, json).used():
            command(*args, **kwargs)

    hints = {**get_type_hints(command, include_extras=True), **options}
    parameters = [
        *(p.replace(annotation=hints[name]) for name, p in signature.parameters.items()),
        *(
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=hint)
            for name, hint in options.items()
        ),
    ]
    del shown.__wrapped__  # its signature has no such options
    shown.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    shown.__annotations__ = hints
    return shown
