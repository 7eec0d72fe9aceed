"""Light and nitrogen inside the canopy."""
