"""Processor time of sealing a day's evidence in a node's archive, per message kept. Figures are printed alone."""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from datetime import UTC, date, datetime
from pathlib import Path

from bench_table import show
from seal_kit import NOW_MS, signer

from bus.batches import Sealing
from bus.node import seals
from bus.node.archive import SqlArchive, create_archive
from schemas.sealed import pack
from signing.jws import seal

KEY = b"k" * 32
MESSAGES = int(os.environ.get("LIENTHONG_BENCH_SEALED", "2000"))


async def kept(folder: Path) -> date:
    """An archive of questions of one day, each sealed alone, of 1 KiB with a body of 4 KiB."""
    create_archive(folder)
    archive = await SqlArchive.open(folder, KEY, lambda: NOW_MS)
    one = signer()
    for number in range(MESSAGES):
        envelope = b'{"n":%d,"pad":"%s"}' % (number, b"x" * 1000)
        packed = pack(seal([envelope], one, instance="VN-test", now_ms=NOW_MS)[0])
        await archive.keep(str(uuid.UUID(int=number)), "question", packed, (os.urandom(4096),))
    await archive.close()
    return datetime.fromtimestamp(NOW_MS / 1000, UTC).date()


def test_sealed_days_cost(tmp_path: Path):
    day = asyncio.run(kept(tmp_path / "archive"))
    start = time.process_time_ns()
    digests = seals.digests_of(tmp_path / "archive", KEY, day)
    read = time.process_time_ns()
    made = seals.sealed_days(tmp_path / "archive").seal(day, digests, Sealing(signer))
    sealed = time.process_time_ns()
    size = sum(path.stat().st_size for path in made)
    rows = [
        ("open the boxes, take digests, µs a message", f"{(read - start) / MESSAGES / 1000:.1f}"),
        ("sign, judge twice, write (level B), µs a message", f"{(sealed - read) / MESSAGES / 1000:.1f}"),
        ("containers", len(made)),
        ("bytes a message", f"{size / MESSAGES:.0f}"),
    ]
    show(f"A day of {MESSAGES} messages, sealed", ("what", "figure"), rows)
    assert len(digests) == MESSAGES
