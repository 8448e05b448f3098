"""Processor time of signing and judging containers of one 1 KiB file, and of batches. Figures are printed alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

from bench_table import show
from xades_kit import Bench, later

from signing import batch
from signing.packet import Level, Packet
from signing.xades_policy import Demands
from signing.xades_seal import File

ROUNDS = 5
ONE = (File("message.json", b"0123456789abcdef" * 64, "application/json"),)


def millis(work: Callable[[], object], times: int = 10) -> float:
    """The best of some rounds, in milliseconds of this process' own processor time."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time_ns()
        for _ in range(times):
            work()
        best = min(best, (time.process_time_ns() - start) / times / 1_000_000)
    return best


def test_signed_cost(tmp_path: Path):
    """What services take (time-stamps, revocation evidence) is not in it: their answers lie ready."""
    bench = Bench(tmp_path)
    rows = [row for kind in ("P-256", "P-384", "RSA") for row in levels(bench, kind)]
    show("signed containers, one file of 1 KiB", ("", "make ms", "a second", "judge ms", "a second", "bytes"), rows)
    show(
        "batches: one container B-LT over a list of digests",
        ("messages", "make us", "judge us", "bytes"),
        batches(bench),
    )


def levels(bench: Bench, kind: str) -> Iterator[tuple[object, ...]]:
    """Each level made from nothing, packed, and judged."""
    signer = bench.ca.signer(kind)
    first = bench.b(signer, ONE)
    stamp, evidence = bench.stamp(first.to_timestamp), bench.evidence(signer)
    chain = [bench.ca.root.der, *bench.tsa.anchors]
    whole = first.stamped(stamp).evidenced(evidence, chain)
    archive = bench.stamp(whole.to_timestamp)
    further: list[Callable[[Packet], Packet]] = [
        lambda packet: packet,
        lambda packet: packet.stamped(stamp),
        lambda packet: packet.evidenced(evidence, chain),
        lambda packet: packet.stamped(archive),
    ]
    packet, spent = first, millis(lambda: bench.b(signer, ONE))
    for level, step in zip(Level, further, strict=True):
        spent += millis(lambda one=step, before=packet: one(before))
        packet = step(packet)
        data = packet.container()
        made = spent + millis(packet.container)
        judge = millis(lambda one=data, least=level: judged(bench, one, least))
        yield f"{kind}: {level.name}", made, 1000 / made, judge, 1000 / judge, len(data)


def judged(bench: Bench, data: bytes, least: Level = Level.LT) -> None:
    verdict = bench.check(data, Demands(least=least)).verdict
    assert verdict.passed or least < Level.LT, verdict  # without evidence about revocation the verdict is a doubt


def batches(bench: Bench) -> list[tuple[object, ...]]:
    rows = []
    for size in (1, 8, 64, 512):
        digests = {f"019c-{number:04d}": sha256(b"%d" % number).digest() for number in range(size)}

        def make(names: dict[str, bytes] = digests) -> Packet:
            pending = batch.begin_batch(names, bench.signer.der, later(), issuers=[bench.ca.issuing.der])
            return pending.complete(bench.signer.sign(pending.to_sign))

        packet = make()
        packet = packet.stamped(bench.stamp(packet.to_timestamp)).evidenced(bench.evidence())
        data = packet.container()
        made = millis(lambda: make().container()) * 1000 / size
        held = millis(lambda one=data: batch.read(bench.check(one).files[batch.NAME])) * 1000 / size
        rows.append((size, f"{made:.1f}", f"{held:.1f}", f"{len(data) / size:.0f}"))
    return rows
