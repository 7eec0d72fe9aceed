"""Experiments: read, checked, assembled and run."""

from .installed_experiments import shipped_experiments
from .load import Experiment, load_experiment

__all__ = ["Experiment", "load_experiment", "shipped_experiments"]
