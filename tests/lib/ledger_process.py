"""A ledger in a process of its own, to be killed: `python ledger_process.py FOLDER [FILE_SIZE_LIMIT]`.

It prints one line when it takes connections, and one with the reason when it stops itself.
"""

from __future__ import annotations

import asyncio
import resource
import signal
import sys
from pathlib import Path

from bus.ledger.port import LedgerError
from bus.ledger.process import LedgerFiles, serve
from bus.storage.port import StoreError

ORIGIN = "ledger.test/process"


def files_in(folder: Path) -> LedgerFiles:
    return LedgerFiles(
        origin=ORIGIN,
        store_url=f"sqlite:///{folder}/ledger.db",
        guard_file=folder / "guard.json",
        note_key_file=folder / "note.key",
        vault_key_file=folder / "vault.key",
    )


def main() -> None:
    folder = Path(sys.argv[1])
    if len(sys.argv) > 2:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
    try:
        asyncio.run(serve(files_in(folder), folder / "s", ready=lambda: say("ready"), cadence_s=0.05))
    except (LedgerError, StoreError) as error:
        say(type(error).__name__)
        sys.exit(3)


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
