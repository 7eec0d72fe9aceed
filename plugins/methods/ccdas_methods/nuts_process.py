"""Steps of the no-U-turn sampler in a process of their own, for a log density that is not traced.

The program of blackjax calls the log density from within JAX, where a callback holds a thread of
JAX. If the log density runs JAX itself, it may wait for this thread for ever
(https://github.com/jax-ml/jax/issues/24255). Here the steps run in another process, whose callback
asks this one for the log density.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from functools import cache
from typing import Any, BinaryIO

import numpy as np
from attrs import define, field, frozen

from ccdas_framework import Budget, CcdasError, SampledProblem

from .nuts_kernel import (
    Chain,
    Evaluate,
    KernelSettings,
    Steps,
    StepsOfChain,
    calling_steps,
    finite_density,
    traced_steps,
)

ASK, STEPS, STOPPED, ERROR = "log density?", "steps", "stopped", "error"  # kinds of answers
THREADS = 4  # of JAX in the process, so that a callback never holds the last one


# -- the process that asks ------------------------------------------------------------------------


@define(eq=False)
class StepsProcess:
    """A process that makes steps; the same one serves sampling after sampling."""

    process: subprocess.Popen[bytes] = field(init=False)

    @process.default
    def _started(self) -> subprocess.Popen[bytes]:
        variables = {
            "PYTHONPATH": os.pathsep.join(folder for folder in sys.path if folder),
            "JAX_PLATFORMS": "cpu",  # a graphics processor is for the model
            **dict.fromkeys(("NPROC", "PJRT_NPROC"), str(THREADS)),
        }
        return subprocess.Popen(
            [sys.executable, "-P", "-m", __name__],  # nothing from the folder it runs in
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **variables},
        )

    def steps(self, settings: KernelSettings, evaluate: Evaluate, *arguments: Any) -> Any:
        """Steps of a chain with the log density of this process.

        Raises:
            CcdasError: the process failed.
            BaseException: whatever `evaluate` raised, as it is.
        """
        answer = self._answered((settings, arguments))
        while answer[0] == ASK:
            try:
                reply = finite_density(evaluate, answer[1])
            except BaseException:  # also BudgetSpent and KeyboardInterrupt
                self._answered(None)
                raise
            answer = self._answered(reply)
        if answer[0] == ERROR:
            raise _failure(f"raised an error\n{answer[1]}")
        return answer[1]

    @property
    def alive(self) -> bool:
        """Whether the process can take further steps."""
        return self.process.poll() is None

    def _answered(self, message: Any) -> tuple[str, Any]:
        assert self.process.stdin and self.process.stdout
        try:
            _write(self.process.stdin, message)
            answer: tuple[str, Any] = pickle.load(self.process.stdout)
        except (EOFError, OSError, pickle.UnpicklingError) as problem:
            raise _failure(f"ended with the exit status {self._ended()}") from problem
        except BaseException:  # Ctrl-C between question and answer
            self._ended()
            raise
        return answer

    def _ended(self) -> int:
        self.process.kill()
        return self.process.wait()


def _failure(what: str) -> CcdasError:
    return CcdasError(
        f"sampler 'nuts': the process of its steps {what}. Its messages are on the standard error.",
        code="worker-died",
        where="sampler 'nuts'",
    )


def _write(stream: Any, message: Any) -> None:
    pickle.dump(message, stream)
    stream.flush()


_IDLE: list[StepsProcess] = []  # they end with this process, when their input ends


def _waiting_process() -> StepsProcess:
    """A process that waits for work, or a new one where none does."""
    while True:
        try:
            process = _IDLE.pop()
        except IndexError:  # none, or another thread took the last one
            return StepsProcess()
        if process.alive:  # it may have ended while it waited
            return process


def called_steps(evaluate: Evaluate, settings: KernelSettings) -> StepsOfChain:
    """Steps that call `evaluate`, which may run JAX itself."""

    def steps(*arguments: Any) -> tuple[Chain, Steps]:
        process = _waiting_process()
        try:
            result: tuple[Chain, Steps] = process.steps(settings, evaluate, *arguments)
        finally:
            if process.alive:
                _IDLE.append(process)
        return result

    return steps


@frozen(eq=False)
class Kernels:
    """Steps of a chain, as far as there are any of a log density that JAX traces.

    Args:
        called: call the log density.
        traced: compiled with the log density, or None.
        most: largest number of gradients of a step.
    """

    called: StepsOfChain
    traced: StepsOfChain | None
    most: int

    @classmethod
    def of(cls, problem: SampledProblem, settings: KernelSettings, trace: bool) -> Kernels:
        """Steps of a problem, traced ones only if `trace` is set and JAX can trace it."""
        called = called_steps(problem.log_density_and_gradient, settings)
        traced = None
        function = getattr(problem, "traced_log_density", None) if trace else None
        if function is not None:
            try:
                traced = traced_steps(function(), settings)
            except CcdasError as error:
                if error.code != "not-traceable":
                    raise
        return cls(called, traced, 2**settings.doublings)

    def traced_within(self, budget: Budget, count: int) -> StepsOfChain | None:
        """Traced steps where the budget allows for all that they may take; they do not ask it."""
        most = count * self.most
        return self.traced if budget.affordable("gradient", most) == most else None


# -- the process that makes the steps -------------------------------------------------------------


@define(eq=False)
class StepsServer:
    """Makes steps for the process that started it, until its input ends."""

    questions: BinaryIO
    answers: BinaryIO
    stopped: bool = False

    def evaluate(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """The log density of the other process and its gradient.

        Once that process wants no further steps there is no density, so that the steps end at
        once. An error would end them as well, but JAX prints it.
        """
        if not self.stopped:
            _write(self.answers, (ASK, x))
            reply: tuple[float, np.ndarray] | None = pickle.load(self.questions)
            if reply is not None:
                return reply
            self.stopped = True
        return -np.inf, np.zeros(len(x))

    def serve(self) -> None:
        """Answer one request after the other."""
        compiled: Callable[[KernelSettings], StepsOfChain] = cache(
            lambda settings: calling_steps(self.evaluate, settings)
        )
        while True:
            try:
                settings, arguments = pickle.load(self.questions)
            except EOFError:
                return
            self.stopped = False
            try:
                steps = compiled(settings)(*arguments)
            except Exception:
                _write(self.answers, (ERROR, traceback.format_exc()))
            else:
                _write(self.answers, (STOPPED, None) if self.stopped else (STEPS, steps))


def main() -> None:
    """Serve the process that started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is for the other process
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # for what libraries print
    StepsServer(sys.stdin.buffer, answers).serve()


if __name__ == "__main__":
    main()
