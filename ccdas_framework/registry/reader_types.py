"""The interface of readers of data products, and the types that they exchange."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from attrs import field, frozen


@frozen
class ScreenedSeries:
    """Number of values of one quantity that a reader keeps and drops.

    Args:
        name: of the quantity, or of place and quantity.
        kept: number of values kept.
        dropped: reason -> number of values that are left out.
    """

    name: str
    kept: int
    dropped: Mapping[str, int] = field(factory=dict)


@frozen(eq=False)
class ImportedData:
    """Contents of product files in the layout of an input file of the framework.

    Args:
        dataset: xarray dataset of observations (dimension obs) or of forcing, as on the page of
            input files, with units.
        product: name of the product with its type, such as "FLUXNET FULLSET daily".
        version: of the product; "" where the files do not state it.
        series: counts of the values kept and dropped.
        notes: statements about units, times, scales and errors that a user has to know.
        credits: required acknowledgement, and the licence as far as the files state it.
    """

    dataset: Any
    product: str
    version: str
    series: tuple[ScreenedSeries, ...] = ()
    notes: tuple[str, ...] = ()
    credits: str = ""


class ProductReader(ABC):
    """Reader of the files of one kind of product.

    A reader is a frozen attrs class. Its fields are its settings, which `ccdas data import --set`
    changes. Their defaults are the quality filter that the guide of the product recommends.

    Attributes:
        title: name of the product and its formats.
        gives: stream -> quantities and units of the file made for it. The first stream is the
            default. The name "forcing" stands for a file of forcing, "fluxes" for one of prescribed
            fluxes.
        aliases: further names of the kind.
        tried_on: real files that the reader was tested on. Without any it was tested on files made
            from the guide of the product alone.
        guide: source of the layout and of the quality filter.
    """

    title: ClassVar[str]
    gives: ClassVar[Mapping[str, str]]
    aliases: ClassVar[tuple[str, ...]] = ()
    tried_on: ClassVar[tuple[str, ...]] = ()
    guide: ClassVar[str] = ""

    @classmethod
    @abstractmethod
    def recognise(cls, path: Path) -> str:
        """Product of a file in words, or "" for a file of another kind; raises nothing.

        A file of the same layout with another species is a file of this kind. `read` refuses it.
        """

    @abstractmethod
    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Contents of files that `recognise` accepts, for a stream of `gives`.

        Raises:
            InvalidInput: the files cannot be used.
        """
