"""Recipes that make the project's own input files from published data or from a generator."""

from .recipes import prepare, recipes

__all__ = ["prepare", "recipes"]
