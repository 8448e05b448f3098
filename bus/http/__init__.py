"""Faces over HTTP, one per audience."""
