"""Parameters that the operators of two streams share."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..core.control import Owned
from ..core.errors import Findings, did_you_mean
from ..core.interfaces import ObservationOperator
from ..core.parameters import Parameter
from .sections import StreamSection

Operators = Mapping[str, ObservationOperator]
Streams = Mapping[str, StreamSection]


def shared_parameters(streams: Streams, operators: Operators) -> dict[Owned, Owned]:
    """(stream, parameter) -> the (stream, parameter) whose elements it uses; wrong ones aside."""
    shares = _shares(streams)
    return {
        own: other
        for own, other in shares.items()
        if other not in shares and _parameter(own, operators) and _parameter(other, operators)
    }


def share_findings(streams: Streams, operators: Operators, left_out: Collection[str]) -> Findings:
    """A finding for each entry of `shares` that names no parameter which can be shared.

    Args:
        streams: of the run.
        operators: of the streams, as far as they could be constructed.
        left_out: streams of the experiment file that the run leaves out.
    """
    findings, shares = Findings(), _shares(streams)
    for (stream, name), (other, other_name) in shares.items():
        where, target = f"streams.{stream}.shares.{name}", f"{other}.{other_name}"

        def add(code: str, message: str, where: str = where) -> None:
            findings.add(code, where, f"'{where}': {message}")

        if stream in operators and not _parameter((stream, name), operators):
            add("unknown-parameter", _unknown(stream, name, operators))
        if other in left_out:
            add(
                "absent-stream",
                f"the run has no stream '{other}'. Add it to --obs, or remove the entry.",
            )
        elif other not in streams:
            add(
                "unknown-stream",
                f"there is no stream '{other}'.{did_you_mean(other, streams)} Expected "
                '"STREAM.PARAMETER" with a stream of the experiment.',
            )
        elif (other, other_name) in shares:
            add(
                "chained-shares",
                f"'{target}' is itself shared with another stream. Name the stream whose own "
                "parameter both use.",
            )
        elif other in operators and not _parameter((other, other_name), operators):
            add("unknown-parameter", _unknown(other, other_name, operators))
        else:
            own = _parameter((stream, name), operators)
            source = _parameter((other, other_name), operators)
            if own and source and (difference := _difference(own, source)):
                add("different-parameters", f"it cannot use '{target}': {difference}.")
    return findings


def _shares(streams: Streams) -> dict[Owned, Owned]:
    """All entries, as they are written."""
    shares = {}
    for stream, section in streams.items():
        for name, target in (section.shares or {}).items():
            other, _, other_name = target.partition(".")
            shares[stream, name] = other, other_name
    return shares


def _parameter(owned: Owned, operators: Operators) -> Parameter | None:
    """The parameter as its operator declares it; None where there is none."""
    stream, name = owned
    parameters = operators[stream].parameters if stream in operators else ()
    return next((parameter for parameter in parameters if parameter.name == name), None)


def _unknown(stream: str, name: str, operators: Operators) -> str:
    names = [parameter.name for parameter in operators[stream].parameters]
    return (
        f"the operator of stream '{stream}' has no parameter '{name}'.{did_you_mean(name, names)} "
        f"Parameters: {', '.join(names) or 'none'}."
    )


def _difference(own: Parameter, source: Parameter) -> str:
    """The first difference that forbids to share, in words; "" where there is none."""
    if own.units != source.units:
        return f"its unit is '{source.units}', and '{own.units}' is expected"
    if (own.index, own.groups) != (source.index, source.groups):
        return "its elements are not those of the same groups"
    if source.bounds[0] < own.bounds[0] or source.bounds[1] > own.bounds[1]:
        return f"its bounds {source.bounds} are wider than {own.bounds}"
    return ""
