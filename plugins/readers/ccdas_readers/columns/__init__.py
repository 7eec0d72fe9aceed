"""Column averages of CO2 with averaging kernels."""
