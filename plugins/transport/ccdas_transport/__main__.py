"""`python -m ccdas_transport`: make the files that ship with the transport, or fit it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def main(arguments=None):
    """Make one of the files that ship, or fit the settings.

    `jacobian OUT`: the Jacobian of the stations that ship. `winds FILE OUT`: the stream functions,
    from u and v. `tune DATA`: the fitted settings, from the folder of published data.
    """
    parser = argparse.ArgumentParser(prog="python -m ccdas_transport", description=__doc__)
    what = parser.add_subparsers(dest="what", required=True)
    what.add_parser("jacobian").add_argument("out", type=Path)
    winds = what.add_parser("winds")
    winds.add_argument("winds", type=Path)
    winds.add_argument("out", type=Path)
    what.add_parser("tune").add_argument("data", type=Path)
    asked = parser.parse_args(arguments)
    if asked.what == "jacobian":
        from .tracer.shipped_files import write_shipped_jacobian

        write_shipped_jacobian(asked.out)
    elif asked.what == "winds":
        from .tracer.shipped_files import write_streamfunction

        write_streamfunction(asked.winds, asked.out)
    else:
        _tune(asked.data)


def _tune(data):
    """Fit the settings and tell each improvement."""
    from .tracer.model import Transport
    from .validation.comparison_with_tm5 import MODEL
    from .validation.station_records import read_records
    from .validation.tuning import fit
    from .validation.zonal_fluxes import zonal_fluxes

    transport = Transport.from_files()
    records = read_records(data, transport)
    flux = zonal_fluxes(data, MODEL, transport.grid).values.sum(axis=0)

    def report(settings, half_square):
        values = ", ".join(f"{n} {getattr(settings, n):.4g}" for n in settings.tuned_names())
        sys.stdout.write(f"{half_square:.3f}  {values}\n")

    fit(transport.winds, flux, records, report=report)


if __name__ == "__main__":
    main()
