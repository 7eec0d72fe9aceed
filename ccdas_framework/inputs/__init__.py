"""Recipes that make the project's own input files from published data or from a generator."""

from .recipes import begin, prepare, recipes, settings_of

__all__ = ["begin", "prepare", "recipes", "settings_of"]
