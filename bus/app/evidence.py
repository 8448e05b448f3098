"""Where an agency's evidence is: archive and key, the node's registry, the ledger within reach.

Promises: nothing is created or changed. Leaves out: what is done with it (`bus.node.export`, `bus.node.keeping`).
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

import aiohttp
import msgspec

from bus import net
from bus.app.ledger_files import NoLedgerHereError, ledger_at
from bus.app.prepare import State
from bus.app.sealing import sealing_for, sealing_of
from bus.batches import Sealing
from bus.ledger.keys import read_note_key, read_vault_key
from bus.ledger.port import LedgerError
from bus.ledger.tree import FetchedTiles, OwnTiles
from bus.node.export import Anchored, Log
from bus.storage.kinds import open_store
from config.load import load
from config.node import AgencySettings, NodeSettings
from config.retention import RetentionSettings
from signing.merkle import leaf_hash

_FETCH_TIMEOUT_S: Final = 10.0
_MAX_FETCH_BYTES: Final = 64 * 1024


class _Anchor(msgspec.Struct):
    """What the hub's `proof/anchor` answers."""

    checkpoint: str
    time_stamps: tuple[str, ...]


class NoEvidenceHereError(Exception):
    """The settings or the folder name no such agency's archive."""


@dataclass(frozen=True, slots=True)
class EvidencePlace:
    """One agency's evidence.

    Attributes:
        registry: folder of the trusted registry that the agency's node keeps.
        settings: the node's, where it has settings; None for the embedded bus.
        state: the embedded bus's state folder, else None.
    """

    agency: str
    archive: Path
    archive_key: Path
    registry: Path
    settings: NodeSettings | None = None
    state: Path | None = None

    @property
    def key(self) -> bytes:
        """The key that encrypts the archive.

        Raises:
            SecretError, LedgerKeyError: the file cannot be used.
        """
        return read_vault_key(self.archive_key)

    @property
    def retention(self) -> RetentionSettings:
        """How long what is kept."""
        return self.settings.retention if self.settings else RetentionSettings()

    @property
    def sealing(self) -> Sealing:
        """With what its days are sealed.

        Raises:
            PemFileError: a file that the settings name cannot be read.
        """
        if self.settings is None:
            return sealing_of(None, State(self.state or Path(), "").keys.seal_address(self.agency))
        own = next(one for one in self.settings.agencies if one.id == self.agency)
        return sealing_for(self.settings.evidence, own)


def place_of_node(file: Path, agency: str) -> EvidencePlace:
    """By a node's settings; `agency` may be empty where the node serves one.

    Raises:
        NoEvidenceHereError: the node serves no such agency, or several and none is named.
        ConfigError: the settings have mistakes.
    """
    settings = load(file, NodeSettings).settings
    found = [one for one in settings.agencies if agency in ("", one.id)]
    if len(found) != 1:
        served = ", ".join(one.id for one in settings.agencies)
        raise NoEvidenceHereError(f"{file}: name one agency of this node; it serves {served}")
    one: AgencySettings = found[0]
    return EvidencePlace(one.id, one.archive, one.archive_key, settings.registry.folder, settings=settings)


def place_in_state(folder: Path, agency: str) -> EvidencePlace:
    """In the state folder of an embedded bus.

    Raises:
        NoEvidenceHereError: the bus has no such agency.
    """
    state = State(folder.absolute(), "")
    archive = state.archive(agency)
    if not agency or not archive.is_dir():
        there = ", ".join(sorted(path.name for path in archive.parent.glob("a*") if path.is_dir()))
        raise NoEvidenceHereError(f"{folder}: name an agency with --agency; archives are of {there or 'none'}")
    nodes = state.folder / "node"
    own = nodes / agency / "registry"
    # A hosted agency's node bears its host's name; every node follows the same registry.
    registry = own if own.is_dir() else next(iter(sorted(nodes.glob("*/registry"))), own)
    return EvidencePlace(agency, archive, archive.with_name(f"{agency}.key"), registry, state=state.folder)


@asynccontextmanager
async def log_of(place: EvidencePlace) -> AsyncIterator[Log | None]:
    """The ledger within reach: the embedded bus's own, or the hub's by HTTP; None where there is neither."""
    if place.state is not None:
        async with _own_log(place.state) as own:
            yield own
    elif place.settings is not None:
        async with _hub_log(place.settings) as fetched:
            yield fetched


@asynccontextmanager
async def _own_log(state: Path) -> AsyncIterator[Log | None]:
    try:
        files = ledger_at(state)
    except NoLedgerHereError:
        yield None
        return
    store = open_store(files.store_url)

    async def checkpoint() -> bytes | None:
        signed = store.signed()
        return signed.note if signed else None

    async def read(start: int, end: int) -> Sequence[bytes]:
        return store.read(start, end)

    async def hashes(start: int, end: int) -> Sequence[bytes]:
        return [one.hash or leaf_hash(one.leaf or b"") for one in store.kept(start, end)]

    async def anchored(index: int) -> Anchored | None:
        found = files.anchors.covering(index) if files.anchors else None
        return Anchored(found.note, (found.token,)) if found else None

    try:
        key = read_note_key(files.note_key_file, files.origin).verifier.text
        yield Log(checkpoint, OwnTiles(read, hashes=hashes), key, anchored)
    finally:
        store.close()


@asynccontextmanager
async def _hub_log(settings: NodeSettings) -> AsyncIterator[Log]:
    link = settings.link
    tls = net.client_context(link.certificate, link.key, net.anchors_in(link.anchors))
    timeout = aiohttp.ClientTimeout(total=_FETCH_TIMEOUT_S)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls), timeout=timeout) as session:

        async def fetch(path: str) -> bytes:
            for address in link.hub:
                try:
                    async with session.get(f"https://{address}/{path}", allow_redirects=False) as answer:
                        if answer.status == HTTPStatus.OK:
                            return await _limited(answer.content)
                except (aiohttp.ClientError, TimeoutError):
                    continue
            raise LedgerError(f"ledger: no hub worker gives {path}")

        async def anchored(index: int) -> Anchored | None:
            try:
                found = msgspec.json.decode(await fetch(f"proof/anchor?index={index}"), type=_Anchor)
                return Anchored(found.checkpoint.encode(), tuple(b64decode(one) for one in found.time_stamps))
            except (LedgerError, ValueError):
                return None  # none covers it yet, or the hub knows no such path

        keys = settings.ledger.keys if settings.ledger else ()
        yield Log(lambda: fetch("checkpoint"), FetchedTiles(fetch), keys[-1] if keys else None, anchored)


async def _limited(content: aiohttp.StreamReader) -> bytes:
    """A checkpoint or a tile: 64 KiB at most."""
    got = bytearray()
    async for piece in content.iter_any():
        got += piece
        if len(got) > _MAX_FETCH_BYTES:
            raise LedgerError("ledger: an answer over 64 KiB is neither checkpoint nor tile")
    return bytes(got)
