"""A SOAP service in stock spyne, as a provider of X-Road writes one: `python xroad_spyne.py` prints its port.

It repeats the request's header fields, as PR-MESS asks of every service, in spyne's own event for it.
"""

from __future__ import annotations

import sys
from copy import deepcopy
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from spyne import Application, Boolean, ByteArray, Integer, ServiceBase, Unicode, rpc
from spyne.error import InvalidCredentialsError
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication

NAMESPACE = "http://citizens.example.vn/"
UNKNOWN = "000000000001"


class Citizens(ServiceBase):  # type: ignore[misc]
    """The operations of `xroad_wsdl/citizens.wsdl`; photos come as MTOM."""

    @rpc(Unicode, Unicode, _returns=[Unicode, Boolean], _out_variable_names=["number", "exists"])  # type: ignore[misc]
    def citizenConfirm(ctx: Any, number: str, fullName: str) -> tuple[str, bool]:  # noqa: N802, N803, N805 - spyne reads names and hands over its context
        return number, bool(fullName)

    @rpc(Unicode, ByteArray, _returns=[Integer, Unicode], _out_variable_names=["bytes", "first"])  # type: ignore[misc]
    def citizenPhoto(ctx: Any, number: str, mandate: Any) -> tuple[int, str]:  # noqa: ANN401, N802, N805 - the same
        if number == UNKNOWN:
            raise InvalidCredentialsError
        data = b"".join(mandate or ())
        return len(data), data[:4].hex()


def repeat_header(ctx: Any) -> None:  # noqa: ANN401 - spyne's context
    envelope = ctx.out_document
    header = envelope.makeelement(envelope.tag.replace("Envelope", "Header"))
    for field in ctx.in_document.find("{*}Header"):
        header.append(deepcopy(field))
    envelope.insert(0, header)


class Quiet(WSGIRequestHandler):
    """No line per request."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - the base's names
        pass


if __name__ == "__main__":
    Citizens.event_manager.add_listener("method_return_document", repeat_header)
    application = Application([Citizens], NAMESPACE, in_protocol=Soap11(validator="lxml"), out_protocol=Soap11())
    with make_server("127.0.0.1", 0, WsgiApplication(application), handler_class=Quiet) as server:
        sys.stdout.write(f"{server.server_port}\n")
        sys.stdout.flush()
        server.serve_forever()
