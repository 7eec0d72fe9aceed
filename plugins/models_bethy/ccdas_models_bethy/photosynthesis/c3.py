"""C3 photosynthesis: rates limited by light (J_E) and by carboxylation (J_C).

Source: Farquhar, von Caemmerer and Berry (1980), Planta 149, 78-90; elimination of the internal
CO2 as in Knorr (2000), Global Ecol. Biogeogr. 9, 225-252.
"""

from __future__ import annotations

from collections.abc import Mapping

from ccdas_framework import Array, Namespace


def electron_transport(
    light: Array, rates: Mapping[str, Array], quantum_efficiency: Array, xp: Namespace
) -> Array:
    """J = alpha I Jmax / sqrt(Jmax^2 + (alpha I)^2) (mol m-2 s-1), light in mol m-2 s-1."""
    potential = quantum_efficiency * light
    maximum = rates["electron_transport"]
    return potential * maximum / xp.sqrt(maximum * maximum + potential * potential)


def at_internal_co2(
    transport: Array, rates: Mapping[str, Array], internal: Array
) -> tuple[Array, Array]:
    """J_E and J_C (mol m-2 s-1) at an internal CO2 (mol mol-1).

    J_E = J (ci - Gam*)/(4 (ci + 2 Gam*)),  J_C = V (ci - Gam*)/(ci + K_2)
    """
    drive = internal - rates["compensation"]
    by_light = transport * drive / (4.0 * (internal + 2.0 * rates["compensation"]))
    return by_light, rates["carboxylation"] * drive / (internal + rates["michaelis"])


def quadratics_at_conductance(
    transport: Array, rates: Mapping[str, Array], conductance: Array, co2: Array
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Coefficients (B, C) whose smaller root of  A^2 - B A + C = 0  is J_E, then J_C.

    Args:
        transport: J (mol m-2 s-1).
        conductance: G0 of the stomata for CO2 (mol m-2 s-1).
        co2: c_a of the air (mol mol-1).
    """
    respiration = rates["dark_respiration"]
    drive = conductance * (co2 - rates["compensation"]) + respiration
    quarter = transport / 4.0
    capacity = rates["carboxylation"]
    by_light = (
        respiration + quarter + conductance * (co2 + 2.0 * rates["compensation"]),
        quarter * drive,
    )
    by_enzyme = (
        respiration + capacity + conductance * (co2 + rates["michaelis"]),
        capacity * drive,
    )
    return by_light, by_enzyme
