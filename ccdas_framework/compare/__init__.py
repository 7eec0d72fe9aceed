"""Comparisons: what streams add to each other, and what observations not yet made would add."""
