"""Where a caller reached this node: what descriptions and anchors that it reads lead back to.

Promises: the caller's own word for us (`Host`), where it is a name or an address with a port; else the socket's. It is
shown to that caller alone.
"""

from __future__ import annotations

import re
from typing import Final

from aiohttp import hdrs, web

_HOST: Final = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[1-9][0-9]{0,4})?", re.ASCII
)


def origin_of(request: web.Request) -> str:
    """Scheme, host and port, without a stroke at the end."""
    host = request.headers.get(hdrs.HOST, "")
    return f"{request.scheme}://{host if _HOST.fullmatch(host) else address_of(request)}"


def address_of(request: web.Request, *, port: bool = True) -> str:
    """The socket's own address, which no header can change; with its port unless it is not wanted."""
    socket = request.transport.get_extra_info("sockname") if request.transport else None
    if not socket:
        return "localhost"
    host = str(socket[0])
    if not port:
        return host
    return f"[{host}]:{socket[1]}" if ":" in host else f"{host}:{socket[1]}"
