"""Processor time of signing and judging containers of one 1 KiB file, and of batches. Figures are printed alone."""

from __future__ import annotations

import time
from collections.abc import Callable
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
    bench = Bench(tmp_path)
    rows = []
    for kind in ("P-256", "P-384", "RSA"):
        signer = bench.ca.signer(kind)
        b = bench.b(signer, ONE)
        t = b.stamped(bench.stamp(b.to_timestamp))
        lt = t.evidenced(bench.evidence(signer), [bench.ca.root.der, *bench.tsa.anchors])
        lta = lt.stamped(bench.stamp(lt.to_timestamp))
        rows.append((f"{kind}: sign, B, packed", millis(lambda one=signer: bench.b(one, ONE).container())))
        for name, packet in (("B-LT", lt), ("B-LTA", lta)):
            data = packet.container()
            rows.append((f"{kind}: judge {name}, {len(data):,} bytes", millis(lambda one=data: judged(bench, one))))
    show("signed containers, one file of 1 KiB", ("", "ms"), [(name, f"{figure:.2f}") for name, figure in rows])
    show(
        "batches: one container B-LT over a list of digests",
        ("messages", "make us", "judge us", "bytes"),
        batches(bench),
    )


def judged(bench: Bench, data: bytes) -> None:
    bench.check(data, Demands(least=Level.LT)).verdict.must_pass()


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
