"""Settings of all tests, those of the plugins included."""

import os

from hypothesis import settings

# a landing must not depend on luck: CI tries the same examples each time, developers new ones
settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("ci")
