"""Which sets of streams are compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..core.errors import Findings, did_you_mean

StreamSet = tuple[str, ...]
KEY = "added_value.sets"


def name_of(streams: Iterable[str]) -> str:
    """'co2+sm' of co2 and sm: name of a set in tables, and of the folder of its run."""
    return "+".join(streams)


def nested(streams: Sequence[str]) -> list[StreamSet]:
    """The first stream, the first two, and so on: ('a',), ('a', 'b'), ..."""
    return [tuple(streams[: n + 1]) for n in range(len(streams))]


def fullest(sets: Sequence[StreamSet]) -> StreamSet:
    """The one with most streams, the first of equals."""
    return max(sets, key=len)


def set_findings(sets: Sequence[Sequence[str]], streams: Sequence[str]) -> Findings:
    """A finding for each set that cannot be made of the streams of an experiment."""
    available = ", ".join(streams)
    findings = Findings()
    for members in sets:
        if not members:
            findings.add(
                "empty-set",
                KEY,
                "a set of streams to compare is empty; name at least one stream in it.",
            )
        for name in dict.fromkeys(members):
            if name not in streams:
                findings.add(
                    "unknown-stream",
                    KEY,
                    f"the set '{name_of(members)}' names the stream '{name}', which the experiment "
                    f"does not assimilate.{did_you_mean(name, streams)} Streams: {available}; add "
                    "others with --obs.",
                )
            elif list(members).count(name) > 1:
                findings.add(
                    "repeated-stream",
                    KEY,
                    f"the set '{name_of(members)}' names the stream '{name}' twice.",
                )
    alike: dict[frozenset[str], int] = {}
    for members in sets:
        alike[frozenset(members)] = alike.get(frozenset(members), 0) + 1
    for streams_of, count in alike.items():
        if count > 1 and streams_of:
            findings.add(
                "repeated-set",
                KEY,
                f"the set '{name_of(sorted(streams_of))}' is there {count} times; name it once.",
            )
    return findings
