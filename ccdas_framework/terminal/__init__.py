"""Text on the terminal: progress, summaries and tables."""
