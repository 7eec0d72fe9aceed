"""Experiments: read, checked, assembled and run."""

from .load import Experiment, load_experiment, shipped_experiments

__all__ = ["Experiment", "load_experiment", "shipped_experiments"]
