"""Where a fault lies, by the step at which it was found, so that nobody has to guess whom to call.

Promises: a place that was named closer to the cause stays. Leaves out: unlisted errors (`bus.problems`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import msgspec

from schemas.problems import Code, FaultAt, ProblemError

_FIRST_OF_THE_GATE: Final = 200


@contextmanager
def blaming(where: Callable[[Code], FaultAt]) -> Iterator[None]:
    """Say of every listed problem raised inside where its fault lies, unless it says so itself."""
    try:
        yield
    except ProblemError as error:
        if error.problem.fault_at is None:
            error.problem = msgspec.structs.replace(error.problem, fault_at=where(error.problem.code))
        raise


def the_consumer(code: Code) -> FaultAt:
    """What is wrong with a question: its envelope and seal are its node's work, all else came from its system."""
    return FaultAt.CONSUMER_NODE if code < _FIRST_OF_THE_GATE else FaultAt.CONSUMER_SYSTEM


def the_hub(_code: Code) -> FaultAt:
    """What is wrong with what the hub handed over, and vouched for by handing it over."""
    return FaultAt.HUB


def the_provider(_code: Code) -> FaultAt:
    """What is wrong with an answer."""
    return FaultAt.PROVIDER_NODE
