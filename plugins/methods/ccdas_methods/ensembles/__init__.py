"""Ensemble Kalman methods: a smoother, an inversion and a variational estimate."""
