"""Level-4 products of a run: monthly fields on a grid with their uncertainty, and tables."""
