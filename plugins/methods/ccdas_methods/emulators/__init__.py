"""Emulators of simulated observations, and the methods that use them."""
