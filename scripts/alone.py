"""Run the tests of plugin packages, each installed with the framework and no other plugin.

    .venv/bin/python scripts/alone.py plugins/obs_flux plugins/models_dalec

Every package gets an environment of its own. pip builds and installs the framework and the package
there, not as links to this folder; what they depend on is linked from the environment that runs
this script, so that nothing else is downloaded. A copy of the tests and the README lies in a folder
of its own, so that only what is installed can be imported. pip fetches the build backend, hatchling
with hatch-fancy-pypi-readme, unless it is installed.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIMIT = 900  # s for the tests of a package
FOUND = (
    "from importlib.metadata import entry_points;"
    "print(*sorted(e.name for e in entry_points(group='ccdas_framework')))"
)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("packages", nargs="+", type=Path, help="folders of plugin packages")
    failed = [str(p) for p in parser.parse_args().packages if not passes(p.resolve())]
    if failed:
        sys.exit(f"Failed alone: {', '.join(failed)}.")


def passes(package):
    """Whether the tests of a package pass with the framework alone."""
    with tempfile.TemporaryDirectory(prefix="ccdas-alone-") as folder:
        python = environment(Path(folder) / "venv")
        install(python, ROOT, package)
        plugins = subprocess.check_output([python, "-c", FOUND], text=True, cwd=folder).split()
        print(f"{package.name}: alone with the framework; plugins: {' '.join(plugins)}", flush=True)
        if plugins != [package.name]:
            print(f"expected the one plugin '{package.name}', as its entry point should be named")
            return False
        shutil.copytree(package / "tests", Path(folder) / "tests")
        shutil.copy(package / "README.md", folder)
        command = [
            python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib",
            "-m", "not science", "-o", "markers=science", "-W", "error::RuntimeWarning:ccdas_.*",
            "tests",
        ]  # fmt: skip
        return subprocess.run(command, cwd=folder, timeout=LIMIT, env=plain()).returncode == 0


def environment(folder):
    """Its Python, with what is installed here, but for the framework and its plugins."""
    venv.create(folder, with_pip=False)
    site = next((folder / "lib").glob("python*")) / "site-packages"
    here = next(Path(p) for p in sys.path if p.endswith("site-packages"))
    own = {
        Path(file).parts[0]
        for distribution in distributions(path=[str(here)])
        if distribution.name.startswith("ccdas")
        for file in distribution.files or ()
    }
    for entry in here.iterdir():
        if entry.name not in own and entry.name != "__pycache__":
            (site / entry.name).symlink_to(entry)
    return folder / "bin" / "python"


def install(python, *folders, editable=False):
    """Build and install packages, with their data and without what they depend on."""
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    command += ["--no-deps", "--no-warn-script-location", "--disable-pip-version-check"]
    if find_spec("hatchling") and find_spec("hatch_fancy_pypi_readme"):
        command.append("--no-build-isolation")
    packages = [part for f in folders for part in (["-e", str(f)] if editable else [str(f)])]
    subprocess.run([*command, *packages], check=True, env=plain())


def plain():
    """The environment variables without those that add folders to import from, and real data.

    The tests on real files run once, with all packages installed.
    """
    left_out = ("PYTHONPATH", "CCDAS_DATA")
    return {name: value for name, value in os.environ.items() if name not in left_out}


if __name__ == "__main__":
    main()
