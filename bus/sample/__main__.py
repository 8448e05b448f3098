"""The sample nation's command line: build its data, serve one of its systems, list the people the demo names."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Final, cast

from bus.lifeline import end_with
from bus.sample import manual
from bus.sample.serve import PORTS, Kind, serve
from bus.sample.store import StoreError, build

_EXIT_NO_DATA: Final = 3
_EVERY: Final = 100_000


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 done, 2 wrong usage, 3 no usable data or no such port."""
    asked = _parser().parse_args(arguments)
    try:
        return int(asked.run(asked))
    except (StoreError, ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return _EXIT_NO_DATA


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -P -m bus.sample", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    making = commands.add_parser("build", help="make the population and the five agencies' files")
    making.add_argument("--data", type=Path, required=True, metavar="DIR")
    making.add_argument("--size", type=int, default=10_000, metavar="PEOPLE", help="up to 2000000 (default 10000)")
    making.add_argument("--seed", type=int, default=7, help="the same seed gives the same nation (default 7)")
    making.set_defaults(run=_build)
    serving = commands.add_parser("serve", help="serve one system until stopped")
    serving.add_argument("kind", choices=sorted(PORTS), metavar="KIND", help=", ".join(sorted(PORTS)))
    serving.add_argument("--data", type=Path, required=True, metavar="DIR")
    serving.add_argument("--port", type=int, metavar="N", help="0 takes any free one; default per kind")
    serving.add_argument("--host", default="127.0.0.1")
    serving.add_argument("--delay-ms", type=int, default=0, metavar="MS", help="answer as slowly as this")
    serving.add_argument("--parent", type=int, default=0, help=argparse.SUPPRESS)
    serving.set_defaults(run=_serve)
    commands.add_parser("people", help="list the people the demo names").set_defaults(run=_people)
    commands.add_parser("outcomes", help="what each named dossier comes to").set_defaults(run=_outcomes)
    return parser


def _build(asked: argparse.Namespace) -> int:
    began, done, told = time.monotonic(), 0, 0

    def progress(people: int) -> None:
        nonlocal done, told
        done += people
        if done - told >= _EVERY:
            told = done
            sys.stderr.write(f"{done} of {asked.size} people\n")

    manifest = build(asked.data, asked.size, asked.seed, progress)
    sys.stdout.write(f"{manifest.size} people in {asked.data}, {time.monotonic() - began:.1f} s\n")
    return 0


def _serve(asked: argparse.Namespace) -> int:
    if asked.parent:
        end_with(asked.parent)
    kind = cast("Kind", asked.kind)
    port = PORTS[kind] if asked.port is None else asked.port

    def ready(taken: int) -> None:
        sys.stdout.write(json.dumps({"kind": kind, "url": f"http://{asked.host}:{taken}"}) + "\n")
        sys.stdout.flush()

    asyncio.run(serve(kind, asked.data, port, host=asked.host, delay_s=asked.delay_ms / 1000, ready=ready))
    return 0


def _people(_: argparse.Namespace) -> int:
    sys.stdout.writelines(f"{line}\n" for line in manual.people())
    return 0


def _outcomes(_: argparse.Namespace) -> int:
    sys.stdout.writelines(f"{line}\n" for line in manual.outcomes())
    return 0


if __name__ == "__main__":
    sys.exit(main())
