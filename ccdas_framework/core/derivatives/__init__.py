"""Derivatives of a problem that are assembled from runs over its blocks."""
