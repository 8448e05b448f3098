"""Our register as a kind of adapter; `KIND` is what the entry point in pyproject.toml names."""

from .adapter import KIND

__all__ = ["KIND"]
