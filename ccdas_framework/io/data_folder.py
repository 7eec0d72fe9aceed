"""Files of the folder of published data that `--data` or CCDAS_DATA names."""

from __future__ import annotations

from pathlib import Path

from ..core.errors import InvalidInput


def data_file(data: Path | None, name: str) -> Path:
    """Path of a file in the folder of published data.

    Args:
        data: the folder, or None where no folder is configured.
        name: path of the file relative to the folder.

    Raises:
        InvalidInput: the folder or the file does not exist.
    """
    remedy = (
        "--data or the environment variable CCDAS_DATA must name the folder that holds the folders "
        "'land' and 'co2' with the observations and maps this experiment is made from. `ccdas data "
        "fetch EXPERIMENT` lists the files with their origin, and gets what is public."
    )
    if data is None or not Path(data).is_dir():
        raise InvalidInput(
            f"There is no data folder '{data}'; its file {name} is needed. {remedy}",
            code="missing-data-folder",
            where=name,
        )
    path = Path(data) / name
    if not path.is_file():
        raise InvalidInput(
            f"The file {path} does not exist. {remedy}", code="missing-file", where=name
        )
    return path
