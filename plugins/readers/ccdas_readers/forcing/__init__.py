"""Weather of reanalyses as daily forcing."""
