"""Engines, which compute derivatives. Each is imported at first use."""
