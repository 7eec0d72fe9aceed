"""Surface soil moisture of SMOS or of probes in the ground."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from attrs import evolve, field, frozen
from attrs.validators import ge, in_

from ccdas_framework import (
    Array,
    Diagonal,
    Domain,
    Fields,
    Grid,
    InvalidInput,
    Namespace,
    ObservationOperator,
    Observations,
    Parameter,
    Parameters,
    Stream,
    Variable,
    apply_masks,
    cell_stream,
    in_range,
    is_flag,
    is_number,
    names_of,
    numpy_namespace,
)

from .depth import (
    COMPARISONS,
    DEPTH,
    FILTER_TIME,
    THICKNESS,
    Depths,
    depth_inputs,
    depths,
    water_at_depth,
)
from .scaling import CENTRE, place_numbers, scaled_to_prior, scaling_parameters
from .screening import OBSERVED_RANGE, frozen_ground, smos_masks, too_close

if TYPE_CHECKING:
    from ccdas_framework.testing import Case

PRIOR_TIME = {FILTER_TIME.name: FILTER_TIME.mean}
WEATHER = (
    Variable("air_temperature", "degC", ("time", "column"), optional=True),
    Variable("air_temperature_min", "degC", ("time", "column"), optional=True),
    Variable("snow", "mm", ("time", "column"), optional=True),
)
DAYS_OF_A_MONTH = 20  # an observation that stands for so many days counts as a monthly one


def _classes(values: Any) -> tuple[int, ...]:
    """Numbers of classes; a number alone is one class."""
    classes = values if isinstance(values, list | tuple) else (values,)
    if not all(isinstance(c, int) and not isinstance(c, bool) for c in classes):
        raise InvalidInput(
            f"'forest_classes' is {values!r}; expected numbers of classes, as in "
            "forest_classes = [1, 2, 3, 4, 5, 6].",
            code="wrong-type",
            where="forest_classes",
        )
    return tuple(classes)


def _places(values: Any) -> tuple[str, ...]:
    """Names of places; one alone needs no list."""
    places = tuple(values) if isinstance(values, list | tuple) else (values,)
    if not all(isinstance(place, str) and place for place in places):
        raise ValueError(f"'scaling_places' is {values!r}; expected names of places as text.")
    twice = sorted({place for place in places if places.count(place) > 1})
    if twice:
        raise ValueError(f"'scaling_places' names {', '.join(twice)} twice. Name each place once.")
    return places


@frozen
class SoilMoisture(ObservationOperator):
    """Cell-mean water content of the surface or below; the settings are keys of a configuration.

        theta_g = sum_v f_v theta_v / sum_v f_v, mean over the days of an observation

    A satellite sees the surface layer. The depth of probes comes from the column `depth` of the
    file, or else from the setting; without both they see the surface layer too.

    Args:
        product: "smos" (all masks) or "in_situ" (only frozen ground is masked).
        depth: of the probes (m), a number or a table by place, where the file has no `depth`.
        depth_comparison: of probes with a depth. "filter": exponential filter of the surface layer
            with the time T_z for each metre below its middle. "layers": mean of the water content
            from the surface to the probe, of the surface layer and the root layer. "surface": the
            surface layer alone.
        scaling: "mean_variance" scales each place to the mean and variance of the prior run, so
            that only dynamics constrain the parameters. "fitted" optimises a slope and an offset of
            each place, which lets the model keep its variance. "none" compares absolute values.
        scaling_places: names of the places with a slope and an offset, for "fitted".
        sd_floor: smallest retrieval error (m3 m-3). A smaller sd (DQX of SMOS) is raised to it.
        representation_sd: error of a point or footprint that represents the cell (m3 m-3), added
            in quadrature to the observed sd.
        default_sd: total error of a value without an sd (m3 m-3).
        n_corr: number of daily values that share their error. Their sd grows by its square root.
        thin_days: keep daily values at least so many days apart at each place, instead of
            inflating them by n_corr; 0 keeps all.
        forest_classes: classes that hide the ground.
        forest_fraction: share of the cell above which they do.
        rfi_limit: largest probability of radio-frequency interference.
        water_limit: largest share of open water or wetland.
        dqx_limit: largest retrieval error of SMOS (m3 m-3).
        minimum_days, minimum_months: distinct dates needed for scaling, of daily and monthly data.
        minimum_spread: smallest sd of the observations that scaling may stretch (m3 m-3).
        mask_frozen: leave out frozen or snow-covered ground of the prior run.

    Source: Scholze et al. (2016), Remote Sens. Environ. 180, 334-345 (SMOS and CO2 in a CCDAS);
        masks after the recommendations for SMOS level 3. Limits and floors are settings.
    """

    product: str = field(default="smos", validator=in_(("smos", "in_situ")))
    depth: Depths = field(default=None, converter=depths)
    depth_comparison: str = field(default="filter", validator=in_(COMPARISONS))
    scaling: str = field(
        default="mean_variance", validator=in_(("mean_variance", "fitted", "none"))
    )
    scaling_places: tuple[str, ...] = field(default=(), converter=_places)
    sd_floor: float = field(default=0.04, validator=in_range(0.0, 10.0))
    representation_sd: float = field(default=0.02, validator=in_range(0.0, 10.0))
    default_sd: float = field(default=0.05, validator=in_range(1e-06, 10.0))
    n_corr: float = field(default=3.0, validator=in_range(1.0, 1e6))
    thin_days: int = field(default=0, validator=in_range(0, 36_600, whole=True))
    forest_classes: tuple[int, ...] = field(
        default=(1, 2, 3, 4, 5, 6), converter=_classes, metadata=names_of("class")
    )
    forest_fraction: float = field(default=0.6, validator=[is_number, ge(0.0)])
    rfi_limit: float = field(default=0.2, validator=[is_number, ge(0.0)])
    water_limit: float = field(default=0.1, validator=[is_number, ge(0.0)])
    dqx_limit: float = field(default=0.07, validator=[is_number, ge(0.0)])
    minimum_days: int = field(default=30, validator=in_range(2, 100_000, whole=True))
    minimum_months: int = field(default=10, validator=in_range(2, 10_000, whole=True))
    minimum_spread: float = field(default=0.01, validator=in_range(0.0, 1.0))
    mask_frozen: bool = field(default=True, validator=is_flag)

    observes = Variable(
        "soil_moisture", "m3 m-3", ("obs",), (0.0, 1.0), long_name="water content of the surface",
        observed_range=OBSERVED_RANGE,
    )  # fmt: skip
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"ccdas": {"depth_comparison": "surface"}}
    scope = "cell"

    def __attrs_post_init__(self) -> None:
        if self.depth is not None and self.product != "in_situ":
            raise ValueError(
                f"'depth' is {self.depth} with product = \"{self.product}\", which observes the "
                'surface. Leave it out, or set product = "in_situ".'
            )
        if self.scaling == "fitted" and not self.scaling_places:
            raise ValueError(
                "'scaling_places' is empty with scaling = \"fitted\"; expected the names of all "
                "places of the observations."
            )

    @property
    def requires(self) -> tuple[Variable, ...]:
        """Water content of the layers that the comparison uses."""
        names = ["soil_moisture"]
        if self.product == "in_situ" and self.depth_comparison == "layers":
            names.append("root_zone_soil_moisture")
        return tuple(Variable(n, "m3 m-3", ("time", "column"), (0.0, 1.0)) for n in names)

    @property
    def requires_once(self) -> tuple[Variable, ...]:
        """Weather for the masks, and the thickness of the layer that stands above probes."""
        is_deep = self.product == "in_situ" and self.depth_comparison != "surface"
        return (*WEATHER, THICKNESS) if is_deep else WEATHER

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Time of the filter of probes, and slopes and offsets of places for "fitted"."""
        is_filtered = self.product == "in_situ" and self.depth_comparison == "filter"
        of_probes = (FILTER_TIME,) if is_filtered else ()
        fitted = scaling_parameters(self.scaling_places) if self.scaling == "fitted" else ()
        return (*of_probes, *fitted)

    @property
    def columns(self) -> tuple[Variable, ...]:
        """Columns behind the masks of a satellite product, or the depth of probes."""
        if self.product == "in_situ":
            return (DEPTH,)
        shares = ("rfi_probability", "water_fraction", "dense_forest", "topography")
        return (
            *(Variable(name, "1", ("obs",), (0.0, 1.0)) for name in shares),
            Variable("dqx", "m3 m-3", ("obs",), (0.0, 1.0)),
        )

    def conformance_case(self) -> Case:
        """Case of the conformance suite: the suite's cells may be forest, with few days."""
        from .conformance_case import conformance_case

        return conformance_case(self)

    def prepare(
        self,
        observations: Observations,
        domain: Domain,
        prior_fields: Callable[[], Mapping[str, np.ndarray]],
    ) -> Stream:
        """Mask, thin, give errors to and scale the observations, once.

        Returns:
            Stream whose `dropped` names every mask and every place that could not be scaled.
        """
        stream = cell_stream(observations, domain)
        daily = observations.end - observations.start < np.timedelta64(DAYS_OF_A_MONTH, "D")
        if len(stream.values):
            stream = self.selected(observations, stream, domain.grid, daily, prior_fields)
        at = {**stream.at, **depth_inputs(self, observations, stream, domain.grid, prior_fields)}
        if self.scaling == "none":
            return evolve(stream, at=at)
        if self.scaling == "fitted":
            return evolve(stream, at=at | {"place": place_numbers(self.scaling_places, stream)})
        prior = np.zeros(0)
        if len(stream.values):
            prior = water_at_depth(prior_fields(), PRIOR_TIME, at, numpy_namespace())
        date = observations.start[stream.index]
        of_values = {name: array for name, array in at.items() if name != "filter_length"}
        scaled = scaled_to_prior(
            self, evolve(stream, at=of_values), prior, date, daily[stream.index]
        )
        return evolve(scaled, at={**{n: at[n] for n in at if n not in of_values}, **scaled.at})

    def selected(
        self,
        observations: Observations,
        stream: Stream,
        grid: Grid,
        daily: np.ndarray,
        prior_fields: Callable[[], Mapping[str, np.ndarray]],
    ) -> Stream:
        """Stream without masked and crowded values, with its errors.

        Args:
            daily: true for daily values, false for monthly ones, shape (observations,).
        """
        masks = smos_masks(self, observations, stream, grid)
        if self.mask_frozen:
            masks["frozen ground or snow"] = frozen_ground(prior_fields(), stream.at)
        stream = apply_masks(stream, masks)
        if self.thin_days > 1:
            close = too_close(stream, observations.start, self.thin_days) & daily[stream.index]
            stream = apply_masks(stream, {f"within {self.thin_days} days of the one before": close})
        error = self.error(stream.covariance.sd, daily[stream.index])
        return evolve(stream, covariance=Diagonal(error))

    def error(self, sd: np.ndarray, daily: np.ndarray) -> np.ndarray:
        """Error of each observation (m3 m-3) from its sd, before scaling, shape (obs,).

        sigma^2 = max(sd, floor)^2 + representation^2, times n_corr for daily values not thinned
        """
        raised = np.hypot(np.maximum(sd, self.sd_floor), self.representation_sd)
        error = np.where(np.isnan(sd), self.default_sd, raised)
        shared = daily & (self.thin_days <= 1)
        return error * np.where(shared, np.sqrt(self.n_corr), 1.0)

    def observe(
        self, fields: Fields, parameters: Parameters, at: Mapping[str, Array], xp: Namespace
    ) -> Array:
        """Simulated water content (m3 m-3), shape (obs,)."""
        water = water_at_depth(fields, parameters, at, xp)
        if self.scaling != "fitted":
            return water
        slope, offset = (parameters[name][at["place"]] for name in ("slope", "offset"))
        return CENTRE + offset + slope * (water - CENTRE)
