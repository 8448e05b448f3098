"""Registered schemas as values: names with their contexts, settings and modes, what makes two of them the same."""
