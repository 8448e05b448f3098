"""The adapter kit: what an integrator has in hand to plug an agency's system in (docs/kit.md)."""
