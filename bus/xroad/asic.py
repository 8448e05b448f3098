"""`GET /asic` of X-Road: containers with a message and its signature. Here it says why there are none.

Promises: parameters and callers are judged as X-Road judges them, with its statuses and words; then the answer is that
no signed document is there. A request here is sealed in a batch of the bus's own form and its answer by the provider:
a container signed now, for a message of then, would be evidence that nobody gave. What was exchanged is proved by the
bundles of `lienthong evidence` (docs/evidence.md).
Source: X-Road's signed document download (PR-SIGDOC §2).
"""

from __future__ import annotations

from typing import Final

from aiohttp import web

from bus.xroad.around import Around
from schemas.xroad.codes import XRoadError
from schemas.xroad.ids import ClientId, IdError, checked

_MEMBER: Final = ("xRoadInstance", "memberClass", "memberCode")
NOT_FOUND: Final = "No signed documents found"
_BAD_REQUEST, _UNAUTHORIZED, _NOT_FOUND = 400, 401, 404


class AsicContainers:
    """The route of containers."""

    def __init__(self, around: Around) -> None:
        self._around = around

    def add(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_get("/asic", self._asic, allow_head=False)

    async def _asic(self, request: web.Request) -> web.Response:
        given = request.query
        for name in ("queryId", *_MEMBER):
            if not given.get(name):
                return _said(_BAD_REQUEST, f'Parameter "{name}"  must be specified.')
        if "requestOnly" in given and "responseOnly" in given:
            text = 'Parameters "requestOnly" and "responseOnly" cannot be used at the same time.'
            return _said(_BAD_REQUEST, text)
        if "unique" in given and not {"requestOnly", "responseOnly"} & given.keys():
            text = 'Parameter "unique" not applicable without "requestOnly" or "responseOnly".'
            return _said(_BAD_REQUEST, text)
        try:
            instance, member_class, member_code = (checked(given[name], place) for place, name in enumerate(_MEMBER))
            subsystem = given.get("subsystemCode")
            client = ClientId(instance, member_class, member_code, checked(subsystem, 3) if subsystem else None)
            self._around.speakers.admit(request, client)
        except IdError as error:
            return _said(_BAD_REQUEST, f"The client's identifier is wrong: {error}")
        except XRoadError as error:
            return _said(_UNAUTHORIZED, error.message)
        return _said(_NOT_FOUND, NOT_FOUND)


def _said(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=text, content_type="text/plain", charset="utf-8")
