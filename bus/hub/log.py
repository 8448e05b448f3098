"""The published log over the link: checkpoint and hash tiles by their paths, for nodes that watch the ledger.

Promises: what is answered is what the ledger's HTTP face answers for the same path (`bus.http.log`). Leaves out: entry
bundles, which no node needs for its own receipts.
"""

from __future__ import annotations

from bus.hub.routes import Speaker
from bus.ledger.published import Kind, NotPublishedError, Place, PublishedLog, place_of
from bus.link.messages import Message
from bus.topics import Topic
from schemas.problems import Code, FaultAt, problem


class LogDesk:
    """Serves topic 6."""

    def __init__(self, published: PublishedLog) -> None:
        self._published = published

    async def __call__(self, _speaker: Speaker, message: Message) -> Message:
        """Answer one path.

        Raises:
            ProblemError: 805, no such path, or no published checkpoint covers it.
        """
        try:
            body = await self._published.resource(_public(message.head.decode("ascii", "replace")))
        except NotPublishedError as error:
            raise problem(Code.NOT_FOUND, rule="log-path", fault_at=FaultAt.HUB) from error
        return Message(Topic.LOG, b"", (body,))


def _public(path: str) -> Place:
    place = place_of(path)
    if place.kind is Kind.ENTRIES:
        raise NotPublishedError("log: entries do not go over the link")
    return place
