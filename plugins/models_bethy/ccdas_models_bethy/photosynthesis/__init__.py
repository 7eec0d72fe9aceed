"""Carbon uptake of leaves: C3 and C4 side by side, without and with a given conductance."""
