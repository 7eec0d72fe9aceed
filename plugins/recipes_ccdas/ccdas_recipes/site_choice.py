"""The setting `sites` of recipes of flux towers."""

from __future__ import annotations

from collections.abc import Sequence

from ccdas_framework import InvalidInput, did_you_mean


def chosen_sites(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """Sites of a recipe that a setting names, in the order of the recipe; all for an empty list.

    Args:
        names: value of the setting.
        known: codes of all sites.

    Raises:
        InvalidInput: no list of names, or a name that no site has.
    """
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise InvalidInput(
            f'sites = {names!r}; expected a list of sites such as ["DE-Tha", "US-SRG"].',
            code="wrong-value",
            where="inputs.settings.sites",
        )
    for name in names:
        if name not in known:
            raise InvalidInput(
                f"sites names '{name}', which is no site.{did_you_mean(name, list(known))} There "
                f"are: {', '.join(known)}.",
                code="unknown-site",
                where="inputs.settings.sites",
            )
    return [name for name in known if not names or name in names]
