"""A system's description and what the integrator said → a folder with a working adapter.

Promises: before a byte is written, the adapter is built from what would be written (a WSDL's places are checked too),
and the registry's files are judged together with the folder that they would join; nothing is written over. Leaves out
talking to the integrator (`wizard`, `bus.cli.adapter_new`).
"""

from __future__ import annotations

import asyncio
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from adapters.kinds import build
from adapters.port import DeclarationError
from bus.kit.new.choices import Chooser, Chosen, Wish
from bus.kit.new.described import Described
from bus.kit.new.dictionary import Dictionary, Term
from bus.kit.new.plan import Plan, Service
from bus.kit.new.refused import SourceRefusedError
from bus.kit.new.terms import Suggester
from bus.kit.new.write_papers import NODE, REQUEST, STEPS, node_toml, request_text, steps_text
from bus.kit.new.write_registry import registry_files
from bus.kit.new.write_settings import settings_toml
from bus.kit.new.write_test import SAMPLES, contract_test, file_name, samples_toml
from registry.authored.compiling import check as check_folder
from registry.mistakes import Mistake


@dataclass(frozen=True, slots=True)
class Made:
    """What a run comes to.

    Attributes:
        files: path inside the folder → content.
        mistakes: what the registry's folder would not take, were these files in it; none where it is not at hand.
    """

    plan: Plan
    files: Mapping[str, bytes]
    mistakes: tuple[Mistake, ...]


def choose(
    described: Described, dictionary: Dictionary, suggester: Suggester, wish: Wish, wanted: Sequence[str] = ()
) -> tuple[tuple[Chosen, ...], Mapping[str, Term]]:
    """Settle the operations that are wanted, all otherwise; and the new terms that were wished for.

    Raises:
        SourceRefusedError: an operation, a field or a term that does not exist.
    """
    chooser = Chooser(dictionary, suggester, wish)
    names = {one.name for one in described.operations} | {one.own_name for one in described.operations}
    for name in wanted:
        if name not in names:
            raise SourceRefusedError("no-such-operation", name)
    picked = [one for one in described.operations if not wanted or one.name in wanted or one.own_name in wanted]
    if not picked:
        raise SourceRefusedError("no-operations", described.title)
    chosen = tuple(chooser.choose(one) for one in picked)
    for key in sorted({*wish.bind, *wish.forms, *wish.codes, *wish.keys} - chooser.used):
        raise SourceRefusedError("no-such-field", key)
    return chosen, chooser.new_terms


def plan_of(
    described: Described,
    dictionary: Dictionary,
    chosen: Sequence[Chosen],
    new_terms: Mapping[str, Term],
    service: Service,
    folder: Path,
    today: date,
) -> Plan:
    """The plan of a run: operations that can work, and those that wait for the integrator."""
    working = tuple(one for one in chosen if not one.missing)
    waiting = tuple(one for one in chosen if one.missing)
    return Plan(described, service, dictionary, working, waiting, new_terms, folder.absolute(), today)


def make(plan: Plan) -> Made:
    """Everything that would be written, judged.

    Raises:
        SourceRefusedError: the adapter would not be accepted.
    """
    # ① the adapter, and whether it can be built
    settings = settings_toml(plan)
    files = {f"adapter/{name}": data for name, data in plan.described.files.items()}
    files[f"adapter/{plan.service.file_name}.toml"] = settings.encode()
    if plan.working:
        asyncio.run(_try(plan, files))
    # ② what the registrar is asked for, and whether the folder takes it
    registry = {name: text.encode() for name, text in registry_files(plan).items()} if plan.working else {}
    authored = plan.dictionary.files
    mistakes = check_folder({**authored, **registry}) if plan.working and authored else ()
    files |= {f"registry/{name}": data for name, data in registry.items()}
    # ③ what people read and run
    if plan.working:
        files[NODE] = node_toml(plan).encode()
        files[REQUEST] = request_text(plan).encode()
        files[f"tests/{file_name(plan)}"] = contract_test(plan).encode()
        files[f"tests/{SAMPLES}"] = samples_toml(plan).encode()
    files[STEPS] = steps_text(plan).encode()
    return Made(plan, files, mistakes)


async def _try(plan: Plan, files: Mapping[str, bytes]) -> None:
    """Build and start the adapter from a folder of its own; nothing is asked of the system."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder, files)
        file = folder / "adapter" / f"{plan.service.file_name}.toml"
        try:
            table = tomllib.loads(file.read_text(encoding="utf-8"))
            adapter = build(plan.described.kind, table, lambda _name: "-", folder=file.parent, place=file.name)
            await adapter.start()
        except (DeclarationError, tomllib.TOMLDecodeError) as error:
            raise SourceRefusedError("not-accepted", str(error)) from None
        await adapter.close()


def write(made: Made) -> None:
    """Write the files into an empty or new folder.

    Raises:
        SourceRefusedError: the folder holds something already.
    """
    folder = made.plan.folder
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SourceRefusedError("folder-not-empty", str(folder))
    _write(folder, made.files)
    (folder / "secrets").mkdir(mode=0o700, exist_ok=True)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
