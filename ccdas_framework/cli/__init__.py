"""The command line: one command a file, thin over the Python interface."""

from .app import app
from .main import main

__all__ = ["app", "main"]
