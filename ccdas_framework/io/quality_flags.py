"""Quality flags of the CF conventions, as shares of a value that is measured."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from .missing_values import is_mark
from .netcdf import InputFile

QUALITY = "quality"  # column of observation files: measured share of a value
FLAGS = ("flag_values", "flag_masks")
NAMES = re.compile(r"(?i)(?:^|_)(?:qc|qf|quality|qc_?flags?|quality_?flags?|flags?)(?:$|_)")
# beginnings of words in `flag_meanings`
_FILLED = (
    "fill|gap|infill|interpol|estimat|model|missing|bad|poor|low|medium|suspect|doubt|fail|fault|"
    "error|reject|era|reanalys|downscal|statist|synth|imput|climatolog|out|spike|contaminat|cloud|"
    "snow|frozen|ice|rfi|interfer|invalid|unreliable|unusable"
)
_MEASURED = "measur|observ|original|good|valid|ok|best|high|pass|nominal|reliable|clear|usable"
FILLED = re.compile(rf"(?:^|[^a-z])(?:{_FILLED})")
MEASURED = re.compile(rf"(?:^|[^a-z])(?:{_MEASURED})")
NEGATED = re.compile(
    rf"(?:^|(?<=[^a-z]))(?:not|no|non|un)[^a-z]?(?:({_FILLED})|({_MEASURED}))[a-z]*"
)


def is_measurement(meaning: str) -> bool | None:
    """Whether a word of `flag_meanings` means a measurement, or None where it says neither.

    A meaning of both kinds, such as 'good_quality_gapfill', is no measurement.
    """
    plain = NEGATED.sub(lambda match: "measured" if match[1] else "filled", meaning.lower())
    if FILLED.search(plain):
        return False
    return True if MEASURED.search(plain) else None


def has_flags(file: InputFile, name: str) -> bool:
    """Whether a variable holds flags, as its attributes declare."""
    return any(attribute in file.dataset[name].attrs for attribute in FLAGS)


def looks_like_quality(file: InputFile, name: str) -> bool:
    """Whether a variable seems to describe the quality of `observed`, by its name or attributes."""
    attributes = file.dataset[name].attrs
    ancillary = str(file.dataset["observed"].attrs.get("ancillary_variables", "")).split()
    standard_name = str(attributes.get("standard_name", ""))
    is_flag = "flag_meanings" in attributes or has_flags(file, name)
    is_flag |= standard_name.endswith(("quality_flag", "status_flag"))
    return is_flag or (name in ancillary and name != "observed_sd") or bool(NAMES.search(name))


def flag_meanings(attribute: Any) -> list[str]:
    """Words of `flag_meanings`, a text, or a list of them."""
    if isinstance(attribute, str):
        return attribute.replace(",", " ").split()
    return [str(text) for text in np.atleast_1d(attribute)]


def flag_numbers(attribute: Any) -> np.ndarray:
    """Numbers of `flag_values` or `flag_masks`, which may be text; none where it is no number."""
    if isinstance(attribute, str):
        attribute = re.sub(r"(\d)[bs]\b", r"\1", attribute).replace(",", " ").split()
    try:
        return np.atleast_1d(np.asarray(attribute, dtype=float))
    except (TypeError, ValueError):
        return np.zeros(0)


def measured_share(file: InputFile, name: str) -> np.ndarray | None:
    """1 where the flags of a variable mean a measurement, else 0, or None and a finding.

    Missing flags are NaN. A bit of `flag_masks` that means a fault overrides one of a measurement.

    Args:
        file: with the variable, shape (obs,).
        name: of the variable, with `flag_meanings` and `flag_values`, `flag_masks` or both.
    """
    attributes = file.dataset[name].attrs
    if file.dataset[name].dtype.kind not in "biuf":
        file.add_fault(
            "not-numeric",
            name,
            "holds no numbers; expected flags as numbers with the attributes 'flag_values' and "
            "'flag_meanings', or the measured share, 0 to 1.",
        )
        return None
    values = np.asarray(file.dataset[name].values, dtype=float)
    words = flag_meanings(attributes.get("flag_meanings", ""))
    lists = [flag_numbers(attributes[key]) for key in FLAGS if key in attributes]
    if any(len(numbers) != len(words) for numbers in lists):
        counts = " and ".join(f"{len(numbers)} numbers" for numbers in lists)
        fault = (
            f"has {len(words)} 'flag_meanings' for {counts} in its attributes of flags. Write "
            "'flag_values' or 'flag_masks' as numbers, and 'flag_meanings' as one word for each, "
            "separated by blanks."
        )
        file.add_fault("wrong-flags", name, fault)
        return None
    present = np.isfinite(values) & ~is_mark(values)
    flags = np.where(present, values, 0.0).astype(int)
    masks = lists[-1].astype(int) if FLAGS[1] in attributes else np.full(len(words), -1)
    known = present & (values == flags) & ((flags & ~int(np.bitwise_or.reduce(masks))) == 0)
    measured, faulty, has_meaning = (np.zeros(len(values), dtype=bool) for _ in range(3))
    for word, number, mask in zip(words, lists[0].astype(int), masks, strict=True):
        is_set = present & ((flags & mask) == number)
        has_meaning |= is_set
        is_good = is_measurement(word)
        if is_set.any() and is_good is None:
            _refuse(file, name, f"the meaning '{word}'")
            return None
        measured |= is_set & bool(is_good)
        faulty |= is_set & (not is_good)
    if FLAGS[0] not in attributes:  # without a bit there is no fault
        has_meaning |= flags == 0
        measured |= (flags == 0) & (not any(is_measurement(word) for word in words))
    if (unknown := present & ~(known & has_meaning)).any():
        _refuse(file, name, f"the flag {values[unknown][0]:g} without a meaning")
        return None
    return np.where(present, (measured & ~faulty).astype(float), np.nan)


def _refuse(file: InputFile, name: str, flag: str) -> None:
    file.add_fault(
        "unknown-flag",
        name,
        f"has {flag}, which says neither 'measured' nor 'filled'. Write the measured share, 0 to "
        "1, instead of flags, or set the convention of the flags where the operator has such a "
        "setting.",
    )


def is_ambiguous(file: InputFile, name: str) -> bool:
    """Whether a share may be flags: whole numbers without units, of which 0 may mean measured."""
    variable = file.dataset[name]
    if "units" in variable.attrs:
        return False
    try:
        values = np.asarray(variable.values, dtype=float)
    except ValueError:  # text
        return False
    values = values[np.isfinite(values) & ~is_mark(values)]
    is_integer = np.dtype(variable.encoding.get("dtype", variable.dtype)).kind in "iu"
    return bool(np.all(values == np.round(values)) and (is_integer or np.any(values != 1.0)))
