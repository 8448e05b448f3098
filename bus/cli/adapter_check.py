"""`lienthong adapter check`: the contract against one live system, judged by the versioned checklist."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from bus import logs
from bus.cli.kit_options import (
    FileOption,
    KindOption,
    Named,
    NodeOption,
    PluginOption,
    RegistryOption,
    SecretOption,
    ServiceOption,
    chosen,
    registry_of,
)
from bus.cli.options import Language, Tongue
from bus.cli.output import Json, emit, progress, table
from bus.kit.check import report, samples
from bus.kit.check.checklist import GROUPS, NEWEST, load
from bus.kit.check.gathering import gather
from bus.kit.check.judging import Result, judge
from bus.kit.check.report import About
from bus.kit.check.target import Target
from bus.kit.check.verdicts import NAMES, Verdict
from bus.version import version
from config.parts import LogFormat, LogLevel, LogSettings
from registry.snapshot import Snapshot

MET: Final = 0
UNMET: Final = 1
UNTOLD: Final = 2
"""As with `lienthong-check`: yes, no, cannot tell (docs/operators.md)."""
_CODES: Final = {Verdict.MET: MET, Verdict.UNMET: UNMET}


def command(  # noqa: PLR0913 - one option each
    *,
    samples_file: Annotated[Path, typer.Option("--samples", help="TOML or JSON file with the sample questions.")],
    node: NodeOption = None,
    service: ServiceOption = None,
    kind: KindOption = None,
    file: FileOption = None,
    secret: SecretOption = None,
    plugin: PluginOption = None,
    registry: RegistryOption = None,
    calls: Annotated[int, typer.Option(min=0, max=10_000, help="Measured calls, one after the other.")] = 20,
    budget: Annotated[float | None, typer.Option(help="Milliseconds that p95 may take, instead of the list's.")] = None,
    report_file: Annotated[Path | None, typer.Option("--report", help="Write one HTML page.")] = None,
    language: Language = Tongue.VI,
    as_json: Json = False,
) -> None:
    """Check one adapter against its live system: exit code 0 all met, 1 something unmet, 2 something not judged."""
    logs.configure(LogSettings(format=LogFormat.CONSOLE, level=LogLevel.WARNING))  # heard, and judged, too
    target = chosen(Named(node, service, kind, file, secret, plugin))
    questions = samples.load(samples_file)
    result = _checked(target, questions, registry_of(registry, target.node), calls, budget)
    about = _about(target)
    if report_file is not None:
        report_file.write_text(report.page(result, about, language.value), encoding="utf-8")
    _show(result, about, language, as_json=as_json)
    raise typer.Exit(_CODES.get(result.verdict, UNTOLD))


def _checked(
    target: Target, questions: samples.Samples, snapshot: Snapshot | None, calls: int, budget: float | None
) -> Result:
    with progress() as shown:
        task = shown.add_task("", total=None)
        facts = asyncio.run(
            gather(target, questions, snapshot, calls, lambda what: shown.update(task, description=what))
        )
    return judge(load(NEWEST), facts, budget)


def _about(target: Target) -> About:
    endpoint = target.endpoint
    system = f"{endpoint.speaks}://{endpoint.host}:{endpoint.port}" if endpoint else str(target.table.get("file", "-"))
    made = datetime.now(UTC).isoformat(timespec="seconds")
    return About(target.place, target.kind, target.service or "", system, made, version())


def _show(result: Result, about: About, language: Tongue, *, as_json: bool) -> None:
    tongue = language.value
    rows = [
        (
            line.row.number,
            getattr(GROUPS[line.row.group], tongue),
            getattr(NAMES[line.judged.verdict], tongue),
            getattr(line.row, tongue),
            getattr(line.judged.said, tongue),
        )
        for line in result.lines
    ]
    heads = {"vi": ("dòng", "nhóm", "kết quả", "điều phải có", "vì sao"), "en": ("row", "group", "", "what", "why")}
    counts = ", ".join(f"{getattr(NAMES[verdict], tongue)}: {result.count(verdict)}" for verdict in Verdict)
    shown = table(f"{getattr(result.checklist.title, tongue)}: {about.adapter}", heads[tongue], rows)
    emit(report.as_data(result, about), shown, counts, as_json=as_json)
