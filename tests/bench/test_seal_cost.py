"""Processor time of sealing and checking, per envelope of 1 KiB. Figures are printed, nothing is asserted by time."""

import sys
import time
from collections.abc import Callable

from seal_kit import INSTANCE, NOW_MS, certificate, registered, signer

from signing import jws, keys, sealtext

ENVELOPES = [i.to_bytes(4, "big") * 256 for i in range(64)]
ROUNDS, TIMES = 7, 60


def micros(work: Callable[[], object], per: int = 1, times: int = TIMES) -> float:
    """The best of some rounds, in microseconds of this process' own processor time."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time_ns()
        for _ in range(times):
            work()
        best = min(best, (time.process_time_ns() - start) / times / per / 1000)
    return best


def check_all(sealed: tuple[jws.Sealed, ...], checker: jws.Checker | None = None) -> None:
    judge = checker or jws.Checker(registered(), instance=INSTANCE)
    for one in sealed:
        judge.check(one, NOW_MS).must_pass()


def test_seal_cost():
    one = jws.seal(ENVELOPES[:1], signer(), instance=INSTANCE, now_ms=NOW_MS)
    batch = jws.seal(ENVELOPES, signer(), instance=INSTANCE, now_ms=NOW_MS)
    signed, _, text = one[0].seal.rpartition(b".")
    raw = sealtext.parts(signed + b"." + text)[2]
    warm = jws.Checker(registered(), instance=INSTANCE)
    public = certificate().public_key
    rows = [
        ("P-256 verification alone", micros(lambda: keys.verify(public, keys.Algorithm.ES256, raw, signed))),
        ("check, batch of one", micros(lambda: check_all(one))),
        ("check, batch of 64", micros(lambda: check_all(batch), 64, 5)),
        ("check again, seal remembered", micros(lambda: check_all(one, warm))),
        ("seal, batch of one", micros(lambda: jws.seal(ENVELOPES[:1], signer(), instance=INSTANCE, now_ms=NOW_MS))),
        ("seal, batch of 64", micros(lambda: jws.seal(ENVELOPES, signer(), instance=INSTANCE, now_ms=NOW_MS), 64, 5)),
    ]
    sys.stdout.write("\nseals                              us per envelope\n")
    sys.stdout.write("".join(f"  {name:<32} {figure:>8.1f}\n" for name, figure in rows))
