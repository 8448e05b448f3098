"""How a node reaches its agency's own systems: one port, one file per kind of system, one contract.

Start at `adapters.port` (what an adapter is), `adapters.kinds` (which kinds there are) and
`adapters.testing` (what every one of them must do). `docs/adapters.md` is the integrator's manual.
What a kind in an agency's own package needs is imported from here.
"""

from adapters.kind import Kind
from adapters.operation import Courier, Operation, Settings
from adapters.port import (
    Adapter,
    Bounds,
    DeclarationError,
    Found,
    Officer,
    PeerError,
    PeerFault,
    Probe,
    Query,
    Reach,
)
from adapters.surroundings import Surroundings, TlsFiles

__all__ = [
    "Adapter",
    "Bounds",
    "Courier",
    "DeclarationError",
    "Found",
    "Kind",
    "Officer",
    "Operation",
    "PeerError",
    "PeerFault",
    "Probe",
    "Query",
    "Reach",
    "Settings",
    "Surroundings",
    "TlsFiles",
]
