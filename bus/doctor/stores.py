"""What a hub or node keeps: the ledger's head and guard, the registry's signatures, adapters that can be built."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from adapters.port import DeclarationError
from bus.app.audit_process import files_of
from bus.app.ledger_files import ledger_files
from bus.app.node_process import circuits_file, maker_of, watch_file
from bus.audit.index import IndexStore
from bus.doctor.finding import Finding, Health
from bus.keystore.pem import PemFileError
from bus.ledger import tools
from bus.ledger.anchoring import STATE_FILE as ANCHORING_STATE
from bus.ledger.anchoring import read_state as read_anchoring
from bus.ledger.port import LedgerError
from bus.ledger.witnessing import STATE_FILE
from bus.ledger.witnessing import read_state as read_witnesses
from bus.node.systems import read_circuits
from bus.node.watch import read_state as read_watch
from bus.registry.publish import RepositoryStateError
from bus.registry.summary import RoleState, summarise
from bus.storage.port import FormatVersionError, MissingStoreError, StoreError
from bus.usages.issuer import IssuerError, PinnedKeys
from config.hub import HubSettings
from config.node import NodeSettings
from config.parts import TrustSettings
from config.secrets import SecretError
from schemas.text import moment

_MOST_BEHIND = 10_000
"""Records that the search may be behind the ledger before that is worth a word."""
_BY_HUB = frozenset({"snapshot", "timestamp"})
"""Roles that a running hub signs anew by itself."""


def stores(settings: HubSettings | NodeSettings, now: datetime) -> Iterator[Finding]:
    """One finding for each thing that is kept."""
    if isinstance(settings, HubSettings):
        yield _ledger(settings)
        yield from _search(settings)
        yield from _witnesses(settings)
        yield from _anchoring(settings, now)
        yield from _registry(settings, now)
        yield from _issuer(settings)
    else:
        yield _trusted_root(settings)
        yield _watch(settings)
        yield from _adapters(settings)
        yield from _circuits(settings)


def _ledger(settings: HubSettings) -> Finding:
    try:
        shown = tools.show(ledger_files(settings))
    except (LedgerError, StoreError, SecretError, PemFileError) as error:
        return Finding("ledger", Health.BAD, str(error), "a new hub: lienthong ledger init; else see its manual")
    text = f"{shown.origin}: {shown.head.size} records, {shown.open_asked} without outcome"
    if shown.guarded is None:
        return Finding("ledger", Health.BAD, f"{text}, no guard file", "lienthong ledger restore-guard")
    if shown.guarded.size > shown.head.size:
        text = f"{text}, but {shown.guarded.size} were signed: the store is older than that"
        return Finding("ledger", Health.BAD, text, "restore a newer backup; nothing is signed until then")
    return Finding("ledger", Health.GOOD, text)


def _search(settings: HubSettings) -> Iterator[Finding]:
    """The search tables' format, and how far behind the ledger they are."""
    if settings.audit is None:
        return
    name = "search tables"
    try:
        files = ledger_files(settings)
        index = IndexStore(files_of(settings, settings.audit).index_url)
        try:
            behind = tools.show(files).head.size - index.next()
        finally:
            index.close()
    except MissingStoreError:
        yield Finding(name, Health.GOOD, "not there yet: the hub makes them from the ledger")
    except FormatVersionError as error:
        yield Finding(name, Health.BAD, str(error), "lienthong migrate, with the hub stopped")
    except PemFileError as error:
        yield Finding(name, Health.BAD, str(error), "name PEM files in anchoring.anchors")
    except (LedgerError, StoreError, SecretError) as error:
        yield Finding(name, Health.BAD, str(error), "lienthong ledger rebuild-index makes them anew")
    else:
        text = f"{behind} records behind the ledger" if behind else "as far as the ledger"
        late = behind > _MOST_BEHIND
        yield Finding(name, Health.WARNING if late else Health.GOOD, text, "is the hub's part audit running?" * late)


def _witnesses(settings: HubSettings) -> Iterator[Finding]:
    if settings.ledger.policy is None:
        return
    state = read_witnesses(settings.ledger.folder / STATE_FILE)
    if state is None:
        yield Finding("ledger witnesses", Health.WARNING, "nobody was asked yet", "start the hub")
        return
    for one in state.witnesses:
        name = f"witness {one.name}"
        if not one.alarm:
            yield Finding(name, Health.GOOD, f"cosigned {one.size} records")
            continue
        health = Health.BAD if one.severe or not state.quorum else Health.WARNING
        yield Finding(name, health, one.alarm, "see docs/transparency.md §4")


def _anchoring(settings: HubSettings, now: datetime) -> Iterator[Finding]:
    """Warn by age: a checkpoint that nobody has stamped yet is worth what the operator's word is."""
    if settings.anchoring is None:
        return
    name = "ledger time-stamps"
    state = read_anchoring(settings.ledger.folder / ANCHORING_STATE)
    if state is None:
        yield Finding(name, Health.WARNING, "no authority was asked yet", "start the hub")
        return
    last = "none yet" if state.at_ms is None else f"{state.size} records, {moment(state.at_ms)}, {state.authority}"
    if state.waiting_ms is None:
        old = now - datetime.fromtimestamp((state.at_ms or 0) / 1000, UTC)
        behind = _signed(settings) > (state.size or 0) and old > timedelta(hours=settings.anchoring.warn_after_hours)
        mend = "does the ledger run? see docs/transparency.md §7" * behind
        yield Finding(name, Health.WARNING if behind else Health.GOOD, last, mend)
        return
    waited = now - datetime.fromtimestamp(state.waiting_ms / 1000, UTC)
    late = waited > timedelta(hours=settings.anchoring.warn_after_hours)
    text = f"{last}; a newer checkpoint waits for {waited.total_seconds() / 3600:.1f} hours: {state.alarm}"
    yield Finding(name, Health.WARNING if late else Health.GOOD, text, "see docs/transparency.md §7")


def _issuer(settings: HubSettings) -> Iterator[Finding]:
    """The keys by which citizens' tokens are judged; where they are fetched, that is left to the running hub."""
    usages = settings.usages
    if usages is None:
        return
    if usages.key_set is None:
        yield Finding("e-ID issuer", Health.GOOD, f"{usages.issuer}: its keys are fetched when first needed")
        return
    try:
        PinnedKeys(usages.key_set, allow_development=settings.trust.allow_development_pki)
    except IssuerError as error:
        yield Finding("e-ID issuer", Health.BAD, str(error), "get the issuer's JWK set anew; see docs/usages.md")
    else:
        yield Finding("e-ID issuer", Health.GOOD, f"{usages.issuer}: keys in {usages.key_set}")


def _signed(settings: HubSettings) -> int:
    """The last size signed; 0 where that cannot be told, which is another finding's."""
    try:
        guarded = tools.show(ledger_files(settings)).guarded
    except (LedgerError, StoreError, SecretError, PemFileError):
        return 0
    return guarded.size if guarded is not None else 0


def _watch(settings: NodeSettings) -> Finding:
    if settings.ledger is None:
        text = "this node does not watch the ledger"
        return Finding("ledger watch", Health.WARNING, text, "set ledger.keys to the operator's public key")
    state = read_watch(watch_file(settings))
    if state is None:
        return Finding("ledger watch", Health.GOOD, "nothing was seen yet")
    if state.alarms:
        kinds = ", ".join(sorted({alarm.kind for alarm in state.alarms}))
        text = f"{len(state.alarms)} alarm(s): {kinds}; the evidence is in {watch_file(settings)}"
        return Finding("ledger watch", Health.BAD, text, "see docs/transparency.md §6")
    seen = moment(state.checked_ms) if state.checked_ms else "never"
    text = f"{state.verified} records of receipts found, {len(state.waiting)} waiting, last checkpoint {seen}"
    return Finding("ledger watch", Health.GOOD, text)


def _registry(settings: HubSettings, now: datetime) -> Iterator[Finding]:
    try:
        summary = summarise(settings.registry.repository)
    except RepositoryStateError as error:
        yield Finding("registry", Health.BAD, str(error), "lienthong registry init, publish")
        return
    if not summary.version:
        yield Finding("registry", Health.BAD, "nothing was published yet", "lienthong registry publish")
    for state in summary.roles:
        yield _role(state, settings.trust, now)


def _role(state: RoleState, trust: TrustSettings, now: datetime) -> Finding:
    name = f"registry {state.role}"
    left = state.expires - now
    text = f"version {state.version}, {left.days} days left"
    if state.role in _BY_HUB:
        return Finding(name, Health.GOOD, f"version {state.version}, renewed by the running hub")
    if left <= timedelta(0):
        return Finding(name, Health.BAD, text, "sign anew: lienthong registry publish")
    if left < timedelta(days=trust.certificate_warning_days):
        return Finding(name, Health.WARNING, text, "sign anew: lienthong registry publish")
    return Finding(name, Health.GOOD, text)


def _trusted_root(settings: NodeSettings) -> Finding:
    path = settings.registry.trusted_root
    if path.is_file():
        return Finding("registry.trusted_root", Health.GOOD, f"{path} is there")
    return Finding("registry.trusted_root", Health.BAD, f"{path} is not there", "get root.json from the operator")


def _adapters(settings: NodeSettings) -> Iterator[Finding]:
    try:
        make = maker_of(settings)
    except DeclarationError as error:
        yield from (Finding("plugins", Health.BAD, mistake, "see docs/adapters.md §9") for mistake in error.mistakes)
        return
    for number, adapter in enumerate(settings.adapters):
        name = f"adapters[{number}]"
        try:
            made = make(adapter)
        except DeclarationError as error:
            yield from (Finding(name, Health.BAD, mistake, "see docs/adapters.md") for mistake in error.mistakes)
        except (OSError, ValueError, SecretError) as error:
            text = f"{adapter.service}: {type(error).__name__}"
            yield Finding(name, Health.BAD, text, "look at the adapter's file and its secrets")
        else:
            yield Finding(name, Health.GOOD, f"{adapter.service} by {adapter.kind}")
            for text in made.left_for_people():
                yield Finding(name, Health.WARNING, text, "look at them, drop them anew where needed, then remove them")


def _circuits(settings: NodeSettings) -> Iterator[Finding]:
    """Systems that the node leaves alone just now, as it told when that last changed."""
    for one in read_circuits(circuits_file(settings)) or ():
        text = f"{one.circuit} since {moment(one.since_ms)}, after {one.failures} failures: questions are refused"
        yield Finding(f"circuit {one.service}", Health.BAD, text, "look at that system; see docs/adapters.md §2")
