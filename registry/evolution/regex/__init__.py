"""Patterns as regular languages over Unicode code points: inclusion, emptiness, shortest members, within a budget."""
