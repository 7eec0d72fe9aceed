"""Old import path of the three-dimensional transport, which has moved to `ccdas_transport`."""

from .deprecated import deprecated_names

__getattr__ = deprecated_names(__name__, ("Stations", "Transport", "TransportSettings", "prove"))

if __name__ == "__main__":
    from runpy import run_module

    run_module("ccdas_transport", run_name="__main__", alter_sys=True)
