"""Weather within the day, from daily forcing: depends on no parameter, humidity apart."""
