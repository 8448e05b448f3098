"""Work that a comparison may do, counted in steps.

Promises that the same comparison spends the same number everywhere, so that "too much" is no matter of the machine.
Leaves out wall-clock limits and memory: who runs comparisons of strangers' schemas sets those (``bus.registration``).
"""

from __future__ import annotations

from typing import Final


class BudgetSpentError(Exception):
    """The comparison wanted more steps than it may take.

    Attributes:
        limit: the steps it was given.
        busy: what it was doing, for instance ``pattern``.
    """

    def __init__(self, limit: int, busy: str) -> None:
        super().__init__(f"{limit} steps were not enough ({busy})")
        self.limit: Final = limit
        self.busy: Final = busy


class Budget:
    """Steps left. One step is about one state or one pair of nodes looked at: some microseconds."""

    __slots__ = ("limit", "spent")

    def __init__(self, limit: int) -> None:
        self.limit: Final = limit
        self.spent = 0

    def spend(self, steps: int, busy: str) -> None:
        """Take ``steps``.

        Raises:
            BudgetSpentError: there are not that many left.
        """
        self.spent += steps
        if self.spent > self.limit:
            raise BudgetSpentError(self.limit, busy)
