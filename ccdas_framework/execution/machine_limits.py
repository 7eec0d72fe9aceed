"""Cores and memory that this process may use: the smallest of several limits.

A container or a job sees the whole machine and may use a part of it. The kernel, the control group
and the queue each state a limit.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from math import ceil
from pathlib import Path

KIBIBYTE, MEBIBYTE = 1024, 1024**2
NO_LIMIT = 2**60  # bytes; version 1 of control groups writes such a number for "no limit"
SLURM_CORES = ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE")  # of the task, else of the node


def core_limits(root: Path, environment: Mapping[str, str], affinity: int) -> dict[str, int]:
    """Cores by the name of what limits them, at least one each.

    Args:
        root: of the file system, "/".
        environment: variables of the process.
        affinity: cores that the kernel lets the process use.
    """
    limits = {"affinity": affinity}
    for folder in _control_groups(root, "cpu"):
        for quota, period in (_words(folder / "cpu.max"), _quota_of_version_1(folder)):
            if quota > 0 and period > 0:
                _lower(limits, "control group", max(1, ceil(quota / period)))
    for name in SLURM_CORES:
        value = environment.get(name, "")
        if value.isdecimal() and int(value) > 0:
            _lower(limits, name, int(value))
            break
    return limits


def memory_limits(root: Path, environment: Mapping[str, str], cores: int) -> dict[str, int]:
    """Bytes of memory by the name of what limits them; empty where nothing is known.

    Args:
        root: of the file system, "/".
        environment: variables of the process.
        cores: that the process may use.
    """
    limits: dict[str, int] = {}
    for line in _text(root / "proc/meminfo").splitlines():
        if line.startswith("MemTotal:"):
            _lower(limits, "machine", int(line.split()[1]) * KIBIBYTE)
    for folder in _control_groups(root, "memory"):
        for file in ("memory.max", "memory.limit_in_bytes"):
            text = _text(folder / file).strip()
            if text.isdecimal() and int(text) < NO_LIMIT:
                _lower(limits, "control group", int(text))
    for name, times in (("SLURM_MEM_PER_NODE", 1), ("SLURM_MEM_PER_CPU", cores)):
        value = environment.get(name, "")
        if value.isdecimal() and int(value) > 0:  # 0 stands for the whole node
            _lower(limits, name, int(value) * MEBIBYTE * times)
    return limits


def cores() -> int:
    """Cores that this process may use, which a job on a cluster shares with others."""
    return min(core_limits(Path("/"), os.environ, _affinity()).values())


def memory() -> tuple[int, str] | None:
    """Bytes of memory that this process may use, and what limits them; None where unknown."""
    limits = memory_limits(Path("/"), os.environ, cores())
    return min(((size, name) for name, size in limits.items()), default=None)


def _affinity() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    if hasattr(os, "sysconf"):  # systems without affinity
        return max(1, int(os.sysconf("SC_NPROCESSORS_ONLN")))
    return int(os.environ.get("NUMBER_OF_PROCESSORS", "1"))


def _control_groups(root: Path, controller: str) -> Iterator[Path]:
    """Folders of the control groups of this process, with those that hold them."""
    mount = root / "sys/fs/cgroup"
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, names, path = line.split(":", 2)
        if names and controller not in names.split(","):
            continue
        tops = [mount] if not names else [mount / names, mount / controller]
        for top in tops:
            folder = top / path.lstrip("/")
            while folder != top:
                yield folder
                folder = folder.parent
            yield top  # all that a container sees of its own


def _words(path: Path) -> tuple[int, int]:
    """Quota and period of `cpu.max`; no quota is -1."""
    words = _text(path).split()
    if len(words) != 2 or not words[0].isdecimal():
        return -1, 1
    return int(words[0]), int(words[1])


def _quota_of_version_1(folder: Path) -> tuple[int, int]:
    quota = _text(folder / "cpu.cfs_quota_us").strip()
    period = _text(folder / "cpu.cfs_period_us").strip()
    return (int(quota), int(period)) if quota.isdecimal() and period.isdecimal() else (-1, 1)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:  # another system, or no such controller
        return ""


def _lower(limits: dict[str, int], name: str, value: int) -> None:
    limits[name] = min(value, limits.get(name, value))
