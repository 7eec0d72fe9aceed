"""Speed, memory and work of BETHY beside a stored measurement.

    python benchmarks/bench.py [--quick] [--only SECTION ...] [--store]

Forward run and gradient on every engine beside the limit in C++ (limit/), counts of the compiled
work, compilation, the demonstration, workers and memory. Compared calls take turns. Tables go to
OUT/bench.md and all numbers to OUT/bench.json. The exit code is 1 where a count has grown.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import baseline
import bench_report as report
from attrs import define, field

SECTIONS = ("speed", "counts", "days", "demo", "workers", "memory")
QUICK = ("speed", "counts")
MACHINE = (500, 8)  # columns and steps whose speed in C++ tells one machine from another
ROOT = Path(__file__).parents[1]


@define
class Bench:
    """Figures and tables of a measurement.

    Args:
        out: folder of the results.
        columns, steps: of the model where engines are compared.
        work: columns and steps where compiled work is counted.
        repeats: of each timed call.
        engines: names, or None for all that work here.
        about: command, versions and machine.
        ratios, counts: by name; larger is worse.
        details: further numbers by section.
        tables: Markdown by heading.
    """

    out: Path
    columns: list[int]
    steps: list[int]
    work: list[tuple[int, int]]
    repeats: int
    engines: list[str] | None
    about: dict[str, str]
    ratios: dict[str, float] = field(factory=dict)
    counts: dict[str, float] = field(factory=dict)
    details: dict[str, object] = field(factory=dict)
    tables: dict[str, str] = field(factory=dict)

    def show(self, heading: str, text: str) -> None:
        """Print a table and keep it."""
        self.tables[heading] = text
        print(f"\n### {heading}\n\n{text}", flush=True)

    def speed(self) -> None:
        """Engines beside the limit."""
        from model_speed import DAYS, LIMIT, engines, speed

        made, speeds = engines(self.engines), []
        for steps in self.steps:
            library = None
            for columns in self.columns:
                days = DAYS.get(columns, 10)
                print(f"... {steps} steps, {columns} columns", flush=True)
                found, library = speed(columns, days, steps, made, self.repeats, library)
                speeds.append(found)
                self.keep_speed(found)
                if (columns, steps) == MACHINE and found.limited:
                    self.about["limit"] = f"{found.rate(LIMIT, 'forward'):.4g}"
                self.tables["Model"] = report.speed_table(speeds)
                self.write()
        self.counts["native.loops left to JAX"] = sum(s.fallbacks for s in speeds)
        self.counts["engines that differ from C++"] = sum(s.disagreements for s in speeds)
        self.details["speed"] = [
            {"columns": s.columns, "days": s.days, "steps": s.steps,
             "seconds": {f"{e}.{q}": t.as_dict() for (e, q), t in s.times.items()},
             "first call": {f"{e}.{q}": t for (e, q), t in s.first.items()},
             "differences": s.differences}
            for s in speeds
        ]  # fmt: skip
        self.show("Model", report.speed_table(speeds))
        self.show("Compilation", report.compile_table(speeds))
        engine = "native" if "native" in made else "jax"
        self.show("Targets", report.targets_table(self.ratios, engine))

    def keep_speed(self, found) -> None:
        """Ratios of one size."""
        from model_speed import LIMIT

        for engine in found.engines:
            name = f"{engine}.{found.steps}.{found.columns}"
            self.ratios[f"{name}.gradient/forward"] = found.over_forward(engine)
            if engine != LIMIT and found.limited:
                for quantity in ("forward", "gradient"):
                    self.ratios[f"{name}.{quantity}/limit"] = found.over_limit(engine, quantity)

    def compiled(self) -> None:
        """Operations and kernels of the compiled model."""
        from compiled_work import work_counts

        found = work_counts(self.work)
        self.counts |= found
        self.show("Compiled work", report.figures_table(found, "columns, steps, quantity"))

    def days(self) -> None:
        """Cost of a gradient by autograd against the number of days: it must grow linearly."""
        from model_speed import engines, growth

        once, twice = growth(engines(["autograd"])["autograd"], 5, 120, self.repeats)
        ratio = twice.best / once.best
        self.ratios["autograd.twice the days"] = ratio
        row = (f"{once.best:.2f}", f"{twice.best:.2f}", f"{ratio:.2f}")
        heads = ("120 days, processor (s)", "240 days, processor (s)", "ratio")
        self.show("Gradient of autograd by days", report.table(heads, [row]))

    def demo(self) -> None:
        """Cost and gradient of the demonstration."""
        from demo_speed import as_shipped

        found = as_shipped(self.repeats)
        seconds = {what: times for (_, what), (times, _) in found.items()}
        self.ratios["demo.gradient/cost"] = seconds["gradient"].best / seconds["cost"].best
        rows = [
            (what, f"{times.best:.2f}", f"{times.best_wall:.2f}", f"{found['demo', what][1]:.2f}")
            for what, times in seconds.items()
        ]
        self.details["demo"] = {what: times.as_dict() for what, times in seconds.items()}
        heads = ("demo as it ships", "processor (s)", "wall (s)", "peak memory (GB)")
        self.show("Demo", report.table(heads, rows, text=1))

    def workers(self) -> None:
        """One worker of one thread beside two."""
        from demo_speed import by_workers

        found, rows = by_workers(self.repeats), []
        for what in dict.fromkeys(quantity for _, quantity in found):
            one, two = (found[name, what][0].best_wall for name in ("1", "2"))
            self.ratios[f"workers.{what}"] = two / one
            rows.append((what, f"{one:.2f}", f"{two:.2f}", f"{one / two:.2f}"))
        heads = ("demo of a year", "1 worker (s)", "2 workers (s)", "times faster")
        self.show("Workers", report.table(heads, rows, text=1))

    def memory(self) -> None:
        """Peak memory against cells, days and block."""
        from memory import Size, memory

        found = memory(Size(cells=500, days=240, block=100))
        base, rows = found["base"][1], []
        for name, (size, peak) in found.items():
            if name != "base":
                self.ratios[f"memory.{name}"] = peak / base
            rows.append((size.cells, size.days, size.block, f"{peak:.2f}", f"{peak / base:.2f}"))
        heads = ("cells", "days", "cells of a block", "peak (GB)", "over the first")
        self.show("Memory of a gradient", report.table(heads, rows))

    def compared(self) -> bool:
        """Whether no count has grown since the stored measurement."""
        if not baseline.PATH.exists():
            self.show("Stored figures", "There is no stored measurement: add one with --store.")
            return True
        figures, stored = self.figures(), baseline.read()
        found = baseline.changes(figures, stored)
        both = sum(len(figures[kind].keys() & stored[kind].keys()) for kind in figures)
        text = report.changes_text(found, both, stored["about"])
        if new := sorted(n for kind in figures for n in figures[kind].keys() - stored[kind].keys()):
            text += f"\n\nNothing is stored for {len(new)} figures: {', '.join(new)}."
        if "limit" in self.about and "limit" in stored["about"]:
            factor = float(self.about["limit"]) / float(stored["about"]["limit"])
            text += f"\n\nThis machine runs the C++ at {factor:.2f} times the stored speed."
        self.show("Stored figures", text)
        return not any(change.regression for change in found)

    def figures(self) -> dict[str, dict[str, float]]:
        """Figures by kind."""
        return {"counts": self.counts, "ratios": self.ratios}

    def write(self) -> None:
        """Tables and numbers so far."""
        about = self.about
        self.out.mkdir(parents=True, exist_ok=True)
        heads = ("command", "version", "date", "machine")
        version = f"{about['version']}, commit `{about['commit']}`"
        row = (f"`{about['command']}`", version, about["date"], about["machine"])
        parts = [report.table(heads, [row], text=4), f"{about['software']}. {about['load']}."]
        parts += [f"#### {heading}\n\n{text}" for heading, text in self.tables.items()]
        (self.out / "bench.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
        numbers = {"about": about, **self.figures(), **self.details}
        text = json.dumps(numbers, indent=1)
        (self.out / "bench.json").write_text(text + "\n", encoding="utf-8")


def about_machine(command: str) -> dict[str, str]:
    """Command, versions, commit, date and machine."""
    import jax
    import numpy as np
    from limit.kernel import compiler

    import ccdas_framework
    from ccdas_framework.execution import cores

    def first_line(*words: str) -> str:
        if shutil.which(words[0]) is None:
            return "none"
        completed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
        return (completed.stdout.strip().splitlines() or ["unknown"])[0]

    status = first_line("git", "status", "--porcelain", "--untracked-files=no")
    changed = "" if status == "unknown" else " with changes"
    software = f"Python {platform.python_version()}, JAX {jax.__version__}, numpy {np.__version__}"
    return {
        "command": command,
        "version": ccdas_framework.__version__,
        "commit": first_line("git", "rev-parse", "--short", "HEAD") + changed,
        "date": str(datetime.date.today()),
        "machine": f"{processor_name()}, {cores()} cores",
        "software": f"{software}, {first_line(compiler() or 'c++', '--version')}",
        "load": f"Load before the run: {os.getloadavg()[0]:.1f}",
    }


def processor_name() -> str:
    """Name of the processor and its widest vectors."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    name = next((li.split(":")[1] for li in text.splitlines() if li.startswith("model name")), "")
    vectors = next((v for v in ("avx512f", "avx2") if v in text), "")
    return ", ".join(part for part in (name.strip() or platform.machine(), vectors) if part)


def main() -> int:
    """Measure, print and compare; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes and counts alone")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, help="sections")
    parser.add_argument("--columns", nargs="+", type=int, help="numbers of columns of the model")
    parser.add_argument("--steps", nargs="+", type=int, choices=(24, 8), help="steps a day")
    parser.add_argument("--engines", nargs="+", help="jax, native, autograd; default all")
    parser.add_argument("--repeats", type=int, default=5, help="of each timed call")
    parser.add_argument("--out", type=Path, default=Path("runs/bench"), help="folder")
    parser.add_argument("--store", action="store_true", help="store the figures as the baseline")
    options = parser.parse_args()
    sections = options.only or (QUICK if options.quick else SECTIONS)
    command = "BENCH=quick make bench" if options.quick else "make bench"
    if set(sys.argv[1:]) - {"--quick"}:
        command = f"python benchmarks/bench.py {shlex.join(sys.argv[1:])}"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # XLA warns of slow compilations
    about = about_machine(command)
    bench = Bench(
        options.out,
        options.columns or ([32, 500] if options.quick else [32, 500, 3000, 8800]),
        options.steps or ([8] if options.quick else [24, 8]),
        [(79, 8)] if options.quick else [(79, 8), (32, 24)],
        options.repeats,
        options.engines,
        about,
    )
    print(f"{about['machine']}; {about['software']}; {about['load']}", flush=True)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as cache:
        os.environ["CCDAS_CACHE"] = cache  # every run compiles
        for name in sections:
            {"counts": bench.compiled}.get(name, getattr(bench, name))()
            bench.write()
    good = bench.compared()
    if options.store:
        baseline.write(bench.figures(), about)
    bench.write()
    print(f"\n{time.perf_counter() - start:.0f} s; tables are in {options.out / 'bench.md'}")
    if not good:
        print("A count has grown: see Stored figures.", file=sys.stderr)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
