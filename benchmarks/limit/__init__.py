"""BETHY in vectorised C++ outside the framework, forward and gradient: what a machine can do."""
