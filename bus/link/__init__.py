"""The link: one mutually authenticated WebSocket per hub worker, opened by the node, carrying multiplexed streams.

`docs/link.md` specifies it byte by byte.
"""

from bus.link.dialler import NodeSettings, WorkerState
from bus.link.errors import (
    LinkBusyError,
    LinkClosedError,
    LinkError,
    LinkRefusedError,
    LinkResetError,
    LinkTimeoutError,
    MessageTooLargeError,
    StreamRefusedError,
)
from bus.link.hello import Hello, Welcome
from bus.link.hub import Authenticate, HubLink, HubSettings
from bus.link.limits import LinkLimits
from bus.link.messages import Message
from bus.link.node import NodeLink
from bus.link.ports import Handlers, Peer
from bus.link.session import Session

__all__ = [
    "Authenticate",
    "Handlers",
    "Hello",
    "HubLink",
    "HubSettings",
    "LinkBusyError",
    "LinkClosedError",
    "LinkError",
    "LinkLimits",
    "LinkRefusedError",
    "LinkResetError",
    "LinkTimeoutError",
    "Message",
    "MessageTooLargeError",
    "NodeLink",
    "NodeSettings",
    "Peer",
    "Session",
    "StreamRefusedError",
    "Welcome",
    "WorkerState",
]
