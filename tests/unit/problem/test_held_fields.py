"""Fields at one point are held within a limit; blocks beyond it run again."""

import numpy as np

from ccdas_framework.problem.held_fields import HeldFields


class Blocks:
    """A problem that counts the runs of each block."""

    def __init__(self, held_bytes):
        self.forward, self.held_bytes, self.runs = self, held_bytes, []

    def block_fields(self, x, block):
        self.runs.append(block)
        return {"a": np.full(10, float(block))}  # 80 bytes


def test_the_first_blocks_are_held_and_others_run_again():
    problem = Blocks(held_bytes=170)
    fields = HeldFields(problem, np.zeros(1))
    for _ in range(2):
        for block in range(4):
            assert fields(block)["a"][0] == block
            assert fields(block)["a"][0] == block
    assert problem.runs == [0, 1, 2, 3, 2, 3]
