"""How load grows, and what many users would need."""
