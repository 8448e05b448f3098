"""The garbage collector of a process that serves: nothing of its start is walked again, young objects less often.

What a message makes is nearly always freed by its reference count; collections only look for cycles.
"""

from __future__ import annotations

import gc
from typing import Final

_YOUNG: Final = 20_000
"""Objects made and not yet freed between two collections of the youngest; Python's own is 700."""


def settle() -> None:
    """Call once, when everything that lasts stands."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)
