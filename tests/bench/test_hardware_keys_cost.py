"""A key in a token against one in a file: time per signature, signatures a second from many threads. Printed only."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from softhsm_kit import NOW, needs_softhsm, softhsm

from bus.keystore import open_key
from config.secrets import write_secret
from signing.keys import Signer

pytestmark = needs_softhsm
DATA = bytes(200)


def alone(signer: Signer, times: int) -> float:
    """Microseconds of wall time per signature, the best of three rounds."""
    return min(timed(lambda: [signer.sign(DATA) for _ in range(times)]) for _ in range(3)) / times * 1e6


def together(signer: Signer, threads: int, times: int) -> float:
    """Signatures a second."""
    with ThreadPoolExecutor(threads) as pool:
        return times / timed(lambda: list(pool.map(lambda _: signer.sign(DATA), range(times))))


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def test_hardware_keys_cost(tmp_path: Path):
    with softhsm(tmp_path / "hsm") as hsm:
        issued = hsm.pki.seal("a100001", NOW)
        write_secret(tmp_path / "key", issued.key)
        (tmp_path / "certificate").write_bytes(issued.certificate)
        file = open_key(f"file:{tmp_path}/key?certificate={tmp_path}/certificate")
        token, wide = open_key(hsm.certified()), open_key(hsm.certified("wide", bits=3072))
        rows = [
            ("file, P-256, us each", alone(file, 1000)),
            ("token, P-256, us each", alone(token, 1000)),
            ("token, RSA-3072, us each", alone(wide, 100)),
            *((f"token, P-256, {threads} threads, a second", together(token, threads, 2000)) for threads in (1, 8, 64)),
        ]
    sys.stdout.write("\nkeys in SoftHSM2\n" + "".join(f"  {name:<40} {figure:>10,.0f}\n" for name, figure in rows))
