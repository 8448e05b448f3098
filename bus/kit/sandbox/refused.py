"""Why a sandbox cannot serve: told at its start, with rule and place, never while a team waits."""

from __future__ import annotations


class SandboxError(Exception):
    """A service cannot be served, or the sandbox is set up wrongly.

    Attributes:
        rule: a stable word, such as `no-value`.
        place: where: the service's operation, the schema and the pointer of the part at fault.
    """

    def __init__(self, rule: str, place: str, why: str) -> None:
        super().__init__(f"{place}: {why}")
        self.rule = rule
        self.place = place


class CannotMakeError(Exception):
    """No value of a schema was found; `rule` says why, `place` where in the schema or its documents."""

    def __init__(self, rule: str, place: str) -> None:
        super().__init__(f"{rule} at {place or '/'}")
        self.rule = rule
        self.place = place
