"""The code of the page on models that cannot be traced runs, and its two models agree."""

from pathlib import Path

import numpy as np
from unit.docs.test_docs import code_blocks

PAGE = Path(__file__).parents[3] / "docs" / "authors" / "black-boxes.md"


def test_the_models_of_the_page_pass_their_suite_and_agree():
    names = {"__name__": "black_boxes"}
    for language, _, code in code_blocks(PAGE.read_text(encoding="utf-8")):
        if language == "python":
            exec(compile(code, str(PAGE), "exec"), names)
    generator = np.random.default_rng(1)
    drivers = {"rain": generator.gamma(2.0, 2.0, (20, 3))}
    parameters = {"k": np.array([0.1, 0.2, 0.3]), "w_0": np.full(3, 40.0)}
    first = names["Bucket"]().run(parameters, drivers, np)["runoff"]
    second = names["DifferentiatedBucket"]().record(parameters, drivers)[0]["runoff"]
    assert np.array_equal(first, second)
    assert first.sum() > 0.0
