"""SIF at 740 nm above the canopy, from absorbed light, yield and escape of each layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
from attrs import evolve, field, frozen
from attrs.validators import deep_iterable, ge, in_

from ccdas_framework import (
    Array,
    Diagonal,
    Domain,
    Fields,
    Namespace,
    ObservationOperator,
    Observations,
    Parameter,
    Parameters,
    Stream,
    Variable,
    apply_masks,
    area_mean,
    cell_stream,
    in_range,
    is_flag,
    is_number,
    is_whole_number,
    names_of,
)

from .canopy_escape import (
    LAYERS,
    LEAF_SCATTERING,
    SOIL_ALBEDO,
    exponential_escape,
    two_stream_escape,
)
from .leaf_fluorescence import QUENCHING, fluorescence_yield, smooth_maximum

UNITS = "mW m-2 sr-1 nm-1"
PHOTON_ENERGY = 1.616e5  # of light of 740 nm, N_A h c/lambda, J mol-1
# Photons in a nm at 740 nm for each that photosystem II emits at all colours (nm-1). The spectra of
# FLUSPECT have 0.0045 for photosystem II and 0.0118 for photosystem I. The latter adds 0.0020 where
# it emits 30 % of the least fluorescence F0 beyond 700 nm (C3 plants), 0.0047 where it emits 50 %
# (C4), in sum 0.0065 to 0.0092. The value is our choice in this range. Sources: Vilfan et al.
# (2016), Remote Sens. Environ. 186, 596-615; Pfuendel (1998), Photosynth. Res. 56, 185-195.
SPECTRAL_DENSITY = 0.0085
PUBLISHED_DENSITY = 0.011  # nm-1; own choice
# Share of the light that leaves absorb which chlorophyll absorbs (1), the rest goes to carotenoids
# and dry matter: PROSPECT-5 with the coefficients of FLUSPECT, 30 to 80 ug cm-2 of chlorophyll and
# a quarter of it carotenoids give 0.78 to 0.81 in sunlight.
CHLOROPHYLL_SHARE = 0.8
# Clumping of needles in shoots (1): a recollision probability of 0.47 in shoots of Scots pine.
# Source: Smolander and Stenberg (2003), Remote Sens. Environ. 88, 363-373.
NEEDLE_CLUMPING = 0.53
NEEDLE_CLASSES = (5, 6)
# mW m-2 sr-1 nm-1. Single soundings scatter by 0.5 to 2 around zero, and crops reach 5 (Sun et al.
# 2018, Remote Sens. Environ. 209, 808-823). The limits are our choice.
OBSERVED_RANGE = (-5.0, 15.0)
LEAST_COVER = 0.01  # 1
FREEZING = 0.0  # degC
_FIELD = ("time", "column")
_LAYERS = tuple(range(1, LAYERS + 1))


@frozen
class Sif(ObservationOperator):
    """SIF of the cell at 740 nm, nadir; the settings are the keys of a configuration.

        SIF_v = s e/pi sum_l phi_f(chi_l, T) a I_l E_l
        SIF_g = sum_v f_v SIF_v

    I_l is the light that a third of the leaf area absorbs at the hour of the overpass, a the share
    of chlorophyll in it, chi_l the share that drives electron transport, E_l the share of the
    emission that leaves the canopy, e the energy of its photons in a nm at 740 nm. Radiance is the
    same in all directions. The operator reduces the radiative transfer of SCOPE: one colour, no
    angles, no reabsorption inside of leaves.

    Args:
        escape: "two_stream": half of the emission begins downwards, and leaves, shoots and soil
            scatter. "exponential", the published form: all of it goes up and exp(-0.3) per leaf
            area arrives; a is 1 and e larger.
        needle_classes: classes with needles in shoots.
        needle_clumping: needle-to-shoot clumping of these classes (1).
        quenching: "general", fitted to unstressed and stressed leaves; "drought", to a drought.
        relative_sd, sd_floor: error of a value without an sd, max(relative_sd SIF, sd_floor)
            (1, mW m-2 sr-1 nm-1); SIF of the prior run for an observation without
            value, as in a design.
        n_corr: number of successive values that share their error. sd grows by its square root.
        minimum_soundings: fewest soundings behind a value.
        mask_frozen: leave out periods below 0 degC in the prior run.
        snow_limit: largest mean snow of the prior run (mm).

    Source: van der Tol et al. (2014), J. Geophys. Res. Biogeosci. 119, 2312-2327 (yields).
    """

    escape: str = field(default="two_stream", validator=in_(("two_stream", "exponential")))
    needle_classes: tuple[int, ...] = field(
        default=NEEDLE_CLASSES,
        converter=tuple,
        validator=deep_iterable(is_whole_number),
        metadata=names_of("class"),
    )
    needle_clumping: float = field(default=NEEDLE_CLUMPING, validator=in_range(0.1, 1.0))
    quenching: str = field(default="general", validator=in_(tuple(QUENCHING)))
    relative_sd: float = field(default=0.2, validator=in_range(0.0, 10.0))
    sd_floor: float = field(default=0.05, validator=in_range(1e-06, 1000.0))
    n_corr: float = field(default=1.0, validator=in_range(1.0, 1e6))
    minimum_soundings: int = field(default=5, validator=in_range(0, 1_000_000, whole=True))
    mask_frozen: bool = field(default=True, validator=is_flag)
    snow_limit: float = field(default=1.0, validator=[is_number, ge(0.0)])

    observes = Variable(
        "sif", UNITS, ("obs",), (-2.0, 20.0), long_name="solar-induced fluorescence at 740 nm",
        observed_range=OBSERVED_RANGE,
    )  # fmt: skip
    columns = (Variable("n", "1", ("obs",), (0.0, 1e9)),)
    requires = (
        *(Variable(f"apar_layer_{n}", "mol m-2 s-1", _FIELD, (0.0, 0.003)) for n in _LAYERS),
        *(Variable(f"photochemistry_layer_{n}", "1", _FIELD, (-0.01, 1.01)) for n in _LAYERS),
        Variable("canopy_temperature", "degC", _FIELD, (-95.0, 80.0)),
        Variable("lai", "m2 m-2", _FIELD, (0.0, 20.0)),
        Variable("cover", "1", _FIELD, (0.0, 1.01), optional=True),
    )
    requires_once = (
        Variable("air_temperature", "degC", _FIELD, (-95.0, 65.0), optional=True),
        Variable("snow", "mm", _FIELD, (0.0, 1e5), optional=True),
    )
    parameters = (
        Parameter(
            "scale", "1", 1.0, 0.3, "log", in_loop=False, source="own choice",
            long_name="scale of the instrument and of the reduction",
        ),
    )  # fmt: skip
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"ccdas": {"escape": "exponential"}}
    scope = "cell"

    def prepare(
        self,
        observations: Observations,
        domain: Domain,
        prior_fields: Callable[[], Mapping[str, np.ndarray]],
    ) -> Stream:
        """Stream with masks, errors and the weights of the columns of each value."""
        stream = cell_stream(observations, domain)
        if len(stream.values):
            stream = apply_masks(stream, self.masks(observations, stream, prior_fields))
        grid = domain.grid
        covered = np.bincount(grid.column_cell, grid.column_fraction, minlength=grid.cells)
        cell = stream.at["cell"]
        arrays = {name: stream.at[name] for name in ("first_day", "last_day", "columns")}
        arrays["weights"] = stream.at["weights"] * covered[cell][:, None]
        needles = np.isin(grid.column_class, self.needle_classes)
        arrays["clumping"] = np.where(needles, self.needle_clumping, 1.0)
        error = self.error(stream.values, stream.covariance.sd, arrays, prior_fields)
        return evolve(stream, covariance=Diagonal(error), at=arrays)

    def masks(
        self,
        observations: Observations,
        stream: Stream,
        prior_fields: Callable[[], Mapping[str, np.ndarray]],
    ) -> dict[str, np.ndarray]:
        """Reason -> mask, shape (obs,). Fields that the model lacks mask nothing."""
        soundings = observations.numbers("n")[stream.index]
        masks = {f"fewer than {self.minimum_soundings} soundings": (
            soundings < self.minimum_soundings
        )}  # fmt: skip
        prior = prior_fields()
        if self.mask_frozen and "air_temperature" in prior:
            air = area_mean(np.asarray(prior["air_temperature"]), stream.at, np)
            masks["frozen"] = air < FREEZING
        if "snow" in prior:
            snow = area_mean(np.asarray(prior["snow"]), stream.at, np)
            masks["snow"] = snow > self.snow_limit
        return masks

    def error(
        self,
        values: np.ndarray,
        sd: np.ndarray,
        at: Mapping[str, Array],
        prior_fields: Callable[[], Mapping[str, np.ndarray]],
    ) -> np.ndarray:
        """Error of each value (mW m-2 sr-1 nm-1), (obs,): its sd, else a share with a floor."""
        if np.any(np.isnan(sd) & np.isnan(values)):
            prior = self.observe(prior_fields(), {"scale": 1.0}, at, np)
            values = np.where(np.isnan(values), prior, values)
        estimated = np.maximum(self.relative_sd * values, self.sd_floor)
        return np.where(np.isnan(sd), estimated, sd) * np.sqrt(self.n_corr)

    def observe(
        self, fields: Fields, parameters: Parameters, at: Mapping[str, Array], xp: Namespace
    ) -> Array:
        """Simulated SIF (mW m-2 sr-1 nm-1), shape (obs,), the mean of the days of each value."""
        clumped = fields["lai"]
        if "cover" in fields:
            clumped = clumped / smooth_maximum(fields["cover"], LEAST_COVER, LEAST_COVER, xp)
        emitted = 0.0
        for n in _LAYERS:
            chi, temperature = fields[f"photochemistry_layer_{n}"], fields["canopy_temperature"]
            of_leaves = fluorescence_yield(chi, temperature, self.quenching, xp)
            escaping = of_leaves * self.layer_escape(clumped, n, at["clumping"], xp)
            emitted = emitted + escaping * fields[f"apar_layer_{n}"]
        density = SPECTRAL_DENSITY if self.escape == "two_stream" else PUBLISHED_DENSITY
        return radiance(area_mean(parameters["scale"] * emitted, at, xp), density)

    def layer_escape(self, leaf_area: Array, layer: int, clumping: Array, xp: Namespace) -> Array:
        """Photons that leave the canopy for each that a layer absorbs and emits (1).

        Args:
            leaf_area: over the ground that plants cover (m2 m-2), shape (time, column).
            layer: 1 at the top.
            clumping: of needles in shoots, 1 for leaves (1), shape (column,).
        """
        if self.escape == "exponential":
            return exponential_escape(leaf_area, layer, xp)
        share = two_stream_escape(leaf_area, layer, LEAF_SCATTERING, SOIL_ALBEDO, clumping, xp)
        return CHLOROPHYLL_SHARE * share


def radiance(photons: Array, density: float) -> Array:
    """SIF at 740 nm (mW m-2 sr-1 nm-1), the same in all directions.

    Args:
        photons: that leave the canopy upwards, of all colours (mol m-2 s-1).
        density: share of them in a nm at 740 nm (nm-1).
    """
    return 1e3 / math.pi * PHOTON_ENERGY * density * photons
