"""Workers of a cluster that compute and send no sign of life."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from attrs import define, field

from ..core.errors import CcdasWarning

SILENCE = 60.0  # of a worker, until the run says so (s)
BETWEEN_LOOKS = 10.0  # at the signs of life (s)


@define(eq=False)
class SilentWorkers:
    """Time since the last sign of life of each worker.

    Signs of life have the clock of the scheduler, so that only their changes count.
    """

    _last: dict[str, tuple[float, float]] = field(factory=dict, init=False)  # sign, time here (s)
    _named: set[str] = field(factory=set, init=False)
    _look: float = field(default=float("-inf"), init=False)

    def due(self, now: float) -> bool:
        """Whether it is time for a look; the next one is due later."""
        if now - self._look < BETWEEN_LOOKS:
            return False
        self._look = now
        return True

    def warnings(
        self, signs: Mapping[str, float], computing: Collection[str], now: float
    ) -> list[CcdasWarning]:
        """A warning of each worker that computes and is silent, once for each silence.

        Args:
            signs: worker -> time of its last sign of life, on any clock.
            computing: workers that compute.
            now: time of this process (s).
        """
        found = []
        for worker, sign in signs.items():
            last, since = self._last.get(worker, (None, now))
            if sign != last:
                self._last[worker] = (sign, now)
                self._named.discard(worker)
            elif worker in computing and now - since > SILENCE and worker not in self._named:
                self._named.add(worker)
                found.append(_silent(worker, now - since))
        return found


def _silent(worker: str, seconds: float) -> CcdasWarning:
    return CcdasWarning(
        f"worker {worker} computes a block and has sent no sign of life for {seconds:.0f} s: its "
        "process is stopped, or its machine does not answer. Dask gives it up after "
        "distributed.scheduler.worker-ttl, and the block is then built again on another worker. "
        "Ending the job of that worker does so at once.",
        code="silent-worker",
        where="compute.executor",
    )
