"""Leaf area, absorbed light and fluorescence of satellites."""
