"""Puts the experiments of the repository's folder `examples` into the package when it is built."""

from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

EXPERIMENTS = ("coarse_global", "conus_smap", "ten_sites", "towers_149", "twin_ten_sites")


class ExperimentFiles(BuildHookInterface):
    """Adds the files to a wheel or a source distribution.

    A wheel made from a source distribution takes them from there, and an editable installation
    reads them from `examples`.
    """

    PLUGIN_NAME = "custom"

    def initialize(self, version, build_data):
        """Name the files to add in `build_data`."""
        examples = Path(self.root).parents[1] / "examples"
        for name in EXPERIMENTS:
            if (examples / f"{name}.toml").is_file():
                target = f"ccdas_recipes/experiments/{name}.toml"
                build_data["force_include"][str(examples / f"{name}.toml")] = target
