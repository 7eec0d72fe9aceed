"""Uncertainty of the optimised parameters and of quantities that follow from them."""

from .convergence import Distance, newton_decrement
from .estimate import METHODS, Estimate, PosteriorSettings, estimate, information
from .exact_covariance import ExactHessian, exact_hessian, exact_posterior
from .fixed_inputs import FixedInput, sensitivity_to_fixed_input
from .gauss_newton_covariance import (
    degrees_of_freedom,
    gauss_newton_posterior,
    gauss_newton_spectrum,
    whitened_by_stream,
)
from .gaussian_posterior import Posterior
from .low_rank import leading_directions, leading_jacobian
from .null_space import NullSpace, combination, null_space_of
from .sampling import Draws, draws_inside
from .sensitivity import (
    increments,
    sensitivity_to_errors,
    sensitivity_to_observations,
    sensitivity_to_prior,
    sensitivity_to_scaling,
)
from .spectrum import NoPosterior, Spectrum

__all__ = [
    "METHODS",
    "Distance",
    "Draws",
    "Estimate",
    "ExactHessian",
    "FixedInput",
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
    "exact_posterior",
    "gauss_newton_posterior",
    "gauss_newton_spectrum",
    "increments",
    "information",
    "leading_directions",
    "leading_jacobian",
    "newton_decrement",
    "null_space_of",
    "sensitivity_to_errors",
    "sensitivity_to_fixed_input",
    "sensitivity_to_observations",
    "sensitivity_to_prior",
    "sensitivity_to_scaling",
    "whitened_by_stream",
]
