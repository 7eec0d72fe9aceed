"""Sets of streams to compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ..core.control import Owned
from ..core.errors import Findings, did_you_mean

StreamSet = tuple[str, ...]
KEY = "added_value.sets"


def name_of(streams: Iterable[str]) -> str:
    """'co2+sm' of co2 and sm: name of a set in tables, and of the folder of its run."""
    return "+".join(streams)


def set_findings(sets: Sequence[Sequence[str]], streams: Sequence[str]) -> Findings:
    """A finding for each set that is empty, repeated, or not of the streams of an experiment."""
    findings = Findings()
    for streams_of_set in sets:
        label = name_of(streams_of_set)
        if not streams_of_set:
            findings.add("empty-set", KEY, "a set of streams is empty; name at least one stream.")
        for name in dict.fromkeys(streams_of_set):
            if name not in streams:
                findings.add(
                    "unknown-stream",
                    KEY,
                    f"the set '{label}' names the stream '{name}', which the experiment does not "
                    f"assimilate.{did_you_mean(name, streams)} Streams: {', '.join(streams)}; add "
                    "others with --obs.",
                )
            elif list(streams_of_set).count(name) > 1:
                message = f"the set '{label}' names the stream '{name}' twice."
                findings.add("repeated-stream", KEY, message)
    for names, count in Counter(frozenset(streams_of_set) for streams_of_set in sets).items():
        if count > 1 and names:
            message = f"the set '{name_of(sorted(names))}' occurs {count} times."
            findings.add("repeated-set", KEY, message)
    return findings


def absent_findings(sets: Sequence[Sequence[str]], shares: Mapping[Owned, Owned]) -> Findings:
    """A finding for each set with a stream whose parameter belongs to a stream outside the set."""
    findings = Findings()
    for streams_of_set in sets:
        for (stream, name), (other, _) in shares.items():
            if stream in streams_of_set and other not in streams_of_set:
                findings.add(
                    "absent-stream",
                    KEY,
                    f"the set '{name_of(streams_of_set)}' has no stream '{other}', whose parameter "
                    f"streams.{stream}.shares.{name} uses. Add it to the set, or remove the entry.",
                )
    return findings
