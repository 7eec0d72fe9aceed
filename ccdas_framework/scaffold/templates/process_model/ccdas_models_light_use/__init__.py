"""Carbon uptake from absorbed light."""

from ccdas_framework import hookimpl


@hookimpl
def process_models():
    """The model, under the name that `--model` and a configuration use."""
    from .light_use import LightUse

    return {"light_use": LightUse}
