"""Uncertainty of the optimised parameters and of quantities that follow from them."""

from .convergence import Distance, newton_decrement
from .draws import posterior_of_draws
from .estimate import METHODS, Estimate, PosteriorSettings, estimate, information
from .exact_covariance import exact_hessian, exact_spectrum
from .fixed_inputs import sensitivity_to_fixed_input
from .gauss_newton_covariance import (
    degrees_of_freedom,
    gauss_newton_posterior,
    whitened_by_stream,
)
from .gaussian_posterior import Posterior
from .low_rank import leading_jacobian
from .null_space import NullSpace, combination, null_space_of
from .sampling import draws_inside
from .sensitivity import sensitivity_to_observations
from .spectrum import NoPosterior, Spectrum

__all__ = [
    "METHODS",
    "Distance",
    "Estimate",
    "NoPosterior",
    "NullSpace",
    "Posterior",
    "PosteriorSettings",
    "Spectrum",
    "combination",
    "degrees_of_freedom",
    "draws_inside",
    "estimate",
    "exact_hessian",
    "exact_spectrum",
    "gauss_newton_posterior",
    "information",
    "leading_jacobian",
    "newton_decrement",
    "null_space_of",
    "posterior_of_draws",
    "sensitivity_to_fixed_input",
    "sensitivity_to_observations",
    "whitened_by_stream",
]
