"""Experiments: read, checked, assembled and run."""

from .experiment import Experiment, load_experiment
from .experiment_file import shipped_experiments

__all__ = ["Experiment", "load_experiment", "shipped_experiments"]
