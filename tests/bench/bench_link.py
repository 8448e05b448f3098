"""The generators "pool" and "sealer": sealed questions over the link, and the providing node that answers them.

Run by the tests as `bench_link.py SETTINGS`, a process of its own that starts the answering end as another one. The
hub does all its work; generator and answerer do as little as can be, so that the hub is what the figures show:
- pool: questions and their answers are sealed before the clock runs, each by itself (batches of one); the answerer
  looks its answer up by the question's bytes;
- sealer: both seal as nodes do, whatever waits in one turn of the event loop under one signature, so that batches
  form under load as they would.
Neither verifies what it gets: nodes do, and are measured elsewhere (the open loop).
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, TypeAlias

import orjson
import uvloop
from bench_nation import BASIS, ECHO, INSTANCE, NAME, PUMP, RECORD, SUBJECTS, service_of

from bus import bodies, net
from bus.clock import SteadyClock
from bus.ids import new_id
from bus.keystore import open_key
from bus.keystore.development import DevelopmentKeys
from bus.link.dialler import NodeSettings
from bus.link.messages import Message
from bus.link.node import NodeLink
from bus.link.ports import Handlers
from bus.link.session import Session
from bus.notary import Notary
from bus.shapes import JSON
from bus.topics import Reply, Topic, head, read_reply
from schemas.envelope import Envelope, InReplyTo, Kind, Officer, Party, Subject, decode, encode
from schemas.problems import ProblemError
from schemas.sealed import Sealed, pack, unpack
from signing.jws import seal

LIFETIME_MS: Final = 5 * 60 * 1000
NUMBER: Final = SUBJECTS[0]
QUESTION_BODY: Final = orjson.dumps({"number": NUMBER, "name": NAME})
ANSWER_BODY: Final = orjson.dumps({"number": NUMBER, **RECORD})
Answers: TypeAlias = Callable[[Message], Awaitable[Message]]


@dataclass(frozen=True)
class End:
    """One end of the exchange: an agency with its seal and its link."""

    keys: DevelopmentKeys
    agency: str
    hub_port: int

    def notary(self) -> Notary:
        signer = open_key(self.keys.seal_address(self.agency))
        return Notary(agency=self.agency, instance=INSTANCE, signer=signer, clock=SteadyClock())

    def link(self, answers: Answers) -> NodeLink:
        keys = self.keys
        anchors = keys.root.read_text("ascii")
        tls = net.client_context(keys.link_certificate(self.agency), keys.link_key(self.agency), anchors)

        async def answer(_session: Session, message: Message, _deadline: float) -> Message:
            return await answers(message)

        async def notice(_session: Session, _message: Message) -> None:
            """Receipts and news of the registry: nobody here keeps them."""

        settings = NodeSettings(
            seeds=(f"wss://127.0.0.1:{self.hub_port}/link",),
            instance=INSTANCE,
            agencies=lambda: (self.agency,),
            tls=lambda: tls,
            now_ms=SteadyClock(),
            process=new_id(),
        )
        return NodeLink(settings, Handlers(answer, notice))


def question(notary: Notary) -> Envelope:
    """A question as a node drafts it: who asks, on what ground, about whom."""
    return notary.draft(
        Kind.QUESTION,
        LIFETIME_MS,
        consumer=Party(agency=PUMP, system="one-stop"),
        service=service_of(ECHO),
        operation="read",
        purpose="audit",
        basis=BASIS,
        officer=Officer(id="CB-0001", unit="Một cửa", asserted_by=PUMP),
        subjects=(Subject(scheme="citizen", id=NUMBER, asserted_by=PUMP, assurance="substantial"),),
        schema="person.question@1",
        parts=(bodies.part_of(QUESTION_BODY, JSON),),
        correlation="bench-1",
    )


def answer_to(notary: Notary, asked: Envelope, sealed: Sealed) -> Envelope:
    """The answer as a node drafts it."""
    return notary.draft(
        Kind.ANSWER,
        LIFETIME_MS,
        InReplyTo(sha256=bodies.digest(sealed.envelope), id=asked.id),
        consumer=asked.consumer,
        service=asked.service,
        operation=asked.operation,
        schema="person.answer@1",
        parts=(bodies.part_of(ANSWER_BODY, JSON),),
        about=(Subject(scheme="citizen", id=NUMBER, asserted_by=ECHO, assurance="substantial"),),
        correlation=asked.correlation,
    )


def sealed_alone(notary: Notary, envelope: Envelope) -> Sealed:
    signer = notary._signer
    return seal([encode(envelope)], signer, instance=INSTANCE, now_ms=notary.clock())[0]


def pool(asker: Notary, answerer: Notary, count: int) -> list[tuple[bytes, bytes]]:
    """Heads of questions and of their answers, every envelope under a signature of its own."""
    pairs = []
    for _ in range(count):
        asked = question(asker)
        sealed = sealed_alone(asker, asked)
        reply = sealed_alone(answerer, answer_to(answerer, asked, sealed))
        pairs.append((pack(sealed), head(Reply(reply))))
    return pairs


class Pump:
    """Asks with so many under way, and counts what came back."""

    def __init__(self, link: NodeLink, heads: Callable[[], Awaitable[bytes | None]]) -> None:
        self._link = link
        self._heads = heads
        self.answered = 0
        self.refused: dict[str, int] = {}
        self.batches: list[int] = []
        """How many envelopes shared the signature of each answer."""

    async def run(self, at_once: int, seconds: float) -> float:
        """Ask for so long, or until there is nothing more to ask; the seconds that it took."""
        began = time.perf_counter()
        until = began + seconds
        await asyncio.gather(*(self._one(until) for _ in range(at_once)))
        return time.perf_counter() - began

    async def _one(self, until: float) -> None:
        while time.perf_counter() < until:
            packed = await self._heads()
            if packed is None:
                return
            reply = await self._link.sessions[0].call(Message(Topic.EXCHANGE, packed, (QUESTION_BODY,)), 30)
            self._count(reply)

    def _count(self, reply: Message) -> None:
        if reply.parts:
            self.answered += 1
            self.batches.append(read_reply(reply.head).sealed.size)
            return
        problem = decode(read_reply(reply.head).sealed.envelope).problem
        why = f"{int(problem.code)} {problem.rule}" if problem else "no parts"
        self.refused[why] = self.refused.get(why, 0) + 1


async def answering(end: End, made: dict[bytes, bytes], pipe: Connection) -> None:
    """The providing end: looks answers up, or seals them, until its process is ended."""
    notary = end.notary()

    async def answer(message: Message) -> Message:
        ready = made.get(message.head)
        if ready is None:
            sealed = unpack(message.head)
            reply = await notary.seal(answer_to(notary, decode(sealed.envelope), sealed))
            ready = head(Reply(reply))
        return Message(Topic.EXCHANGE, ready, (ANSWER_BODY,))

    link = end.link(answer)
    link.start()
    await link.ready(20)
    pipe.send("ready")
    await asyncio.Event().wait()


async def asking(end: End, heads: list[bytes], settings: dict[str, Any]) -> dict[str, Any]:
    notary, waiting = end.notary(), iter(heads)

    async def ready_made() -> bytes | None:
        return next(waiting, None)

    async def sealed_now() -> bytes:
        return pack(await notary.seal(question(notary)))

    async def nobody(_message: Message) -> Message:
        raise ProblemError

    link = end.link(nobody)
    link.start()
    await link.ready(20)
    pump = Pump(link, ready_made if settings["way"] == "pool" else sealed_now)
    await pump.run(settings["at_once"], settings["warm_s"])
    pump.answered, pump.batches, pump.refused = 0, [], {}
    before = cpu_us(settings["watch"])
    seconds = await pump.run(settings["at_once"], settings["seconds"])
    after = cpu_us(settings["watch"])
    await link.close()
    spent = {name: after[name] - before[name] for name in before}
    batch = sum(pump.batches) / max(1, sum(1 / size for size in pump.batches)) / max(1, len(pump.batches))
    return {
        "count": pump.answered,
        "seconds": seconds,
        "refused": pump.refused,
        "cpu_us": spent,
        "batch": len(pump.batches) / max(1e-9, sum(1 / size for size in pump.batches)) if batch else 0,
    }


def cpu_us(watch: dict[str, int]) -> dict[str, float]:
    """Processor time so far of the processes watched, by name."""
    from bench_processes import cpu_us_of  # noqa: PLC0415 - the answering end does not need it

    return {name: cpu_us_of(pid) for name, pid in watch.items()}


def main(settings: dict[str, Any]) -> dict[str, Any]:
    keys = DevelopmentKeys(Path(settings["keys"]))
    asker, answerer = (End(keys, agency, settings["hub_port"]) for agency in (PUMP, ECHO))
    pairs = pool(asker.notary(), answerer.notary(), settings.get("pool", 0))
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    other = context.Process(target=lambda: uvloop.run(answering(answerer, dict(pairs), there)), daemon=True)
    other.start()
    if not here.poll(30):
        raise RuntimeError("the answering end did not come up")
    try:
        return uvloop.run(asking(asker, [asked for asked, _ in pairs], settings))
    finally:
        other.terminate()
        other.join()


if __name__ == "__main__":
    json.dump(main(json.loads(sys.argv[1])), sys.stdout)
