"""What one sandbox serves: the operations of the services chosen, each checked before the first question.

Promises: a service whose answers cannot be made stops the start with rule and place. Leaves out settings and HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from bus.kit.sandbox.refused import SandboxError
from bus.kit.sandbox.served import Served
from bus.registry.files import read_folder
from bus.registry.layout import METADATA
from bus.registry.publish import published
from bus.registry.roles import State
from registry import sections
from registry.snapshot import Snapshot, from_sections
from registry.snapshot import compile as compile_folder


def snapshot_of(folder: Path) -> Snapshot:
    """The registry in a folder, authored or published. Signatures are not judged: a sandbox trusts its own disk.

    Raises:
        RegistryError: an authored folder has mistakes.
        FolderError, RepositoryStateError, SandboxError: it is no registry.
    """
    if not (folder / METADATA).is_dir():
        return compile_folder(read_folder(folder))
    state = State(folder)
    found = published(state)
    if found is None:
        raise SandboxError("nothing-published", str(folder), "nothing has been published there yet")
    return from_sections(sections.encode(found), state.snapshot_version)


class Shelf:
    """The operations that are served.

    Args:
        chosen: ids of services; none: every service that has schemas.

    Raises:
        SandboxError: a service is not in the registry, is opaque, or has a schema that no value can be made of.
    """

    def __init__(self, snapshot: Snapshot, chosen: Iterable[str], seed: int) -> None:
        self.snapshot: Final = snapshot
        self._served: dict[tuple[str, str], Served] = {}
        wanted = tuple(chosen)
        known = {service.id: service for service in snapshot.services()}
        for name in wanted or [name for name, service in known.items() if not service.opaque]:
            service = known.get(name)
            if service is None:
                raise SandboxError("service-unknown", name, f"the registry has {', '.join(known) or 'no service'}")
            for operation in service.operations.values():
                self._served[name, operation.name] = Served(snapshot, service, operation, seed)

    def find(self, service: str, operation: str) -> Served | None:
        """The operation, where it is served here."""
        return self._served.get((service, operation))

    def __iter__(self) -> Iterator[Served]:
        return iter(self._served.values())
