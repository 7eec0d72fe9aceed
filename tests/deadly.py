"""A model that kills its process, for tests of executors."""

import os
import signal
from pathlib import Path

from attrs import evolve, frozen
from toy import Reservoir, toy_problem

GROUPS = ((0, 1), (2, 3))


def divided(engine, executor=None, **changes):
    """The toy problem in four blocks and two groups."""
    problem = toy_problem(engine, blocks=4)
    forward = evolve(
        problem.forward, executor=executor, gradient_groups=GROUPS, workers=2, **changes
    )
    return evolve(problem, forward=forward)


@frozen
class Deadly(Reservoir):
    """A model that kills a process of workers, some times or whenever it sees a place."""

    place: float = 0.0
    folder: str = ""
    times: int = 1

    def run(self, parameters, drivers, xp):
        if drivers["deadly"] and self._lives():
            os.kill(os.getpid(), signal.SIGKILL)
        return super().run(parameters, {k: drivers[k] for k in ("inflow", "same_cell")}, xp)

    def _lives(self):
        from multiprocessing import parent_process

        if parent_process() is None:
            return False
        deaths = Path(self.folder)
        number = len(list(deaths.iterdir()))
        if number < self.times:
            (deaths / str(number)).touch()
        return number < self.times

    def prepare(self, forcing):
        deadly = bool((forcing.domain.grid.latitude == self.place).any())
        return {**super().prepare(forcing), "deadly": deadly}


def deadly_problem(engine, executor, folder, times):
    plain = divided(engine, executor)
    place = plain.blocks[3].domain.grid.latitude[0]
    model = Deadly(place=place, folder=str(folder), times=times)
    forward = plain.forward.with_model(model=model)
    drivers = evolve(forward.drivers, model=model)
    return evolve(plain, forward=evolve(forward, drivers=drivers))
