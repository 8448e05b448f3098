"""A small typed client of a node, for agencies' own systems in Python: questions, dossiers, problems as exceptions.

    from bus.client import ApiKey, Client, Question

    with Client("http://127.0.0.1:8500", ApiKey("lt_…")) as node:
        answer = node.ask(Question("a100001/population/person", "confirm", purpose="audit", body={...}))

Promises: needs aiohttp and msgspec alone, nothing else of this distribution; `Client` and `AsyncClient` do the same; a
request is sent again only where that cannot do a thing twice. Leaves out: what a node does (`docs/client.md`).
"""

from bus.client.aio import AsyncClient
from bus.client.auth import ApiKey, Credentials, OAuth2
from bus.client.blocking import Client
from bus.client.errors import ClientError, NodeAnswerError, NodeProblemError, NodeUnreachableError, TokenRefusedError
from bus.client.models import (
    Answer,
    Closed,
    Dossier,
    FieldVerdict,
    Guard,
    Health,
    HeldBy,
    Line,
    Officer,
    Opening,
    Override,
    Party,
    Question,
    Receipt,
    Source,
    Subject,
    Supplement,
    SupplementField,
    System,
    Text,
)
from bus.client.retry import Patience
from bus.client.tls import tls_context

__all__ = [
    "Answer",
    "ApiKey",
    "AsyncClient",
    "Client",
    "ClientError",
    "Closed",
    "Credentials",
    "Dossier",
    "FieldVerdict",
    "Guard",
    "Health",
    "HeldBy",
    "Line",
    "NodeAnswerError",
    "NodeProblemError",
    "NodeUnreachableError",
    "OAuth2",
    "Officer",
    "Opening",
    "Override",
    "Party",
    "Patience",
    "Question",
    "Receipt",
    "Source",
    "Subject",
    "Supplement",
    "SupplementField",
    "System",
    "Text",
    "TokenRefusedError",
    "tls_context",
]
