"""X-Road's face of a node: one listener that clients of an X-Road security server reach unchanged.

Promises: REST `r1` here; what else a security server answers is added by its owners (`extra`), on the same listener;
every refusal is an X-Road error with `X-Road-Error`, and whatever fails without being listed is a bare one.
Leaves out who may speak (`bus.xroad.clients`) and how a call is carried (`bus.xroad.rest`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeAlias

from aiohttp import hdrs, web

from bus.xroad import errors
from bus.xroad.around import Around
from bus.xroad.rest import MetaService, RestCalls, given_key

Adder: TypeAlias = Callable[[web.Application], None]
"""Adds routes: `POST /`, `/listClients`, `/asic`… An owner whose errors look otherwise answers them itself."""
_Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


class XRoadFace:
    """The face; `around` is shared with whoever adds routes."""

    def __init__(
        self, around: Around, *, extra: Sequence[Adder] = (), metaservices: Mapping[str, MetaService] | None = None
    ) -> None:
        """`metaservices`: REST service codes that every subsystem has (`listMethods`…), and who answers them."""
        self.around: Final = around
        self._extra = extra
        self._rest = RestCalls(around, metaservices or {})

    def application(self) -> web.Application:
        """The aiohttp application of this face."""
        app = web.Application(middlewares=[self._edge], client_max_size=self.around.limits.max_body_bytes)
        app.on_response_prepare.append(_as_it_came)
        for add in self._extra:
            add(app)
        app.router.add_route(hdrs.METH_ANY, r"/{version:r[0-9]}/{rest:[\s\S]*}", self._rest.call)
        return app

    @web.middleware
    async def _edge(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except Exception as error:  # noqa: BLE001 - the edge answers everything; unlisted errors are logged and bare
            return errors.answer(errors.of_exception(error), request, self.around.style)


async def _as_it_came(request: web.Request, response: web.StreamResponse) -> None:
    """The server names itself, the moment and a media type; X-Road passes the provider's own, or none."""
    response.headers.pop(hdrs.SERVER, None)
    given = response.get(given_key)
    if given is None:
        return
    for name in (hdrs.DATE, hdrs.CONTENT_TYPE):
        if name.lower() not in given:
            response.headers.pop(name, None)
    if request.method == hdrs.METH_HEAD:
        response.headers.pop(hdrs.CONTENT_LENGTH, None)  # how long a body would be only the provider knows
