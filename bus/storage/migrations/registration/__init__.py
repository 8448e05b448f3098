"""The registered schemas' formats."""
