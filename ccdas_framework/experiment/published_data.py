"""Published data files that experiments need: origin, terms, presence and download."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from attrs import field, frozen

from ..core.errors import InvalidInput, PluginError, UnknownComponent, did_you_mean
from ..installed import registry
from ..io.atomic import atomic_write
from ..outputs.provenance import sha256

ORIGINALS = "originals"  # folder of downloaded files that have to be converted
WEB = ("http", "https", "ftp", "sftp")  # addresses that pooch downloads from
PRESENT, OTHER, FETCHED = "present", "present, other content", "fetched"
CONVERT, ASK = "to be made from its originals", "to be asked for"


@frozen
class PublishedFile:
    """A data file that experiments need.

    Args:
        path: in the folder of published data.
        experiments: that need it.
        title: content.
        origin: producer or repository, with the version.
        doi: of the data or of the paper that describes them; "" where there is none.
        licence: terms of use, as far as they are stated.
        sha256: of the file.
        originals: public addresses of the files that it is made from.
        conversion: changes from the originals, in words; "" where it is a copy.
        ask: whom to ask where no original is public; "" where all are.
    """

    path: str
    experiments: tuple[str, ...] = field(converter=tuple)
    title: str
    origin: str
    licence: str
    sha256: str
    doi: str = ""
    originals: tuple[str, ...] = field(default=(), converter=tuple)
    conversion: str = ""
    ask: str = ""


@frozen
class FileState:
    """State of a published file in a folder.

    Args:
        file: the file.
        state: in words, one of those of this module.
        message: what remains to be done; "" where nothing does.
    """

    file: PublishedFile
    state: str
    message: str = ""

    @property
    def is_usable(self) -> bool:
        """Whether the folder has the file, with the content that was tested."""
        return self.state in (PRESENT, FETCHED)


def published_files(experiment: str) -> tuple[PublishedFile, ...]:
    """Published files that an installed experiment needs; none for one that needs no data.

    Raises:
        UnknownComponent: no such experiment.
        PluginError: a package lists its files wrongly.
    """
    installed = registry()
    if experiment not in installed.experiments:
        raise UnknownComponent(
            f"no installed experiment '{experiment}'."
            f"{did_you_mean(experiment, installed.experiments)} Installed: "
            f"{', '.join(installed.experiments)}.",
            code="unknown-experiment",
            where=experiment,
        )
    catalogues = installed.manager.hook.published_data()
    files = [file for path in catalogues for file in read_catalogue(Path(path))]
    return tuple(file for file in files if experiment in file.experiments)


def read_catalogue(path: Path) -> list[PublishedFile]:
    """Files of a catalogue, a TOML file with a table [[file]] for each.

    Raises:
        PluginError: the catalogue cannot be read.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))["file"]
        return [PublishedFile(**table) for table in tables]
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise PluginError(
            f"the catalogue of published data {path} cannot be read: {error}.",
            code="broken-plugin",
            where=str(path),
        ) from error


def fetch(
    experiment: str, data: Path, mirror: str | None = None, download: bool = True
) -> list[FileState]:
    """Get the published files of an experiment that a folder lacks.

    Without a mirror the public originals are downloaded, which the conversion that the catalogue
    describes turns into the file.

    Args:
        experiment: installed name.
        data: folder of published data.
        mirror: address or path of a copy of the folder, whose files are checked against their
            checksums. They replace files of other content.
        download: whether to download; otherwise the states are those of the folder.

    Raises:
        UnknownComponent: no such experiment.
        InvalidInput: no such mirror, or a file that it has not, or with another checksum.
    """
    states, copies = [], None if mirror is None else _mirror(mirror)
    for file in published_files(experiment):
        path = data / file.path
        same = path.is_file() and sha256(path) == file.sha256
        if path.is_file() and (same or copies is None or not download):
            note = "" if same else "its checksum is not that of the file that was tested"
            states.append(FileState(file, PRESENT if same else OTHER, note))
        elif isinstance(copies, Path) and download:
            _copy(copies / file.path, path, file.sha256)
            states.append(FileState(file, FETCHED))
        elif copies is not None and download:
            _retrieve(f"{copies}/{file.path}", path, file.sha256)
            states.append(FileState(file, FETCHED))
        elif not file.originals:
            states.append(FileState(file, ASK, file.ask))
        else:
            folder = data / ORIGINALS / Path(file.path).stem
            if download:
                for address in file.originals:
                    _retrieve(address, folder / address.rsplit("/", 1)[-1], None)
            where = f"of {folder}" if download else f"of {', '.join(file.originals)}"
            states.append(FileState(file, CONVERT, f"{where}: {file.conversion}"))
    return states


def _mirror(mirror: str) -> str | Path:
    """Address of a mirror without its last slash, or its folder.

    Raises:
        InvalidInput: neither an address of the web nor a folder.
    """
    scheme, _, rest = mirror.partition("://")
    if rest and scheme in WEB:
        return mirror.rstrip("/")
    folder = Path(rest if scheme == "file" and rest else mirror)
    if not folder.is_dir():
        raise InvalidInput(
            f"--from {mirror} is no folder and no address; expected an address that begins with "
            f"{', '.join(WEB)} or file, and ://, or a folder.",
            code="wrong-value",
            where="--from",
        )
    return folder


def _copy(source: Path, target: Path, checksum: str) -> None:
    """Copy a file of a mirror that is a folder.

    Raises:
        InvalidInput: no such file, or another content.
    """
    if not source.is_file():
        raise InvalidInput(
            f"{source} does not exist. Give another folder with --from.",
            code="no-download",
            where=str(source),
        )
    if sha256(source) != checksum:
        raise InvalidInput(
            f"{source} has another content than the file that was tested. Ask its provider for "
            "the version that the catalogue names.",
            code="other-checksum",
            where=str(source),
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(target) as temporary:
        shutil.copyfile(source, temporary)


def _retrieve(address: str, target: Path, checksum: str | None) -> None:
    """Download a file by pooch; without a checksum an existing file stays as it is.

    Raises:
        InvalidInput: pooch is not installed, the address does not answer, or the content is other.
    """
    try:
        import pooch
    except ImportError as problem:
        raise InvalidInput(
            'downloads need the package pooch: pip install "ccdas-framework[fetch]".',
            code="missing-package",
            where="pooch",
        ) from problem
    if checksum is None and target.is_file() and target.stat().st_size:
        return
    pooch.get_logger().setLevel("WARNING")
    try:
        pooch.retrieve(
            address,
            known_hash=None if checksum is None else f"sha256:{checksum}",
            fname=target.name,
            path=target.parent,
        )
    except OSError as problem:  # those of requests, of a wrong address too
        raise InvalidInput(
            f"{address} could not be downloaded ({type(problem).__name__}: {problem}). Try again, "
            "or get the file by hand.",
            code="no-download",
            where=address,
        ) from problem
    except ValueError as problem:  # another checksum; pooch leaves no file
        raise InvalidInput(
            f"{address} has another content than the file that was tested: {problem}. Ask its "
            "provider for the version that the catalogue names.",
            code="other-checksum",
            where=address,
        ) from problem


def file_values(states: Sequence[FileState]) -> list[Mapping[str, Any]]:
    """States and descriptions of files as plain values."""
    return [
        {**attrs.asdict(each.file), "state": each.state, "message": each.message} for each in states
    ]
