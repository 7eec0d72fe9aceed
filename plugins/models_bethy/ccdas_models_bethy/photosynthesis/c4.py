"""C4 photosynthesis: rates limited by light and Rubisco (J_E) and by PEP carboxylase (J_C).

Source: Collatz, Ribas-Carbo and Berry (1992), Aust. J. Plant Physiol. 19, 519-538.
"""

from __future__ import annotations

from collections.abc import Mapping

from ccdas_framework import Array

CURVATURE = 0.83  # of the transition from light to Rubisco, 1


def light_quadratic(
    light: Array, rates: Mapping[str, Array], quantum_efficiency: Array
) -> tuple[Array, Array]:
    """(B, C) whose smaller root of  A^2 - B A + C = 0  is J_E, at any internal CO2.

    J_E = j0 - sqrt(j0^2 - V alpha I/0.83),  j0 = (alpha I + V)/(2 * 0.83)
    """
    potential = quantum_efficiency * light
    capacity = rates["carboxylation"]
    return (potential + capacity) / CURVATURE, capacity * potential / CURVATURE


def pep_at_internal_co2(rates: Mapping[str, Array], internal: Array) -> Array:
    """J_C = k ci (mol m-2 s-1)."""
    return rates["pep"] * internal


def pep_at_conductance(rates: Mapping[str, Array], conductance: Array, co2: Array) -> Array:
    """J_C = (G0 c_a + R_d)/(1 + G0/k) (mol m-2 s-1)."""
    drive = conductance * co2 + rates["dark_respiration"]
    return drive / (1.0 + conductance / rates["pep"])
