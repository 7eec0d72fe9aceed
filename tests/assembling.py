"""A problem from components and data, with the control vector of all their parameters."""

from ccdas_framework.core.control import Control
from ccdas_framework.engines.differences import DifferencesEngine
from ccdas_framework.problem import assembly


def assemble(*, model_name, model, operators, prior, changes=None, **data):
    """As `assembly.assemble`, with a prior made from the control and changes of parameters."""
    parameters = {name: operator.parameters for name, operator in operators.items()}
    control = Control.of({model_name: model.parameters, **parameters}, changes)
    return assembly.assemble(
        model_name=model_name, model=model, operators=operators, control=control,
        prior=prior(control), **{"model_engine": DifferencesEngine(), **data},
    )  # fmt: skip
