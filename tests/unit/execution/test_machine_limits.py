"""Cores and memory are the smallest of affinity, control group, SLURM and machine."""

import re
from pathlib import Path

import pytest

import ccdas_framework
from ccdas_framework.execution.machine_limits import core_limits, cores, memory, memory_limits

GB = 1024**3
MACHINE = {"proc/meminfo": f"MemTotal: {64 * GB // 1024} kB\nMemFree: 1 kB\n"}
V2 = {"proc/self/cgroup": "0::/jobs/mine\n"}
V1 = {"proc/self/cgroup": "5:memory:/job\n3:cpu,cpuacct:/job\n1:name=systemd:/\n"}
UNLIMITED = str(2**63 - 4096)

# files below the root, environment, affinity -> cores and what limits them, memory likewise
TREES = {
    "machine alone": (MACHINE, {}, 8, (8, "affinity"), (64 * GB, "machine")),
    "version 2": (
        {
            **MACHINE,
            **V2,
            "sys/fs/cgroup/jobs/mine/cpu.max": "250000 100000\n",
            "sys/fs/cgroup/jobs/mine/memory.max": "max\n",
            "sys/fs/cgroup/jobs/memory.max": f"{3 * GB}\n",  # of the group above
        },
        {}, 8, (3, "control group"), (3 * GB, "control group"),
    ),
    "version 1": (
        {
            **MACHINE,
            **V1,
            "sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us": "50000\n",
            "sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/job/memory.limit_in_bytes": f"{2 * GB}\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": UNLIMITED,
        },
        {}, 8, (1, "control group"), (2 * GB, "control group"),
    ),
    "version 1 without limits": (
        {
            **MACHINE,
            **V1,
            "sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/job/memory.limit_in_bytes": UNLIMITED,
        },
        {}, 8, (8, "affinity"), (64 * GB, "machine"),
    ),
    "container that sees its own group alone": (
        {**MACHINE, **V2, "sys/fs/cgroup/cpu.max": "400000 100000\n",
         "sys/fs/cgroup/memory.max": f"{5 * GB}\n"},
        {}, 36, (4, "control group"), (5 * GB, "control group"),
    ),
    "SLURM": (
        MACHINE,
        {"SLURM_CPUS_PER_TASK": "2", "SLURM_CPUS_ON_NODE": "16", "SLURM_MEM_PER_CPU": "1024"},
        36, (2, "SLURM_CPUS_PER_TASK"), (2 * GB, "SLURM_MEM_PER_CPU"),
    ),
    "SLURM with the memory of a node": (
        MACHINE, {"SLURM_CPUS_ON_NODE": "16", "SLURM_MEM_PER_NODE": "8192"},
        36, (16, "SLURM_CPUS_ON_NODE"), (8 * GB, "SLURM_MEM_PER_NODE"),
    ),
}  # fmt: skip


def smallest(limits):
    return min((value, name) for name, value in limits.items())


@pytest.mark.parametrize("name", TREES)
def test_the_smallest_limit_counts(tmp_path, name):
    files, environment, affinity, expected_cores, expected_memory = TREES[name]
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    found = smallest(core_limits(tmp_path, environment, affinity))
    assert found == expected_cores
    assert smallest(memory_limits(tmp_path, environment, found[0])) == expected_memory


def test_nothing_is_known_of_an_empty_root(tmp_path):
    assert core_limits(tmp_path, {}, 4) == {"affinity": 4}
    assert memory_limits(tmp_path, {"SLURM_MEM_PER_NODE": "0"}, 4) == {}


def test_this_machine_has_limits(monkeypatch):
    assert cores() >= 1 and memory()[0] > 0
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "1")
    assert cores() == 1


def test_no_code_counts_the_cores_of_the_machine():
    root = Path(ccdas_framework.__file__).parents[1]
    asked = re.compile(r"\bcpu_count\b")
    for name in ("ccdas_framework", "plugins", "benchmarks", "scripts"):
        paths = [p for p in (root / name).rglob("*.py") if "tests" not in p.parts]
        assert paths, name  # a folder that is gone would hide its code
        assert not [p for p in paths if asked.search(p.read_text(encoding="utf-8"))]


def test_more_workers_than_cores_and_more_memory_than_there_is_are_warned_of(monkeypatch):
    from ccdas_framework.config.sections import ComputeSection
    from ccdas_framework.core.errors import CcdasWarning
    from ccdas_framework.experiment.machine_warnings import warn_of_machine

    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "1")
    monkeypatch.setenv("SLURM_MEM_PER_NODE", "1024")
    with pytest.warns(CcdasWarning) as told:
        warn_of_machine(ComputeSection(workers=2, memory="4 GB"))
    expected = [
        ("more-workers-than-cores", "compute.workers"),
        ("more-than-memory", "compute.memory"),
    ]
    assert [(w.message.code, w.message.where) for w in told] == expected
    assert "1 core." in str(told[0].message) and "SLURM_MEM_PER_NODE" in str(told[1].message)
