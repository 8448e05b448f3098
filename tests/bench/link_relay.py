"""CPU time that a hub worker spends on relaying one question and its answer between two nodes over TLS 1.3.

Run: .venv/bin/python -P tests/bench/link_relay.py [exchanges] [concurrent]   (from the repository's root)

Three processes: the hub, the provider's node and the consumer's node. The figure is the hub's own processor time
(user and system) divided by exchanges; the requests per second depend on the machine's other work, this hardly.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import resource
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import uvloop

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "lib")]

from link_world import LinkWorld, eventually  # noqa: E402 - the path above makes it importable

from bus.link import Message, Session  # noqa: E402 - as above

PROVIDER, CONSUMER = "provider", "consumer"
SIZE = 750  # bytes of head and of body: 1.5 KB per message


def cpu_us() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1e6


async def hub(world: LinkWorld, pipe: Connection) -> None:
    sessions: dict[str, Session] = {}

    async def relay(_session: Session, message: Message, deadline: float) -> Message:
        left_s = deadline - asyncio.get_running_loop().time()
        return await sessions[PROVIDER].call(message, left_s)

    async with world.hub(relay) as worker:
        pipe.send(worker.address)
        await worker.session(2)
        sessions.update({session.hello.process: session for session in worker.opened})
        gc.collect()
        gc.freeze()
        while (await asyncio.to_thread(pipe.recv)) == "count":
            pipe.send(cpu_us())


async def provider(world: LinkWorld, address: str) -> None:
    async with world.node(address, name=PROVIDER, wait=False):
        await asyncio.Event().wait()


async def consumer(world: LinkWorld, address: str, pipe: Connection, exchanges: int, concurrent: int) -> None:
    async with world.node(address, name=CONSUMER) as node:
        await eventually(lambda: bool(node.sessions))
        await asyncio.sleep(1)
        session = node.sessions[0]
        question = Message(1, b"h" * SIZE, (b"b" * SIZE,))

        async def ask(count: int) -> None:
            for _ in range(count):
                await session.call(question, 30)

        async def burst(count: int) -> None:
            await asyncio.gather(*(ask(count // concurrent) for _ in range(concurrent)))

        await burst(exchanges // 10)
        for _ in range(3):
            pipe.send("count")
            before, began = await asyncio.to_thread(pipe.recv), time.perf_counter()
            await burst(exchanges)
            took_s = time.perf_counter() - began
            pipe.send("count")
            spent = await asyncio.to_thread(pipe.recv) - before
            sys.stdout.write(f"{spent / exchanges:6.1f} µs of hub CPU each, {exchanges / took_s:7.0f} exchanges/s\n")
            sys.stdout.flush()
        pipe.send("stop")


def main(exchanges: int = 20_000, concurrent: int = 32) -> None:
    context = multiprocessing.get_context("fork")
    with tempfile.TemporaryDirectory() as name:
        world = LinkWorld(Path(name))
        here, there = context.Pipe()
        processes = [
            context.Process(target=lambda: uvloop.run(hub(world, there))),
            context.Process(target=lambda: uvloop.run(provider(world, address))),
            context.Process(target=lambda: uvloop.run(consumer(world, address, here, exchanges, concurrent))),
        ]
        processes[0].start()
        address = here.recv()
        for process in processes[1:]:
            process.start()
        processes[2].join()
        for process in processes[:2]:
            process.terminate()
            process.join()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
