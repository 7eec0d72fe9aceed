"""Sources of kernels on disk, so that another process need not translate a step again."""

from __future__ import annotations

import hashlib
import json
import tempfile
import zlib
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from attrs import asdict, frozen

from .cache_files import move_in, read_whole
from .kernel_parts import Kernel
from .source import Leaf
from .step import Step

LEAVES = ("inputs", "outputs")  # of a kernel, lists of arrays


@frozen
class KernelFiles:
    """Kernels in a folder, named by the hash of all that they depend on.

    Args:
        folder: of the cache.
    """

    folder: Path

    def kernel(self, step: Step, key: tuple[Any, ...], make: Callable[[], Kernel]) -> Kernel:
        """The kernel of a step, from the folder or made and stored there.

        Args:
            step: as a graph.
            key: what is made of the step.
            make: translates it.
        """
        path = self.folder / f"{_name(step, key)}.kernel"
        contents = read_whole(path)
        if contents is not None:
            return _unpacked(contents)
        made = make()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self.folder) as aside:
                file = Path(aside) / "kernel"
                file.write_bytes(_packed(made))
                move_in(file, path)
        except OSError:  # the compilation warns of a folder that cannot be written
            pass
        return made


def _name(step: Step, key: tuple[Any, ...]) -> str:
    """Hash of a step, of what is made of it, and of the programs that translate it."""
    results = [nodes.tolist() for nodes in step.results]
    leaves = [asdict(leaf) for leaf in (*step.leaves, *step.outputs)]
    text = repr((key, step.graph.nodes, results, leaves, step.carries, step.hours, _programs()))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@cache
def _programs() -> str:
    """Hash of the modules of this package, and version of JAX, whose derivatives it takes."""
    import jax

    digest = hashlib.sha256(jax.__version__.encode())
    for path in sorted(files(__package__).iterdir(), key=lambda path: path.name):
        if path.name.endswith(".py"):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _packed(kernel: Kernel) -> bytes:
    parts = {name: [asdict(leaf) for leaf in getattr(kernel, name)] for name in LEAVES}
    return zlib.compress(json.dumps({"source": kernel.source, **parts}).encode(), level=1)


def _unpacked(contents: bytes) -> Kernel:
    parts = json.loads(zlib.decompress(contents))
    leaves = {
        name: [Leaf(**{**leaf, "shape": tuple(leaf["shape"])}) for leaf in parts[name]]
        for name in LEAVES
    }
    return Kernel(parts["source"], **leaves)
