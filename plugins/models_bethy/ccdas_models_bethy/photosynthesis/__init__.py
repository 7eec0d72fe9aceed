"""Carbon uptake of leaves: C3 and C4, without water stress and at a fixed conductance."""
