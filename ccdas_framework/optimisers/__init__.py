"""Optimisers that ship with the framework."""
