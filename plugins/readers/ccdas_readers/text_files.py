"""Text of product files: any line ends and encodings, tables with numbers, and their faults."""

from __future__ import annotations

import gzip
import io
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .lazy_modules import pandas as pd
from .refusal import refusal

GZIP = b"\x1f\x8b"
HEAD = 32768  # bytes in which a file states its kind


def raw_bytes(path: Path, most: int = -1) -> bytes:
    """Bytes of a file, unpacked where it is a gzip file.

    Raises:
        InvalidInput: the gzip file is cut off or damaged.
    """
    with open(path, "rb") as opened:
        packed = opened.read(2) == GZIP
        opened.seek(0)
        if not packed:
            return opened.read(most)
        try:
            with gzip.open(opened) as unpacked:
                return unpacked.read(most)
        except (EOFError, OSError) as cause:
            raise refusal(
                path, "unreadable-file", "",
                f"the gzip file is cut off or damaged ({cause}). Download it again.",
            ) from cause  # fmt: skip


def decoded(raw: bytes) -> str:
    """Text in UTF-8 (with or without mark) or Latin-1, with newlines as line ends."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def whole_text(path: Path) -> str:
    """Text of a file, as of `decoded`."""
    return decoded(raw_bytes(path))


def head(path: Path) -> str:
    """First part of the text of a file; "" where it holds no text or cannot be read."""
    try:
        raw = raw_bytes(path, HEAD)
    except Exception:  # recognising a file raises nothing
        return ""
    text = raw.decode("utf-8-sig", errors="ignore").replace("\r\n", "\n").replace("\r", "\n")
    return "" if "\x00" in text else text


def text_table(
    path: Path, lines: Sequence[str], names: Sequence[str], separator: str | None = ",",
    first_line: int = 1, surplus: bool = False,
) -> pd.DataFrame:  # fmt: skip
    """Columns of text by name from the lines of a table, without blanks around the words.

    Args:
        path: for messages.
        lines: without the header.
        names: of the columns.
        separator: of the words; None for blanks.
        first_line: number of the first line in the file, for messages.
        surplus: words after the last column are left out, as of free text.

    Raises:
        InvalidInput: there is no line, or one of another number of words. The last line of a file
            that is cut off is such a line.
    """
    quoted = separator == "," and any('"' in line for line in lines)
    rows, numbers = [], []
    for number, line in enumerate(lines, first_line):
        if not line.strip(" ,;"):
            continue
        if quoted:
            words = [str(word) for word in pd.read_csv(io.StringIO(line), header=None, dtype=str,
                                                       keep_default_na=False).iloc[0]]  # fmt: skip
        else:
            words = [word.strip() for word in line.split(separator)]
        if surplus or (len(words) > len(names) and not any(words[len(names) :])):
            words = words[: len(names)]
        if len(words) != len(names):
            raise refusal(
                path, "truncated-file", f"line {number}",
                f"line {number} has {len(words)} columns; expected {len(names)} as in the header. "
                "The file is cut off or damaged. Download it again.",
            )  # fmt: skip
        rows.append(words)
        numbers.append(number)
    if not rows:
        raise refusal(
            path, "empty-file", "", "the file has a header and no data. Download it again."
        )
    return pd.DataFrame(rows, columns=list(names), index=numbers, dtype=str)


def csv_table(path: Path, needed: Collection[str] = ()) -> pd.DataFrame:
    """Columns of text of a file with comma-separated values, whose index is the line number.

    Comment lines begin with "#". The first other line names the columns.

    Raises:
        InvalidInput: as of `text_table`, or a column is missing or occurs twice.
    """
    lines = whole_text(path).split("\n")
    start = next((n for n, line in enumerate(lines) if line and not line.startswith("#")), 0)
    names = [name.strip().strip('"') for name in lines[start].split(",")]
    require_columns(path, names, needed)
    repeated = [name for n, name in enumerate(names) if name and name in names[:n]]
    if repeated:
        raise refusal(
            path, "wrong-columns", repeated[0],
            f"the header has the column '{repeated[0]}' twice. Give the original file.",
        )  # fmt: skip
    body = lines[start + 1 :]
    require_last_line(path, body, len(names), start + 2)
    quoted = any('"' in line for line in body[:5])
    if not quoted and all(line.count(",") == len(names) - 1 for line in body if line.strip()):
        # the common case, without a loop over the words
        text = "\n".join([lines[start], *body])
        frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
        frame.columns = pd.Index(names)
        if not len(frame):
            raise refusal(
                path, "empty-file", "", "the file has a header and no data. Download it again."
            )
        frame.index = pd.RangeIndex(start + 2, start + 2 + len(frame))
        return frame
    return text_table(path, body, names, ",", start + 2)


def require_last_line(path: Path, body: Sequence[str], columns: int, first_line: int) -> None:
    """Refuse a table whose last line has fewer words than the header."""
    for number in range(len(body) - 1, -1, -1):
        line = body[number]
        if line.strip(" ,"):
            if line.count(",") < columns - 1:
                raise refusal(
                    path, "truncated-file", f"line {number + first_line}",
                    f"the last line has {line.count(',') + 1} of {columns} columns, so that the "
                    "file is cut off. Download it again.",
                )  # fmt: skip
            return


def require_columns(path: Path, present: Collection[str], needed: Collection[str]) -> None:
    """Refuse a file without one of the columns that are needed.

    Raises:
        InvalidInput: with the missing columns.
    """
    missing = [name for name in needed if name not in present]
    if missing:
        shown = ", ".join(list(present)[:30])
        raise refusal(
            path, "missing-variable", missing[0],
            f"the file has no {', '.join(missing)}. It has: {shown}. Give the complete file.",
        )  # fmt: skip


def numbers(path: Path, column: Any, name: str, fills: Sequence[float] = ()) -> np.ndarray:
    """Numbers of a column of text, NaN where it is empty, "NA", "NaN" or a fill value.

    Args:
        path: for messages.
        column: pandas series of text with the line number as index.
        name: of the column.
        fills: numbers that mark a missing value.

    Raises:
        InvalidInput: a word is no number.
    """
    text = column.str.strip()
    values = pd.to_numeric(text, errors="coerce").to_numpy(dtype=float, copy=True)
    bad = np.isnan(values) & ~text.str.lower().isin(["", "na", "nan", "null", "none"]).to_numpy()
    if bad.any():
        line = column.index[bad][0]
        raise refusal(
            path, "not-numeric", name,
            f"'{name}' has '{text[line]}' in line {line}; expected a number.",
        )  # fmt: skip
    for fill in fills:
        values[np.abs(values - fill) <= 1e-6 * abs(fill)] = np.nan
    return values


def stamps(path: Path, column: Any, name: str, pattern: str) -> np.ndarray:
    """Times of a column of text, datetime64[s].

    Args:
        path: for messages.
        column: pandas series of text with the line number as index.
        name: of the column.
        pattern: of `strptime`, such as "%Y%m%d%H%M".

    Raises:
        InvalidInput: a word is no such time.
    """
    times = pd.to_datetime(column.str.strip(), format=pattern, errors="coerce")
    if times.isna().any():
        line = column.index[times.isna()][0]
        raise refusal(
            path, "wrong-time", name,
            f"'{name}' has '{column[line]}' in line {line}; expected a time as {pattern}.",
        )  # fmt: skip
    return times.to_numpy().astype("datetime64[s]")


def calendar_stamps(path: Path, frame: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Times from columns of year, month and perhaps day, hour, minute and second, datetime64[s].

    Raises:
        InvalidInput: a combination is no date.
    """
    parts = [numbers(path, frame[name], name) for name in names]
    rows = ("-".join(f"{v:.0f}" for v in row) for row in zip(*parts, strict=True))
    text = pd.Series(list(rows), index=frame.index)
    pattern = "-".join(["%Y", "%m", "%d", "%H", "%M", "%S"][: len(names)])
    return stamps(path, text, names[0], pattern)
