"""`python -m ccdas_transport`: make the files that ship with the package, or fit the settings."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .tracer import Transport, TransportSettings
from .tracer.shipped_files import write_shipped_jacobian, write_streamfunction
from .validation.comparison_with_tm5 import MODEL
from .validation.station_records import read_records
from .validation.tuning import fit
from .validation.zonal_fluxes import zonal_fluxes


def main(arguments: Sequence[str] | None = None) -> None:
    """Make one of the files that ship, or fit the settings.

    `jacobian OUT`: the Jacobian of the stations that ship. `winds FILE OUT`: the stream functions,
    from u and v. `tune DATA`: the fitted settings, from the folder of published data.
    """
    parser = argparse.ArgumentParser(prog="python -m ccdas_transport", description=__doc__)
    tasks = parser.add_subparsers(dest="task", required=True)
    tasks.add_parser("jacobian").add_argument("out", type=Path)
    winds = tasks.add_parser("winds")
    winds.add_argument("winds", type=Path)
    winds.add_argument("out", type=Path)
    tasks.add_parser("tune").add_argument("data", type=Path)
    options = parser.parse_args(arguments)
    if options.task == "jacobian":
        write_shipped_jacobian(options.out)
    elif options.task == "winds":
        write_streamfunction(options.winds, options.out)
    else:
        _tune(options.data)


def _tune(data: Path) -> None:
    """Fit the settings and print each evaluation."""
    transport = Transport.from_files()
    records = read_records(data, transport)
    flux = zonal_fluxes(data, MODEL, transport.grid).values.sum(axis=0)

    def report(settings: TransportSettings, half_square: float) -> None:
        values = ", ".join(f"{n} {getattr(settings, n):.4g}" for n in settings.tuned_names())
        sys.stdout.write(f"{half_square:.3f}  {values}\n")

    fit(transport.winds, flux, records, report=report)


if __name__ == "__main__":
    main()
