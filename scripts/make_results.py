"""Run every command of docs/results.md again and keep what each prints.

    python scripts/make_results.py --data DIR --out runs/results [--only NAME ...]

Each command has a folder of its own below OUT with its output files and `output.txt`, which begins
with the command, the version and the date. A command that fails does not stop the others. Compare
the tables with docs/results.md and copy those that changed, with version and date.
"""

import argparse
import datetime
import platform
import shlex
import subprocess
import sys
from pathlib import Path

import ccdas_framework

ROOT = Path(__file__).parents[1]
CCDAS = "{python} -m ccdas_framework.cli"
STREAMS = "--obs co2,sm,vod"
TOWER = f"{CCDAS} forward examples/conus_smap_tower.toml --data {{data}}"
# name of a result -> its command; {out} is its folder, {data} the published data. Commands read the
# results of those above them.
COMMANDS = {
    "defaults": "{python} scripts/effects_of_defaults.py --data {data}",
    "demo": f"{CCDAS} run demo {STREAMS} --out {{out}}/run",
    "demo-posterior": "{python} benchmarks/demo_posterior.py --repeat 1",
    "twin": f"{CCDAS} twin examples/twin_ten_sites.toml --out {{out}}/twin",
    "added-value-demo": f"{CCDAS} added-value demo {STREAMS} --out {{out}}/study",
    "added-value-coarse-global": (
        f"{CCDAS} added-value examples/coarse_global.toml {STREAMS} --data {{data}} "
        "--out {out}/study"
    ),
    "coarse-global": (
        f"{CCDAS} run examples/coarse_global.toml {STREAMS} --data {{data}} --out {{out}}/run"
    ),
    "ten-sites": (
        f"{CCDAS} run examples/ten_sites.toml --obs sm,vod --data {{data}} --out {{out}}/run"
    ),
    "ten-sites-dalec": (
        f"{CCDAS} run examples/ten_sites.toml --model dalec --obs vod,fapar,flux --data {{data}} "
        "--set optimiser.iterations=120 --out {out}/run"
    ),
    "towers-149": (f"{CCDAS} run examples/towers_149.toml --data {{data}} --out {{out}}/run"),
    "conus-smap": (f"{CCDAS} run examples/conus_smap.toml --data {{data}} --out {{out}}/run"),
    "conus-smap-tower": f"{TOWER} --out {{out}}/run",
    "conus-smap-tower-posterior": (
        f"{TOWER} --set prior.run={{out}}/../conus-smap/run --out {{out}}/run"
    ),
    "conus-smap-tower-anomalies": (
        "{python} plugins/recipes_ccdas/scripts/soil_moisture_anomalies.py "
        "{out}/../conus-smap-tower/run {out}/../conus-smap-tower-posterior/run"
    ),
    "compare-sites": (
        f"{CCDAS} compare examples/compare_sites.toml --data {{data}} --out {{out}}/study "
        "--workers 2"
    ),
    "pmodel-towers": (f"{CCDAS} run examples/pmodel_towers.toml --data {{data}} --out {{out}}/run"),
    "pmodel-towers-es-mda": (
        f"{CCDAS} run examples/pmodel_towers.toml --set sampler.name=es_mda "
        "--set sampler.start=prior --data {data} --out {out}/run"
    ),
    **{
        name: f"{CCDAS} compare examples/compare_{file}.toml --out {{out}}/study --workers 2"
        for name, file in (
            ("methods", "methods"),
            ("streams", "streams"),
            ("truths", "truths"),
            ("models", "models"),
            ("history-matching", "history_matching"),
        )
    },
    "transport": f"{CCDAS} transport prove --data {{data}} --out {{out}}/comparison",
    "transport-errors": "{python} plugins/obs_co2/scripts/errors_of_transport.py {data}",
    "bench": "{python} benchmarks/bench.py --out {out}/bench",
}


def main():
    """Run the chosen commands one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of published data")
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    parser.add_argument("--only", nargs="+", choices=COMMANDS, help="names of results")
    options = parser.parse_args()
    failed = [
        name for name in options.only or COMMANDS
        if run(name, options.data.resolve(), options.out.resolve() / name) != 0
    ]  # fmt: skip
    if failed:
        sys.exit(f"These commands failed: {', '.join(failed)}. Read their output.txt.")


def run(name, data, out):
    """Run one command in the repository and write its output; its exit status."""
    out.mkdir(parents=True, exist_ok=True)
    words = [
        word.format(python=sys.executable, data=data, out=out)
        for word in shlex.split(COMMANDS[name])
    ]
    print(f"{name}: {shlex.join(words)}", flush=True)
    with open(out / "output.txt", "w", encoding="utf-8") as file:
        file.write(
            f"command: {shlex.join(words)}\nversion: {ccdas_framework.__version__}, "
            f"commit {commit()}\ndate: {datetime.date.today()}\n"
            f"machine: {platform.machine()}, Python {platform.python_version()}\n\n"
        )
        file.flush()
        return subprocess.run(words, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT).returncode


def commit():
    """Short hash of the checkout, 'unknown' outside one."""
    words = ["git", "rev-parse", "--short", "HEAD"]
    completed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    return completed.stdout.strip() or "unknown"


if __name__ == "__main__":
    main()
