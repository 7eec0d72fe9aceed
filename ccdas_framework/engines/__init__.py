"""Engines: where derivatives come from. Each is imported only when it is asked for."""
