"""Packages of strangers in a folder, and the command line beside them."""

import os
import subprocess
import sys

HEAVY = ("xarray", "jax", "scipy", "autograd", "matplotlib", "pandas", "netCDF4", "dask", "pint")
ASKED = """
import sys
from ccdas_framework.cli import main
sys.argv = ["ccdas", *sys.argv[1:]]
try:
    main()
finally:
    print("imported:", *[name for name in {heavy} if name in sys.modules])
"""


def install(folder, package, module, code, requires="ccdas-framework>=0.1"):
    """A package as pip leaves it in a folder: a module and its metadata."""
    (folder / f"{module}.py").write_text(code)
    about = folder / f"{package.replace('-', '_')}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\nRequires-Dist: {requires}\n"
    )
    (about / "entry_points.txt").write_text(f"[ccdas_framework]\n{module} = {module}\n")


def ccdas(*arguments, path=None):
    """Exit code, what was said, and errors of a command in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(path)} if path else None
    code = ASKED.format(heavy=HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=environment
    )
    return done.returncode, done.stdout, done.stderr
