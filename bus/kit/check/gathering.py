"""The one flow of a check: everything that asks the system, in order; nothing is judged here."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from bus.kit.check import asking
from bus.kit.check.facts import Facts
from bus.kit.check.node import node_facts
from bus.kit.check.relay import OTHER_NAME, Relay, Way, closed_port, relaying
from bus.kit.check.samples import Samples
from bus.kit.check.target import Endpoint, Target
from bus.kit.check.tls import look
from registry.snapshot import Snapshot

DEADLINE_S: Final = 0.4
"""What a question over a connection that never comes to an end is given."""
_ENDLESS: Final = frozenset({Way.STALL, Way.DRIP})
_TAMPERED: Final = (Way.STALL, Way.DRIP, Way.CUT, Way.SHORTEN)
_LISTED_FILES: Final = 10_000


async def gather(
    target: Target, samples: Samples, snapshot: Snapshot | None, calls: int, step: Callable[[str], None]
) -> Facts:
    """Ask all that there is to ask.

    Args:
        target: the adapter.
        samples: the questions.
        snapshot: the registry, where there is one.
        calls: how many measured calls.
        step: hears what is being done, for people who wait.

    Raises:
        DeclarationError: the adapter cannot be built.
    """
    facts = _known_beforehand(target, samples, snapshot)
    before = _files(target)
    with _listening(facts.logged):
        # ① the node beside the adapter: seal, archive
        facts.node = await node_facts(target, snapshot)
        # ② every sample, measured calls, hostile text: over the plain connection
        step("questions, one by one")
        async with target.opened() as adapter:
            await asking.one_by_one(facts, adapter, calls)
        # ③ the same by way of a relay: at once, then over bad connections
        if facts.known:
            step("questions at once")
            await _by_relay(facts, step)
        # ④ who the system says it is
        if facts.endpoint is not None and facts.endpoint.speaks != "http":
            step("TLS")
            facts.tls = await look(target, facts.endpoint)
            await _strangers(facts, facts.endpoint)
    facts.new_files = tuple(sorted(_files(target) - before))
    return facts


def _known_beforehand(target: Target, samples: Samples, snapshot: Snapshot | None) -> Facts:
    adapter = target.build()
    bounds, settings = adapter.bounds, target.settings
    return Facts(
        target,
        samples,
        endpoint=target.endpoint,
        snapshot=snapshot,
        service=snapshot.service(target.service) if snapshot is not None and target.service else None,
        operations=adapter.operations,
        concurrency=bounds.max_concurrency,
        timeout_s=bounds.timeout_s,
        max_answer_bytes=bounds.max_answer_bytes,
        per_second=None if settings is None else settings.max_per_second,
        burst=1 if settings is None else settings.burst,
    )


async def _by_relay(facts: Facts, step: Callable[[str], None]) -> None:
    endpoint = facts.endpoint
    if endpoint is None:
        async with facts.target.opened() as adapter:
            await asking.at_once(facts, adapter)
        return
    async with relaying(endpoint) as relay:
        async with facts.target.opened(relay.detour) as adapter:
            await asking.at_once(facts, adapter)
        if not relay.connections:
            return  # this kind makes its connections its own way: the rows about them are not judged
        facts.most_connections = relay.most
    for way in _TAMPERED:
        step(f"a connection that goes wrong: {way}")
        async with relaying(endpoint) as relay:
            await _tampered(facts, relay, way)
    async with facts.target.opened(await closed_port()) as adapter:
        facts.nobody_listens = await asking.ended_over(facts, adapter, asking.LONGEST_S)
    if endpoint.speaks != "postgresql":
        await _flooded(facts, endpoint)


async def _tampered(facts: Facts, relay: Relay, way: Way) -> None:
    """A connection that was well until just now: what is tampered with is the reply, not the first handshake."""
    async with facts.target.opened(relay.detour) as adapter:
        await asking.ended_over(facts, adapter, asking.LONGEST_S)
        relay.way = way
        given = DEADLINE_S if way in _ENDLESS else asking.LONGEST_S
        facts.tampered[way] = await asking.ended_over(facts, adapter, given)
        relay.way = Way.PASS
        await relay.drop()
        after = await asking.ended_over(facts, adapter, asking.LONGEST_S)
        if facts.after_trouble is None or facts.after_trouble.error is None:
            facts.after_trouble = after


async def _flooded(facts: Facts, endpoint: Endpoint) -> None:
    """An HTTP reply without end, from a server of ours; the system is not asked."""
    async with relaying(Endpoint("http", "127.0.0.1", 0, endpoint.setting)) as relay:
        relay.way = Way.FLOOD
        url = f"http://{relay.detour.host}:{relay.detour.port}"
        changed: dict[str, object] = {endpoint.setting: url}
        async with facts.target.opened(None, **changed) as adapter:
            facts.flooded = await asking.ended_over(facts, adapter, asking.LONGEST_S)
        facts.flooded_bytes = relay.flooded_bytes


async def _strangers(facts: Facts, endpoint: Endpoint) -> None:
    """Somebody else's certificate for the right name, then the right certificate for somebody else's name."""
    if not facts.known or facts.tls is None or facts.tls.refused:
        return
    async with relaying(endpoint) as relay:
        relay.way = Way.IMPOSTOR
        async with facts.target.opened(relay.detour) as adapter:
            facts.impostor = await asking.ended_over(facts, adapter, asking.LONGEST_S)
        facts.fooled = relay.fooled
    async with relaying(endpoint) as relay:
        changed = _elsewhere(facts.target, endpoint)
        async with facts.target.opened(relay.detour, **changed) as adapter:
            facts.other_name = await asking.ended_over(facts, adapter, asking.LONGEST_S)


def _elsewhere(target: Target, endpoint: Endpoint) -> dict[str, object]:
    """The setting that holds the address, with another host's name in it."""
    if endpoint.speaks == "postgresql":
        return {"host": OTHER_NAME}
    scheme, _, rest = str(target.table[endpoint.setting]).partition("://")
    _, slash, path = rest.partition("/")
    return {endpoint.setting: f"{scheme}://{OTHER_NAME}:{endpoint.port}{slash}{path}"}


def _files(target: Target) -> set[str]:
    """What lies beside the adapter's file; not in folders that its settings name, where files may be its trade."""
    named = {target.folder / value for value in target.table.values() if isinstance(value, str)}
    own = [path for path in named if path.is_dir() and path != target.folder]
    found: set[str] = set()
    for path in target.folder.rglob("*"):
        if not any(path.is_relative_to(one) for one in own):
            found.add(path.relative_to(target.folder).as_posix())
        if len(found) >= _LISTED_FILES:
            break
    return found


class _Ear(logging.Handler):
    """Keeps what is logged, for as long as the check runs."""

    def __init__(self, heard: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        """One line, with all that it carries."""
        self._heard.append(f"{record.msg} {record.args}")


@contextmanager
def _listening(heard: list[str]) -> Iterator[None]:
    ear = _Ear(heard)
    root = logging.getLogger()
    root.addHandler(ear)
    try:
        yield
    finally:
        root.removeHandler(ear)
