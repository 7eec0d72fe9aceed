"""`python -m ccdas_framework.cli`, where `ccdas` is not on the path."""

from .main import main

main()
