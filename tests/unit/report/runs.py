"""Made-up run folders: a global one on a grid and one of a few sites."""

import numpy as np

from ccdas_framework import Grid, Observations, Variable
from ccdas_framework.outputs import RunFolder, Simulated
from ccdas_framework.outputs.provenance import provenance
from ccdas_framework.outputs.result_datasets import result_dataset, targets_dataset
from ccdas_framework.outputs.simulated_datasets import fields_dataset, stream_dataset
from ccdas_framework.outputs.variable_tables import root_group

MONTHS = np.arange("2010-01", "2012-01", dtype="M8[M]")
SITES = {"AU-How": (-12.5, 131.2), "BE-Vie": (50.3, 6.0), "DE-Tha": (51.0, 13.6),
         "FI-Hyy": (61.9, 24.3), "US-SRG": (31.8, -110.8)}  # fmt: skip
STATIONS = {"ALT": (82.5, -62.5), "BRW": (71.3, -156.6), "MHD": (53.3, -9.9),
            "MLO": (19.5, -155.6), "SMO": (-14.2, -170.6), "SPO": (-90.0, -24.8)}  # fmt: skip


def grid_of(places, half=(3.75, 5.0)):
    """A grid of these (latitude, longitude), one column a cell."""
    latitude, longitude = np.array(places, dtype=float).T
    cells = len(places)
    return Grid(
        latitude=latitude, longitude=longitude, area=np.full(cells, 5e11),
        region=np.where(np.abs(latitude) < 23.5, "tropics", "elsewhere"),
        half_width=np.tile(half, (cells, 1)), column_cell=np.arange(cells),
        column_fraction=np.ones(cells), column_class=np.full(cells, 1),
    )  # fmt: skip


def stream(name, units, places, months, generator, *, place, level, swing, attributes=None):
    """Observations at every place and month with a season, and two simulations of them."""
    labels = np.repeat(list(places), len(months))
    latitude, longitude = np.repeat(np.array(list(places.values()), dtype=float), len(months), 0).T
    start = np.tile(months.astype("M8[D]"), len(places))
    end = np.tile((months + 1).astype("M8[D]") - 1, len(places))
    season = np.sin(2 * np.pi * np.tile(np.arange(len(months)), len(places)) / 12)
    truth = level + swing * season * np.sign(latitude) + 0.3 * swing * np.cos(np.radians(latitude))
    sd = np.full(len(truth), 0.2 * swing)
    seen = Observations(
        values=truth + sd * generator.standard_normal(len(truth)), sd=sd, start=start, end=end,
        latitude=latitude, longitude=longitude, altitude=np.zeros(len(truth)), label=labels,
    )  # fmt: skip
    wrong = truth + 0.8 * swing * season + 0.3 * swing
    return Simulated(
        Variable(name, units), seen, wrong, truth + 0.1 * swing * season, place, attributes or {}
    )


def write_run(path, grid, streams, *, title, comment, forward=False, evaluation=None):
    """A complete folder; a forward run has no posterior."""
    generator = np.random.default_rng(2)
    count = 40
    names = [f"bethy.V_m[{i}]" for i in range(count)]
    shift = 0.8 * generator.standard_normal(count)
    reduction = generator.uniform(0.0, 0.9, count)
    sd = 1.0 - reduction
    prior = generator.uniform(1.0, 90.0, count)
    after = {} if forward else {
        "control_posterior": shift,
        "parameter_posterior": prior * (1 + 0.2 * shift),
        "parameter_posterior_sd": 0.2 * prior * sd,
        "uncertainty_reduction": reduction,
        "posterior_covariance": np.diag(sd**2),
        "cost": 4e3 * 0.3 ** np.arange(9.0) + 300.0,
        "gradient_norm": 1e4 * 0.1 ** np.arange(9.0),
        "cost_term": np.stack([
            np.linspace(0.0, 12.0, 9),
            *(400.0 * (i + 1) * 0.3 ** np.arange(9.0) + 100.0 for i in range(len(streams))),
        ], axis=1),
        "term": ["prior", *streams],
        "status": "converged",
        "message": "the gradient norm fell below the tolerance",
    }  # fmt: skip
    runs = ("prior",) if forward else ("prior", "posterior")
    season = 1 + 0.5 * np.sin(2 * np.pi * np.arange(len(MONTHS)) / 12)[:, None]
    npp = season * 3.0 * np.cos(np.radians(grid.latitude)) ** 2
    nep = 0.5 * (season - 1.0) + 0.2 * np.sin(np.radians(3 * grid.longitude))
    scale = np.array([1.0, 0.85])[: len(runs), None, None]
    shape = {"region": ["global", "tropics"], "quantity": ["gpp", "npp", "nep"]}
    before = np.array([[130.0, 60.0, 1.4], [80.0, 35.0, 0.4]])
    with RunFolder(path) as folder:
        folder.write_experiment({"title": title, "model": {"name": "bethy"}})
        folder.write_provenance(provenance(seed=1, command=["ccdas", "run", "demo"]))
        folder.write("result.nc", result_dataset(
            control=names, control_prior=np.zeros(count), parameter_prior=prior,
            parameter_prior_sd=0.2 * prior, parameter_unit=["umol m-2 s-1"] * count,
            parameter_name=[f"carboxylation capacity, type {i}" for i in range(count)],
            parameter_process=["photosynthesis", "water"] * (count // 2), **after,
        ))  # fmt: skip
        groups = {name: stream_dataset(values) for name, values in streams.items()}
        folder.write("simulated.nc", root_group({"comment": comment or None}), groups)
        if evaluation:
            groups = {name: stream_dataset(values) for name, values in evaluation.items()}
            folder.write("evaluation.nc", root_group(), groups)
        folder.write("fields.nc", fields_dataset(
            fields={"npp": npp * scale, "nep": nep * scale}, month=MONTHS, grid=grid, run=runs,
            variables={n: Variable(n, "gC m-2 d-1") for n in ("npp", "nep")},
        ))  # fmt: skip
        folder.write("targets.nc", targets_dataset(
            **shape, prior=before, prior_sd=0.2 * before,
            posterior=None if forward else 0.9 * before,
            posterior_sd=None if forward else 0.05 * before,
            uncertainty_reduction=None if forward else np.full((2, 3), 0.75),
        ))  # fmt: skip
    return path


def global_run(path):
    """Three streams on the cells of a coarse grid; VOD is a map without months."""
    generator = np.random.default_rng(1)
    places = [
        (lat, lon)
        for lat in np.arange(-52.5, 80.0, 7.5)
        for lon in np.arange(-175.0, 180.0, 10.0)
        if np.sin(np.radians(2 * lon + lat)) > 0.2
    ]
    cells = {f"{lat:g}N {lon:g}E": (lat, lon) for lat, lon in places}
    few = dict(list(cells.items())[::4])
    streams = {
        "co2": stream("co2", "ppm", STATIONS, MONTHS, generator, place="station", level=389.0,
                      swing=4.0),
        "sm": stream("sm", "m3 m-3", few, MONTHS, generator, place="cell", level=0.25, swing=0.1),
        "vod": stream("vod", "1", cells, MONTHS[:1], generator, place="cell", level=0.5, swing=0.3),
    }  # fmt: skip
    return write_run(
        path, grid_of(places), streams, title="A world", comment="synthetic observations"
    )


def site_run(path, forward=False):
    """Daily soil moisture and monthly VOD at five sites."""
    generator = np.random.default_rng(1)
    built = {"comment": "built from biomass and LAI", "dropped": "snow: 3"}
    streams = {
        "sm": stream("sm", "m3 m-3", SITES, MONTHS, generator, place="cell", level=0.2, swing=0.1),
        "vod": stream("vod", "1", SITES, MONTHS, generator, place="cell", level=0.5, swing=0.3,
                      attributes=built),
    }  # fmt: skip
    evaluation = {
        "gpp": stream("gpp", "gC m-2 d-1", SITES, MONTHS, generator, place="cell", level=4.0,
                      swing=3.0),
    }  # fmt: skip
    if forward:
        evaluation = None
        streams = {
            name: Simulated(s.variable, s.observations, s.prior, None, s.place, s.attributes)
            for name, s in streams.items()
        }
    grid = grid_of(list(SITES.values()), half=(0.05, 0.05))
    return write_run(
        path, grid, streams, title="Five sites", comment="", forward=forward, evaluation=evaluation
    )
