"""What can go wrong between an agency's system and its node, as exceptions.

Promises: none holds what was asked or answered; each says whether the question may have been carried out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bus.client.models import Guard, Problem


class ClientError(Exception):
    """Whatever this client raises of itself."""


class NodeProblemError(ClientError):
    """The node, the hub or the provider refused, by a number of the closed list (docs/problems.md).

    Attributes:
        number: such as 501, no record matches.
        rule, place: what was broken and where (JSON pointer, XPath or line).
        fault_at: consumer-system, consumer-node, hub, provider-node, provider-system.
        retry: the same request may succeed later, and nothing has happened yet.
        retry_after_s: how long the node asks to wait, in seconds.
        correlation: the id by which logs everywhere know this request.
        guard: who holds what, where the guard refused a form or a supplement.
    """

    def __init__(self, problem: Problem, retry_after_s: float | None = None) -> None:
        super().__init__(f"{problem.number} {problem.title}")
        self.number = problem.number
        self.status = problem.status
        self.text = problem.text
        self.rule = problem.rule
        self.place = problem.place
        self.fault_at = problem.fault_at
        self.params = problem.params
        self.retry = problem.retry
        self.correlation = problem.correlation
        self.guard: Guard | None = problem.guard
        self.retry_after_s = retry_after_s


class NodeUnreachableError(ClientError):
    """There was no answer.

    Attributes:
        sent: the request may have reached the node: False only where there was no connection at all.
    """

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(f"no answer from the node ({why})")
        self.sent = sent


class NodeAnswerError(ClientError):
    """Something answered that is no node, or not as a node of this version does: a proxy's page, a cut answer.

    Attributes:
        status: the HTTP status.
    """

    def __init__(self, status: int, why: str) -> None:
        super().__init__(f"HTTP {status}: {why}")
        self.status = status


class TokenRefusedError(ClientError):
    """The token endpoint refused (RFC 6749 §5.2).

    Attributes:
        error: such as `invalid_client`.
    """

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(f"{error}: {description}" if description else error)
        self.error = error
