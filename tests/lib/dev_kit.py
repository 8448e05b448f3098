"""A workbench over the small REST system of the adapters' tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from check_kit import Files

from bus.kit.check.target import of_file
from bus.kit.dev.workbench import Sources, Workbench
from registry.snapshot import Snapshot


@asynccontextmanager
async def workbench(
    files: Files,
    *,
    secrets: dict[str, Path] | None = None,
    registry: Snapshot | None = None,
    service: str | None = None,
) -> AsyncIterator[Workbench]:
    """A workbench over these files, loaded and asked once; closed on leaving."""
    target = partial(of_file, "rest", files.adapter, secrets or {}, service)
    sources = Sources(files.adapter.name, target, files.samples, lambda: registry, (files.adapter, files.samples))
    bench = Workbench(sources)
    try:
        if await bench.reload():
            await bench.ask_all()
        yield bench
    finally:
        await bench.close()


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text in a file, which must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
