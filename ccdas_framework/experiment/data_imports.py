"""Import of product files by readers of plugins, into input files of the framework."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
from attrs import frozen

from ..config.components import instance
from ..core.errors import Findings, InvalidInput, PluginError, UnknownComponent, did_you_mean
from ..installed import registry
from ..io.data_kind import MEASURED
from ..io.netcdf_writer import write_netcdf
from ..outputs.provenance import FRAMEWORK, sha256
from ..registry.plugin_registry import READERS
from ..registry.reader_types import ImportedData, ProductReader
from ..registry.version import VERSION

SOURCE = "the command line"
STREAM = "stream"  # global attribute of an imported file
HDF5, NETCDF, GZIP, ZIP, TIFF = "HDF5 or netCDF-4", "netCDF", "gzip", "zip", "TIFF"
FIRST_BYTES = (
    (b"\x89HDF\r\n\x1a\n", HDF5), (b"CDF", NETCDF), (b"\x1f\x8b", GZIP), (b"PK\x03\x04", ZIP),
    (b"II*\x00", TIFF), (b"MM\x00*", TIFF),
)  # fmt: skip


@frozen(eq=False)
class ImportedFile:
    """An input file that was written from product files.

    Args:
        path: of the file.
        kind: of the reader.
        stream: that the file is made for.
        data: its contents, with the counts of values kept and dropped.
    """

    path: Path
    kind: str
    stream: str
    data: ImportedData


def reader_classes() -> Mapping[str, type[ProductReader]]:
    """Installed readers by kind, sorted."""
    readers = registry().readers
    return {kind: readers[kind] for kind in sorted(readers)}


def import_files(
    kind: str, paths: Sequence[Path], stream: str | None, out: Path, settings: Mapping[str, Any]
) -> ImportedFile:
    """Write an input file from product files.

    Args:
        kind: of the reader, or one of its aliases.
        paths: product files, and folders of them.
        stream: that the file is made for; None for the first one of the reader.
        out: netCDF file to write.
        settings: of the reader.

    Raises:
        UnknownComponent: no reader of this kind.
        InvalidExperiment: settings that the reader does not have.
        InvalidInput: files that cannot be used.
    """
    name, reader = _reader(kind, settings)
    target = next(iter(reader.gives)) if stream is None else stream
    if target not in reader.gives:
        raise InvalidInput(
            f"reader '{name}' gives no '{target}'.{did_you_mean(target, reader.gives)} It gives: "
            f"{', '.join(reader.gives)}.",
            code="unknown-stream",
            where="--stream",
        )
    files = tuple(_product_files(type(reader), name, paths))
    if out.resolve() in (path.resolve() for path in files):
        raise InvalidInput(
            f"{out} is one of the product files and would be overwritten. Name another file.",
            code="wrong-path",
            where="--out",
        )
    data = reader.read(files, target)
    _write(out, name, reader, target, files, data)
    return ImportedFile(out, name, target, data)


def _reader(kind: str, settings: Mapping[str, Any]) -> tuple[str, ProductReader]:
    """Kind and instance of a reader from its kind or alias."""
    readers = reader_classes()
    by_name = {alias: name for name, cls in readers.items() for alias in cls.aliases}
    name = by_name.get(kind, kind) if kind not in readers else kind
    where = f"reader '{kind}'"
    if (READERS, name) in (contested := registry().contested):
        raise PluginError(contested[READERS, name], code="contested-name", where=where)
    if name not in readers:
        install = "" if readers else " `pip install ccdas-readers` adds readers."
        raise UnknownComponent(
            f"no reader of kind '{kind}'.{did_you_mean(kind, [*readers, *by_name])} Kinds: "
            f"{', '.join(readers) or 'none'}.{install} `ccdas data kinds` describes them.",
            where=where,
        )
    findings = Findings()
    made = instance(readers[name], name, settings, "", SOURCE, (Path.cwd(),), findings)
    findings.raise_if_any()
    assert made is not None
    return name, made


def _product_files(cls: type[ProductReader], kind: str, paths: Sequence[Path]) -> Iterator[Path]:
    """Files that the reader recognises; of a folder those, of single files all or an error."""
    for path in paths:
        if path.is_dir():
            members = [p for p in sorted(path.rglob("*")) if p.is_file() and cls.recognise(p)]
            if not members:
                raise InvalidInput(
                    f"{path} holds no file of kind '{kind}' ({cls.title}). Name the files.",
                    code="missing-file",
                    where=str(path),
                )
            yield from members
            continue
        if not path.is_file():
            raise InvalidInput(
                f"There is no file {path}. Give the path of a product file, in quotation marks "
                "where it has brackets or blanks.",
                code="missing-file",
                where=path.name,
            )
        if not path.stat().st_size:
            raise InvalidInput(
                f"{path} is empty (0 bytes). Download it again.", code="empty-file", where=path.name
            )
        if not cls.recognise(path):
            raise _other_kind(path, kind, cls)
        yield path


def _other_kind(path: Path, kind: str, cls: type[ProductReader]) -> InvalidInput:
    """The error about a file that is not of the kind that a user names."""
    found = [
        f"kind '{name}' ({text})"
        for name, reader in reader_classes().items()
        if (text := reader.recognise(path))
    ]
    if found:
        message = f"{path} is not of kind '{kind}' ({cls.title}). It is of {' or '.join(found)}."
        return InvalidInput(message, code="other-kind", where=path.name)
    with open(path, "rb") as opened:
        first = opened.read(8)
    for mark, text in FIRST_BYTES:
        if first.startswith(mark):
            return InvalidInput(
                f"{path} is a {text} file that is not of kind '{kind}' ({cls.title}), or that is "
                "damaged or cut off. No installed reader recognises it. Compare its size with "
                "that of the original, and download it again.",
                code="unrecognised-file",
                where=path.name,
            )
    return InvalidInput(
        f"{path} is not of kind '{kind}' ({cls.title}), and no installed reader recognises it: it "
        f"begins with {first!r}. `ccdas data kinds` lists the kinds.",
        code="unrecognised-file",
        where=path.name,
    )


def _write(
    out: Path, kind: str, reader: ProductReader, stream: str, files: Sequence[Path],
    data: ImportedData,
) -> None:  # fmt: skip
    """Write the contents with their origin as global attributes."""
    dataset = data.dataset
    settings = attrs.asdict(reader, recurse=False)  # type: ignore[arg-type]
    version = f" {data.version}" if data.version else ""
    attributes = {
        "title": f"{data.product} for stream {stream}",
        "source": f"{data.product}{version}",
        "data_kind": MEASURED,
        **{str(key): str(value) for key, value in dataset.attrs.items()},
        STREAM: stream,
        "product": data.product,
        "product_version": data.version or "not stated in the files",
        "credits": data.credits,
        "reader": kind,
        "reader_settings": ", ".join(f"{k} = {v!r}" for k, v in settings.items()),
        "source_files": ", ".join(path.name for path in files),
        "source_sha256": ", ".join(sha256(path) for path in files),
        "screening": "; ".join(_counts(data)),
        "comment": " ".join(data.notes),
        "history": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} ccdas data import, {FRAMEWORK} "
        f"{VERSION}",
    }
    variables = {str(n): _column(v) for n, v in dataset.data_vars.items()}
    coords = {str(n): _column(v) for n, v in dataset.coords.items()}
    write_netcdf(out, variables, coords, {name: text for name, text in attributes.items() if text})


def _column(variable: Any) -> tuple[Any, ...]:
    return variable.dims, variable.values, variable.attrs


def _counts(data: ImportedData) -> Iterator[str]:
    """Values kept and dropped of each series, in words."""
    for series in data.series:
        dropped = [f"{count} dropped: {reason}" for reason, count in series.dropped.items()]
        yield ", ".join([f"{series.name}: {series.kept} kept", *dropped])
