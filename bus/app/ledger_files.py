"""Where the ledger is that an operator means: named by a hub's settings, the embedded bus's, or a state folder."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from bus.app.prepare import State
from bus.app.sealing import sealing_of
from bus.clock import SteadyClock
from bus.keystore.following import in_force
from bus.keystore.pem import certificates_in
from bus.ledger.anchoring import AnchoringPlan
from bus.ledger.process import LedgerFiles
from config.embedded import EmbeddedSettings
from config.hub import AnchoringSettings, Engine, HubSettings
from config.load import kind_of, load
from config.secrets import read_secret
from signing.checkpoint import NoteKey
from signing.keys import Signer
from signing.timestamp import Digest

OPERATOR: Final = "a100000"
"""Of an embedded bus that no settings file speaks for."""


class NoLedgerHereError(Exception):
    """The path names no hub, no embedded bus, no state folder."""


def ledger_files(settings: HubSettings) -> LedgerFiles:
    """The ledger's parts as the settings name them.

    Raises:
        SecretError, PemFileError: a file that they name cannot be read.
    """
    ledger = settings.ledger
    if ledger.engine is Engine.POSTGRESQL and ledger.database_url is not None:
        url = read_secret(ledger.database_url).decode()
    else:
        url = f"sqlite:///{ledger.folder / 'ledger.sqlite3'}"
    return LedgerFiles(
        origin=ledger.origin,
        store_url=url,
        guard_file=ledger.guard_file,
        note_key_file=ledger.note_key,
        vault_key_file=ledger.vault_key,
        tiles_folder=ledger.folder / "tiles",
        second_note_key_file=ledger.second_note_key,
        retired_note_keys=ledger.retired_note_keys,
        policy_file=ledger.policy,
        witness_wait_s=ledger.witness_seconds,
        publish_without_quorum=ledger.publish_without_quorum,
        anchoring=None if settings.anchoring is None else _plan(settings.anchoring),
        sealing=sealing_of(settings.evidence, partial(_seal_of, settings)),
    )


def _seal_of(settings: HubSettings) -> Signer:
    """The operator's seal key: the one that the settings name while its certificate lasts, then the next."""
    folder = settings.renewal.folder if settings.renewal is not None else None
    return in_force(folder, settings.operator, settings.seal, SteadyClock()())


def _plan(anchoring: AnchoringSettings) -> AnchoringPlan:
    return AnchoringPlan(
        authorities=anchoring.authorities,
        anchors=tuple(der for path in anchoring.anchors for der in certificates_in(path)),
        interval_s=anchoring.interval_minutes * 60,
        digest=Digest(anchoring.digest.value),
        timeout_s=anchoring.timeout_seconds,
    )


def ledger_at(place: Path) -> LedgerFiles:
    """The ledger's parts.

    Args:
        place: a settings file of a hub or of the embedded bus, or a state folder such as `var/demo`.

    Raises:
        NoLedgerHereError: a node's settings, or a folder that no bus has used.
        ConfigError: the settings have mistakes.
    """
    if place.is_dir():
        return _in_state_folder(place)
    kind = kind_of(place)
    if kind == "hub":
        return ledger_files(load(place, HubSettings).settings)
    if kind == "embedded":
        settings = load(place, EmbeddedSettings).settings
        return _in_state_folder(settings.state_folder, settings.operator)
    raise NoLedgerHereError(f"{place} are the settings of a node; the ledger is the hub's")


def _in_state_folder(folder: Path, operator: str = OPERATOR) -> LedgerFiles:
    # The embedded bus names its ledger after its instance; its own key knows the name.
    unnamed = State(folder.absolute(), "").ledger
    if not unnamed.note_key_file.exists():
        raise NoLedgerHereError(f"{folder} is no state folder of a bus that has run")
    origin = NoteKey.from_text(read_secret(unnamed.note_key_file).decode()).verifier.name
    state = State(folder.absolute(), origin)
    seal = state.keys.seal_address(operator)
    return replace(state.ledger, sealing=sealing_of(None, seal) if state.keys.seal_key(operator).exists() else None)
