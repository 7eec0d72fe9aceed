"""The advice to install a package."""

import pytest

from ccdas_framework.core.errors import UnknownComponent
from ccdas_framework.installed import registry
from ccdas_framework.registry.plugin_registry import Registry
from ccdas_framework.registry.published_packages import PACKAGE_OF


def test_the_table_has_every_component_of_this_project_and_no_other():
    installed = registry()
    supplied = {
        key: package.split()[0]
        for key, package in installed.origin.items()
        if package.startswith("ccdas-") and key[0] in {kind for kind, _ in PACKAGE_OF}
    }
    own = {key: package for key, package in supplied.items() if package != "ccdas-framework"}
    packages = {package for plugin in installed.plugins if (package := plugin.distribution)}
    assert own == {key: name for key, name in PACKAGE_OF.items() if name in packages}


@pytest.mark.parametrize(
    ("kind", "name"), [("observation_operators", "vod"), ("engines", "native")]
)
def test_a_component_that_is_not_installed_names_its_package(kind, name):
    installed = registry()
    empty = {each: {} for each in installed.components}
    bare = Registry(installed.manager, (), empty, {})
    with pytest.raises(UnknownComponent) as error:
        bare.component(kind, name)
    assert f"pip install {PACKAGE_OF[kind, name]}" in str(error.value)
