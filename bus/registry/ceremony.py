"""Changing the keys of a registry, or only renewing the root: the one act that needs the root keys again.

Promises that nodes follow by themselves from any older root, and that keys left out sign nothing from then on: that is
how a stolen key is answered. Leaves out how keys reach the ceremony. Source: TUF specification 1.0.33 §6.1 (key
management and migration).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuf.api.metadata import Metadata, Root, Targets

from bus.registry.keys import ONLINE, ROOT
from bus.registry.layout import ROLE_SECTIONS, Lifetimes, metadata_path, only_writer, write
from bus.registry.roles import LIFETIMES, State, delegations, describe, enrol_all, freshen, signed_bytes, until

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from bus.registry.keys import RoleKeys


def change_keys(
    repository: Path, old: RoleKeys, new: RoleKeys, *, now: datetime, lifetimes: Lifetimes = LIFETIMES
) -> int:
    """Hand the registry over from the old keys to the new; with the same keys twice, only renew the root.

    Args:
        repository: the published registry.
        old: must hold enough of the present root keys.
        new: the keys of every role from now on.
        now: aware, UTC.
        lifetimes: of the new signatures.

    Returns:
        The new root's version.

    Raises:
        RoleKeysError: too few old root keys, or too few new ones of some role; nothing was written.
        RepositoryStateError: there is no repository.
    """
    with only_writer(repository):
        current = State(repository)
        # 1. the new root, signed by the old hands and the new
        root = Metadata[Root].from_file(str(repository / metadata_path("root", current.root_version)))
        hands = (*old.of(ROOT), *new.of(ROOT))
        root.signed.version += 1
        root.signed.expires = until(now, lifetimes.root)
        enrol_all(root.signed, new)
        root_bytes = signed_bytes(root, hands)
        # 2. the delegations, and what each role last said, in the new hands
        meta = dict(current.meta)
        number = meta["targets.json"].version + 1
        targets = Targets(version=number, expires=until(now, lifetimes.targets), delegations=delegations(new))
        said: dict[str, bytes] = {metadata_path("targets", number): signed_bytes(Metadata(targets), new.of(ROOT))}
        meta["targets.json"] = describe(number, said[metadata_path("targets", number)])
        for role in ROLE_SECTIONS:
            held = current.role(role)
            if held is not None:
                held.signed.version += 1
                path = metadata_path(role, held.signed.version)
                said[path] = signed_bytes(held, new.of(role))
                meta[f"{role}.json"] = describe(held.signed.version, said[path])
        online = new.of(ONLINE)
        # 3. the root last: until it is there, nodes refuse the new hands and this can be run again
        for path, data in said.items():
            write(repository / path, data)
        if current.snapshot is not None:
            freshen(current, current.snapshot_version + 1, meta, online, now, lifetimes)
        write(repository / metadata_path("root", root.signed.version), root_bytes)
        return root.signed.version
