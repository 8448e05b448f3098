"""A ledger in a process of its own, to be killed: `python ledger_process.py FOLDER [FILE_SIZE_LIMIT]`.

It prints one line when it takes connections, and one with the reason when it stops itself. With `--again FOLDER URL` it
serves nothing itself: it forks one ledger process after another from its own warm memory, so that hundreds of deaths
cost little: `start` on its input gives `ready`, `kill` (SIGKILL, and waited for) gives `dead`.
"""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys
from pathlib import Path

from bus.ledger.port import LedgerError
from bus.ledger.process import LedgerFiles, serve
from bus.storage.port import StoreError

ORIGIN = "ledger.test/process"


def files_in(folder: Path, url: str = "") -> LedgerFiles:
    return LedgerFiles(
        origin=ORIGIN,
        store_url=url or f"sqlite:///{folder}/ledger.db",
        guard_file=folder / "guard.json",
        note_key_file=folder / "note.key",
        vault_key_file=folder / "vault.key",
    )


def again(folder: Path, url: str) -> None:
    """One ledger process at a time, as told on standard input."""
    child = 0
    for word in sys.stdin:
        if word.strip() == "start":
            child = os.fork()
            if not child:
                serve_in(folder, url)
        else:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            say("dead")


def main() -> None:
    if sys.argv[1] == "--again":
        again(Path(sys.argv[2]), sys.argv[3])
        return
    folder = Path(sys.argv[1])
    if len(sys.argv) > 2:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
    serve_in(folder)


def serve_in(folder: Path, url: str = "") -> None:
    """Serve until it is killed or stops itself."""
    try:
        asyncio.run(serve(files_in(folder, url), folder / "s", ready=lambda: say("ready"), cadence_s=0.05))
    except (LedgerError, StoreError) as error:
        say(type(error).__name__)
        sys.exit(3)


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
