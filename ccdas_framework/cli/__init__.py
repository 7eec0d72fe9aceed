"""The command line: one command a file, thin over the Python interface."""

from .main import app, main

__all__ = ["app", "main"]
