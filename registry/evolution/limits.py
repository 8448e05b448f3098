"""Limits on schemas that strangers register. One place, so that the manual can print them."""

from __future__ import annotations

from typing import Final

TEXT: Final = 1 << 20
"""Characters of one schema."""
REFERENCED: Final = 4 << 20
"""Characters of everything that one schema refers to."""
DEPTH: Final = 100
"""Nesting of a schema's text."""
NODES: Final = 50_000
"""Values (JSON) or elements and attributes (XML) of a schema with all its references."""
REFERENCES: Final = 100
"""Schemas that one refers to, directly or not."""
PARSE_STEPS: Final = 1_000_000
COMPARE_STEPS: Final = 500_000
"""Budget of one comparison: some seconds on one core."""
