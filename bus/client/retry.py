"""When a request is sent again: only where it cannot do a thing twice, and never for longer than it is worth.

Promises: a problem is tried again only where the node itself says that nothing happened and that trying helps; a lost
connection only where the request never left or is declared repeatable; the node's Retry-After is waited for, or the
problem is raised.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from bus.client.errors import ClientError, NodeProblemError, NodeUnreachableError


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long.

    Attributes:
        tries: requests at most, the first included.
        longest_wait_s: a longer Retry-After is not waited for.
        first_wait_s: where the node names no time: drawn up to this, doubled each time.
    """

    tries: int = 3
    longest_wait_s: float = 10.0
    first_wait_s: float = 0.25

    def wait_s(self, error: ClientError, attempt: int, *, repeatable: bool, left_s: float) -> float | None:
        """Seconds before the next try after so many attempts; None: there is none.

        `repeatable` says that sending this one twice does no harm, `left_s` what is left of the caller's time.
        """
        if attempt >= self.tries or not _may(error, repeatable=repeatable):
            return None
        wait = error.retry_after_s if isinstance(error, NodeProblemError) else None
        if wait is None:
            wait = random.uniform(0, self.first_wait_s * 2.0 ** (attempt - 1))  # noqa: S311 - spreads load, hides nothing
        return wait if wait <= min(self.longest_wait_s, left_s) else None


def _may(error: ClientError, *, repeatable: bool) -> bool:
    if isinstance(error, NodeProblemError):
        return error.retry
    return isinstance(error, NodeUnreachableError) and (repeatable or not error.sent)


NO_PATIENCE = Patience(tries=1)
"""One try."""
