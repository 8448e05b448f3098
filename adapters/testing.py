"""The contract of every adapter, for an agency to run against its own, with pytest or unittest.

Subclass `AdapterContract`, say how to open the adapter and which questions have which answers, and
run it. Each test method is one sentence of the contract; a question left None skips its sentence.
Every kind in this package passes the same contract as the one in memory.
Leaves out: whether the answers are true, and how fast the system is.
"""

from __future__ import annotations

import asyncio
import dataclasses
import unittest
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

import orjson

from adapters.port import Adapter, Found, PeerError, PeerFault, Query, Reach

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from contextlib import AbstractAsyncContextManager

Q = TypeVar("Q")

HOSTILE: Final = (
    "' OR '1'='1",
    "'; DROP TABLE person; --",
    '" OR ""="',
    "%",
    "*",
    "../../etc/passwd",
    "..",
    "a/b?c=d#e",
    "%2e%2e%2f",
    "<x>&amp;</x>",
    "]]><!--",
    "line\r\nX-Injected: 1",
    "\x00",
    "\ufffe\U0010ffff",
    "0" * 5000,
)
"""Values that a careless adapter turns into somebody else's record, another path, or an error page."""


class AdapterContract:
    """The sentences every adapter keeps. Class attributes give the questions; `opened` the adapter."""

    found: ClassVar[Mapping[str, tuple[Query, dict[str, object]]]] = {}
    """By name: a question, and exactly the body that answers it. At least one; better two."""
    nobody: ClassVar[Query | None] = None
    """A question about somebody whom the system does not hold."""
    several: ClassVar[Query | None] = None
    """A question that fits more than one record where one is expected."""
    incomplete: ClassVar[Query | None] = None
    """A question that lacks what the system demands."""
    refused: ClassVar[tuple[Query, PeerFault, str | None] | None] = None
    """A question that the system refuses; the reason and the system's own code."""
    garbled: ClassVar[Query | None] = None
    """A question that the system answers with something unreadable."""
    slow: ClassVar[Query | None] = None
    """A question that the system answers later than this query's `timeout_s`."""

    def opened(self) -> AbstractAsyncContextManager[Adapter]:
        """A started adapter with its system running; closed on leaving."""
        raise NotImplementedError

    def down(self) -> AbstractAsyncContextManager[Adapter] | None:
        """A started adapter whose system does not run, or None to skip."""
        return None

    def test_answers_exactly_the_one_match(self) -> None:
        """The one match is answered, whole, mapped, and as plain JSON; `as_of` names its zone."""

        async def story(adapter: Adapter) -> None:
            for name, (query, body) in _given(self.found).items():
                found = await adapter.ask(query)
                _hold(found.body == body, f"{name}: the body is the one declared")
                _hold(orjson.loads(orjson.dumps(found.body)) == found.body, f"{name}: the body is plain JSON")
                _hold(found.as_of is None or found.as_of.tzinfo is not None, f"{name}: as_of has a zone")

        self._play(story)

    def test_questions_at_once_do_not_mix(self) -> None:
        """Asked at the same time, every question gets its own answer, within the bounds declared."""

        async def story(adapter: Adapter) -> None:
            pairs = [*_given(self.found).values()] * 8
            found = await asyncio.gather(*(adapter.ask(query) for query, _ in pairs))
            for got, (_, body) in zip(found, pairs, strict=True):
                _hold(got.body == body, "each question gets its own answer")
            _hold(adapter.tally.inside == 0, "nobody is left inside")

        self._play(story)

    def test_nobody_is_no_match(self) -> None:
        """Whom the system does not hold is `no-match`: no empty record, no other person."""
        self._fails(_given(self.nobody), PeerFault.NO_MATCH)

    def test_several_are_several_matches(self) -> None:
        """More than one record is `several-matches`: none of them is chosen."""
        self._fails(_given(self.several), PeerFault.SEVERAL_MATCHES)

    def test_an_incomplete_question_is_bad_and_not_sent(self) -> None:
        """What the system demands and the question lacks is `bad-question`, with a known outcome."""
        error = self._fails(_given(self.incomplete), PeerFault.BAD_QUESTION)
        _hold(error.outcome_known, "nothing has been sent")

    def test_an_unknown_operation_is_bad(self) -> None:
        """An operation that was not declared is `bad-question`."""
        query, _ = next(iter(_given(self.found).values()))
        self._fails(dataclasses.replace(query, operation="no-such-operation"), PeerFault.BAD_QUESTION)

    def test_a_refusal_keeps_its_reason_and_code(self) -> None:
        """The system's own code becomes the declared reason, and is kept."""
        query, kind, code = _given(self.refused)
        error = self._fails(query, kind)
        _hold(error.peer_code == code, "the system's own code is kept")

    def test_garbage_is_a_bad_answer(self) -> None:
        """What cannot be read is `bad-answer`: nothing is made up in its place."""
        self._fails(_given(self.garbled), PeerFault.BAD_ANSWER)

    def test_a_slow_system_is_a_timeout(self) -> None:
        """The question's own time is kept, whatever the system does; the adapter stays usable."""
        slow = _given(self.slow)

        async def story(adapter: Adapter) -> None:
            _hold((await _error(adapter, slow)).kind is PeerFault.TIMEOUT, "slowness is a timeout")
            for query, body in self.found.values():
                _hold((await adapter.ask(query)).body == body, "the adapter is still usable")

        self._play(story)

    def test_no_time_left_is_a_timeout_with_nothing_done(self) -> None:
        """A question that comes too late is not sent."""
        query, _ = next(iter(_given(self.found).values()))
        error = self._fails(dataclasses.replace(query, timeout_s=0.0), PeerFault.TIMEOUT)
        _hold(error.outcome_known, "nothing has been sent")

    def test_a_cancelled_question_frees_its_place(self) -> None:
        """A caller who gives up leaves nothing behind that blocks others."""
        query, body = next(iter(_given(self.found).values()))

        async def story(adapter: Adapter) -> None:
            for _ in range(adapter.bounds.max_concurrency + 1):
                task = asyncio.create_task(adapter.ask(query))
                await asyncio.sleep(0)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            _hold(adapter.tally.inside == 0, "nobody is left inside")
            _hold((await adapter.ask(query)).body == body, "others are answered")

        self._play(story)

    def test_hostile_text_finds_nobody(self) -> None:
        """Text in a question is a value and nothing else: it never finds, never breaks the port."""
        nobody = _given(self.nobody)

        async def story(adapter: Adapter) -> None:
            for text in HOSTILE:
                await _error(adapter, dataclasses.replace(nobody, body=_filled(nobody.body, text)))

        self._play(story)

    def test_no_error_tells_whom_the_question_was_about(self) -> None:
        """Neither the error nor its causes hold a value of the question."""
        candidates = [self.nobody, self.several, self.garbled, self.slow, self.refused and self.refused[0]]

        async def story(adapter: Adapter) -> None:
            for query in filter(None, candidates):
                error = await _error(adapter, query)
                said = f"{error} {error!r} {error.__cause__!r}"
                values = [*_texts(query.body), *([query.officer.id] if query.officer else [])]
                _hold(not any(len(v) > 3 and v in said for v in values), "an error holds no value")  # noqa: PLR2004 - "004" may be both a code and a value

        self._play(story)

    def test_a_system_that_is_down_is_unreachable(self) -> None:
        """No connection is `unreachable`, worth a retry; a probe says so without raising."""
        place = self.down()
        if place is None:
            raise unittest.SkipTest("this adapter declares no `down`")
        query, _ = next(iter(_given(self.found).values()))

        async def story(adapter: Adapter) -> None:
            error = await _error(adapter, query)
            _hold(error.kind is PeerFault.UNREACHABLE, "no connection is unreachable")
            _hold(error.retry, "a retry may help")
            _hold((await adapter.probe()).reach is Reach.UNREACHABLE, "a probe says so")

        self._play(story, place)

    def test_it_probes_closes_twice_and_starts_again(self) -> None:
        """`probe` asks about nobody; `close` may be repeated; `start` after `close` works."""
        query, body = next(iter(_given(self.found).values()))

        async def story(adapter: Adapter) -> None:
            _hold((await adapter.probe()).reach is not Reach.UNREACHABLE, "a probe finds the system")
            await adapter.close()
            await adapter.close()
            await adapter.start()
            _hold((await adapter.ask(query)).body == body, "a restarted adapter answers")

        self._play(story)

    def _fails(self, query: Query, kind: PeerFault) -> PeerError:
        caught: list[PeerError] = []

        async def story(adapter: Adapter) -> None:
            caught.append(await _error(adapter, query))

        self._play(story)
        _hold(caught[0].kind is kind, f"the reason is {kind}, not {caught[0]}")
        return caught[0]

    def _play(
        self,
        story: Callable[[Adapter], Awaitable[None]],
        place: AbstractAsyncContextManager[Adapter] | None = None,
    ) -> None:
        async def run() -> None:
            async with place or self.opened() as adapter:
                await story(adapter)

        asyncio.run(run())


def _hold(holds: bool, sentence: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise AssertionError(sentence)


def _given(question: Q | None) -> Q:
    if not question:
        raise unittest.SkipTest("this adapter declares no such question")
    return question


async def _error(adapter: Adapter, query: Query) -> PeerError:
    try:
        found: Found = await adapter.ask(query)
    except PeerError as error:
        return error
    raise AssertionError(f"answered with {len(found.body)} fields where it should have refused")


def _filled(value: Mapping[str, object], text: str) -> dict[str, object]:
    """The same question with every text in it replaced."""
    return {
        name: _filled(inner, text) if isinstance(inner, Mapping) else text if isinstance(inner, str) else inner
        for name, inner in value.items()
    }


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
