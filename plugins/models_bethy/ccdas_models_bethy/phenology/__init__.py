"""Leaf area from temperature, day length and water; ground cover and litter from leaf area."""
