"""One problem and one finished run that several tests look at."""

import pytest
from cuts import few_parameters


@pytest.fixture(scope="session")
def cut():
    """Three streams on three cells and forty days."""
    return few_parameters()


@pytest.fixture(scope="session")
def problem(cut):
    return cut.build()


@pytest.fixture(scope="session")
def finished(cut, tmp_path_factory):
    """A run of two iterations, and what it said on the way."""
    from ccdas_framework.experiment.monitor import Monitor

    class Recorder(Monitor):
        def __init__(self):
            self.stages, self.iterations = [], []

        def stage(self, text):
            self.stages.append(text)

        def iteration(self, iteration, seconds, most):
            self.iterations.append(iteration)

    heard = Recorder()
    experiment = few_parameters(
        optimiser__iterations=2, optimiser__distance=1e-9
    )  # fmt: skip
    out = tmp_path_factory.mktemp("run") / "finished"
    return experiment.run(out, monitor=heard), heard
