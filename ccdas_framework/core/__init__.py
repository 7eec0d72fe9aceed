"""Interfaces and records: vectors, operators, units and costs."""
