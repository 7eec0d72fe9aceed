"""Run two commits on one machine and compare their netCDF files bit by bit.

    python scripts/compare_commits.py --old v0.1 --new HEAD
    python scripts/compare_commits.py --old v0.1 --new HEAD --data DIR --keep FOLDER
    python scripts/compare_commits.py --old v0.1 --new HEAD --only forward --only design

Each commit is checked out as a git worktree and gets an environment of its own. Third-party
packages are those of the environment that runs this script. The packages of the commit are
installed from its tree. Both sides run the commands of `RUNS`. Dimensions, attributes and variables
of all netCDF files that they write are compared. The exit code is 1 where anything differs that
`ALLOWED` does not name.

With --keep, checkouts, environments and finished runs stay in a folder, and the next call repeats
only what is missing. Runs that read published data need --data.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from alone import environment, install
from compared_runs import FILES, RUNS
from netcdf_differences import Difference, file_differences, same_numbers

ROOT = Path(__file__).parents[1]
LIMIT = 3600  # s for a command

# -- what may differ ------------------------------------------------------------------------


@dataclass(frozen=True)
class Allowed:
    """A difference that is no failure.

    Args:
        names: regular expression for the name of an attribute, or of a variable of sentences.
        reason: why, with the decision if there is one.
        kind: of `Difference`.
        added: whether it is allowed only where the old side lacks it.
        words: whether the numbers in both texts have to be the same.
    """

    names: str
    reason: str
    kind: str = "attribute"
    added: bool = False
    words: bool = False

    def covers(self, difference: Difference) -> bool:
        old, new = difference.values
        return bool(
            self.kind == difference.kind
            and re.fullmatch(self.names, difference.name)
            and (not self.added or (old is None and new is not None))
            and (not self.words or same_numbers(old, new))
        )


SENTENCES = (
    "comment|dropped|distance_from_minimum|long_name|message|missing|posterior|regions|rounding"
    "|title|warnings|credits?|source|common_point|synthetic|transport_land|transport_winds"
    "|.*_(comment|credits|reason|source|title)"
)
ALLOWED = (
    Allowed("date|created|date_created|date_modified", "dates"),
    Allowed("seconds", "time that a run took"),
    Allowed("version|.*_version|git_commit", "versions of the packages"),
    Allowed("history", "names the module that wrote the file, and modules move"),
    Allowed("(.*_)?(data_kind|substitute_for)", "instead of a search in texts", added=True),
    Allowed("observations_.*|dropped|synthetic", "also in files of forward runs", added=True),
    Allowed("time_coverage_(start|end)", "first and last day of the window", added=True),
    Allowed("quantity|observed_unscaled", "new variables of simulated.nc", "variable"),
    Allowed("parameter_process", "new variable of result.nc", "variable"),
    Allowed("evaluations?|model_runs", "new variables of result.nc", "variable", added=True),
    Allowed("evaluation", "dimension of these", "dimension", added=True),
    Allowed("optimiser|parameters_at_bound", "new attributes of result.nc", added=True),
    Allowed("earlier_posterior(_sd)?", "new variables of targets.nc", "variable"),
    Allowed(SENTENCES, "sentences may change, their numbers may not", words=True),
    Allowed("message|distance_from_minimum", "likewise, as variables", "values", words=True),
)


# -- the two sides --------------------------------------------------------------------------


@dataclass(frozen=True)
class Side:
    """A checkout of one commit with its environment and its runs."""

    commit: str
    folder: Path

    @property
    def tree(self) -> Path:
        return self.folder / "tree"

    @property
    def ccdas(self) -> Path:
        return self.folder / "venv" / "bin" / "ccdas"

    def output(self, name: str) -> Path:
        return self.folder / "runs" / name

    def prepare(self) -> None:
        """Check the commit out and install it, unless that is done."""
        if not (self.tree / "pyproject.toml").is_file():
            _git("worktree", "prune")
            _git("worktree", "add", "--quiet", "--force", "--detach", str(self.tree), self.commit)
        if not self.ccdas.is_file():
            _remove(self.folder / "venv")  # of an installation that failed
            python = environment(self.folder / "venv")
            packages = sorted(p.parent for p in self.tree.glob("plugins/*/pyproject.toml"))
            install(python, self.tree, *packages, editable=True)

    def run(self, name: str, data: Path | None, cache: Path) -> str:
        """Run the commands of `RUNS[name]`, unless they are done; one line about it."""
        run, folder = RUNS[name], self.output(name)
        done = folder.with_suffix(".done")
        commands = [
            [a.format(tree=self.tree, data=data) for a in command] for command in run.commands
        ]
        text = json.dumps([commands, FILES])
        if done.is_file() and done.read_text() == text:
            return "done before"
        _remove(folder)
        folder.mkdir(parents=True)
        for file, content in FILES.items():
            (folder / file).write_text(content)
        began = time.monotonic()
        with (folder.with_suffix(".log")).open("w") as log:
            for command in commands:
                log.write(f"$ ccdas {' '.join(command)}\n")
                log.flush()
                code = subprocess.run(
                    [self.ccdas, *command], cwd=folder, stdout=log, stderr=subprocess.STDOUT,
                    timeout=LIMIT, env=_variables(cache),
                ).returncode  # fmt: skip
                if code:
                    return f"FAILED, exit code {code}: {folder.with_suffix('.log')}"
        done.write_text(text)
        return f"{time.monotonic() - began:.0f} s"


def _variables(cache: Path) -> dict[str, str]:
    """The environment of a run: one thread for each kernel, and compiled functions in a cache."""
    excluded = {"PYTHONPATH", "XLA_FLAGS"}
    fixed = {
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
        "JAX_PLATFORMS": "cpu",
        "JAX_COMPILATION_CACHE_DIR": str(cache),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONHASHSEED": "0",
        "MPLBACKEND": "Agg",
    }
    return {n: v for n, v in os.environ.items() if n not in excluded} | fixed


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _remove(folder: Path) -> None:
    if folder.is_dir():
        subprocess.run(["rm", "-rf", str(folder)], check=True)


# -- the comparison -------------------------------------------------------------------------


def run_differences(old: Path, new: Path, folders: tuple[str, ...]) -> Iterator[tuple[str, list]]:
    """(file, differences) of two folders; of files other than netCDF the names alone count."""
    sides = [{p.relative_to(f).as_posix() for p in f.rglob("*") if p.is_file()} for f in (old, new)]
    for name in sorted(sides[0] | sides[1]):
        if not (name in sides[0] and name in sides[1]):
            where = "old" if name in sides[0] else "new"
            yield name, [Difference("file", name, "/", f"only in the {where}")]
        elif name.endswith(".nc"):
            yield name, list(file_differences(old / name, new / name, folders))


def reason_for(difference: Difference) -> str | None:
    """The reason why a difference is allowed, or None."""
    return next((a.reason for a in ALLOWED if a.covers(difference)), None)


def report(names: list[str], old: Side, new: Side) -> bool:
    """Print a table of runs and files; whether all are equal but for what is allowed."""
    folders = tuple(f"{side.folder}/{part}" for side in (old, new) for part in ("tree", "runs"))
    passed = True
    lines, allowed = [], Counter[tuple[str, str, str]]()
    print(f"\n{'run':<24}{'file':<42}result")
    for name in names:
        for file, differences in run_differences(old.output(name), new.output(name), folders):
            reasons = [reason_for(difference) for difference in differences]
            wrong = reasons.count(None)
            passed &= not wrong
            result = f"allowed ({len(differences)})" if differences else "equal"
            print(f"{name:<24}{file:<42}{f'DIFFERENT ({wrong})' if wrong else result}")
            for d, reason in zip(differences, reasons, strict=True):
                if reason is None:
                    lines.append(f"{name}: {file} {d.place} {d.kind} {d.name}: {d.detail}")
                else:
                    allowed[d.kind, d.name, reason] += 1
    print("\nDifferent" if lines else "", *lines, sep="\n")
    if allowed:
        print("Allowed")
    for (kind, attribute, reason), count in sorted(allowed.items()):
        print(f"{kind} {attribute:<24}{count:>5} times: {reason}")
    return passed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--old", required=True, help="commit whose numbers are right")
    parser.add_argument("--new", default="HEAD", help="commit to compare with it; HEAD by default")
    parser.add_argument("--data", type=Path, help="folder of published data")
    parser.add_argument("--keep", type=Path, help="folder for checkouts and runs, used again")
    parser.add_argument("--only", action="append", choices=RUNS, help="a run; repeatable")
    parser.add_argument("--jobs", type=int, default=2, help="runs at the same time")
    arguments = parser.parse_args()
    data = arguments.data.resolve() if arguments.data else None
    names = [n for n in arguments.only or RUNS if data or not RUNS[n].data]
    left_out = [n for n in arguments.only or RUNS if n not in names]
    if left_out:
        print(f"without --data, not run: {', '.join(left_out)}")
    if arguments.keep:
        sys.exit(compare(arguments, arguments.keep.resolve(), names, data))
    with tempfile.TemporaryDirectory(prefix="ccdas-compare-") as folder:
        try:
            code = compare(arguments, Path(folder), names, data)
        finally:
            for tree in Path(folder).glob("*/tree"):
                _git("worktree", "remove", "--force", str(tree))
    sys.exit(code)


def compare(
    arguments: argparse.Namespace, folder: Path, names: list[str], data: Path | None
) -> int:
    """Run both sides and print the table; the exit code."""
    commits = [
        _git("rev-parse", "--verify", f"{c}^{{commit}}") for c in (arguments.old, arguments.new)
    ]
    # the same commit against itself runs twice, which shows whether the machine repeats its bits
    suffixes = ("", "-again" if commits[0] == commits[1] else "")
    sides = [Side(c, folder / f"{c[:12]}{s}") for c, s in zip(commits, suffixes, strict=True)]
    failed = False
    for side in sides:
        print(f"{side.commit[:12]} in {side.folder}", flush=True)
        side.folder.mkdir(parents=True, exist_ok=True)
        side.prepare()
        with ThreadPoolExecutor(arguments.jobs) as pool:
            results = {n: pool.submit(side.run, n, data, folder / "compiled") for n in names}
            for name, result in results.items():
                print(f"  {name:<24}{result.result()}", flush=True)
                failed |= result.result().startswith("FAILED")
    passed = report(names, *sides)
    print("equal" if passed and not failed else "DIFFERENT", f"with {len(names)} runs")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    main()
