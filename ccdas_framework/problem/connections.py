"""Whether a model and observation operators fit together."""

from __future__ import annotations

from collections.abc import Mapping

from ..core.errors import Finding, Findings
from ..core.interfaces import ObservationOperator, ProcessModel
from ..core.units import same_units
from .assembled_problem import TARGET


def connection_problems(
    model_name: str, model: ProcessModel, operators: Mapping[str, ObservationOperator]
) -> tuple[Finding, ...]:
    """Findings about the connections of a model and operators, by stream.

    Codes: "reserved-name" of a stream, "duplicate-field" that model and operator both supply,
    "missing-field" that an operator needs and the model lacks, and "unit-mismatch" of a field.
    """
    findings = Findings()
    provided = {variable.name: variable for variable in model.provides}
    for stream, operator in operators.items():
        place = f"stream '{stream}'"
        if stream in ("prior", "x", model_name) or stream.startswith(TARGET):
            findings.add(
                "reserved-name",
                place,
                f"no stream can be named '{stream}', because the name is reserved. Give the table "
                f'another name and add operator = "{stream}" to it.',
            )
        for variable in operator.gives:
            if variable.name in provided:
                findings.add(
                    "duplicate-field",
                    place,
                    f"{place} supplies field '{variable.name}', which model '{model_name}' "
                    "supplies too. One of them needs another name.",
                )
        needed = (*operator.requires, *operator.requires_once)
        missing = [v.name for v in needed if v.name not in provided and not v.optional]
        if missing:
            fields = "field" if len(missing) == 1 else "fields"
            findings.add(
                "missing-field",
                place,
                f"{place} needs {fields} {', '.join(map(repr, missing))}, which model "
                f"'{model_name}' does not provide with these settings. It provides: "
                f"{', '.join(sorted(provided))}.",
            )
        for variable in needed:
            units = provided.get(variable.name, variable).units
            if not same_units(variable.units, units):
                findings.add(
                    "unit-mismatch",
                    place,
                    f"{place} needs field '{variable.name}' in '{variable.units}', but "
                    f"model '{model_name}' provides it in '{units}'. Declare the same unit on "
                    "both sides, or convert inside the operator.",
                )
    return tuple(findings)
