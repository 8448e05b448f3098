"""The registry of schemas as a process: ids per second and core, registrations, 7,000 schemas, validation.

Figures are printed, nothing is asserted by time. LIENTHONG_BENCH_SCHEMAS changes how many schemas are loaded.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from bench_table import median, percentile, show
from processes import COMMAND, Child
from wires import until

from bus.app.schemas_client import SchemasClient
from bus.registration.store import create_registration
from bus.registration.stored import Content
from bus.registration.writer import Actor, Change, Wanted, Writer
from config.registrants import EVERYTHING, Grant, new_registrant
from registry.evolution.port import FormatName
from registry.registered.names import Subject
from registry.subjects import compile_json

pytestmark = pytest.mark.timeout(1200)
MANY = int(os.environ.get("LIENTHONG_BENCH_SCHEMAS", "7000"))
TICKS = os.sysconf("SC_CLK_TCK")
FIELDS = 26


def schema(number: int = 0, fields: int = FIELDS) -> str:
    """A record of a citizen, each version with one more optional field."""
    text = {"type": "string", "maxLength": 80}
    members = {f"field{place}": dict(text, description=f"the field number {place}") for place in range(fields - 6)}
    members |= {
        "number": {"type": "string", "pattern": "^[0-9]{12}$"},
        "born": {"type": "string", "format": "date"},
        "sex": {"enum": ["1", "2", "3"]},
        "height": {"type": "integer", "minimum": 0, "maximum": 300},
        "address": {"type": "object", "properties": {"ward": text, "street": text}, "additionalProperties": False},
        "phones": {"type": "array", "items": text, "maxItems": 5},
    }
    members |= {f"later{place}": text for place in range(number)}
    whole = {"type": "object", "properties": members, "required": ["number", "born"], "additionalProperties": False}
    return orjson.dumps(whole).decode()


def record() -> dict[str, object]:
    """A good record of it."""
    return {
        **{f"field{place}": f"value {place} of some length" for place in range(FIELDS - 6)},
        "number": "097195001235",
        "born": "1995-02-03",
        "sex": "2",
        "height": 160,
        "address": {"ward": "Phường 1", "street": "Lê Lợi"},
        "phones": ["0901234567"],
    }


class Served:
    """A registry of schemas as a process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.child: Child | None = None
        rights = [Grant(subjects=":*:", may=EVERYTHING)]
        self.secret, _ = new_registrant(
            folder / "registrants.toml", name="bench", agency="a100000", rights=rights, days=1, now=datetime.now(UTC)
        )

    async def start(self) -> None:
        arguments = ("schemas", "serve", str(self.folder), "--listen", "127.0.0.1:0", "--processes", "1")
        self.child = child = Child.start(self.folder / "log", *COMMAND, *arguments)
        await until(lambda: "Registry of schemas at" in child.text, within_s=60)
        self.url = child.text.partition("Registry of schemas at ")[2].partition(";")[0]

    @property
    def pid(self) -> int:
        return self.child.process.pid if self.child is not None else 0

    def client(self) -> SchemasClient:
        return SchemasClient(self.url, self.secret)

    def cpu_s(self) -> float:
        """What the process itself has used."""
        stat = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / TICKS

    def resident_mib(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    running = Served(tmp_path)
    yield running
    if running.child is not None:
        running.child.stop()


async def test_ids_per_second_and_core(served: Served):
    await served.start()
    rows = []
    async with served.client() as client:
        await client.ask("POST", "subjects", "s", "versions", body={"schema": schema(), "schemaType": "JSON"})
        for connections in (1, 16):
            took: list[float] = []

            async def ask(times: int, took: list[float] = took) -> None:
                for _ in range(times):
                    began = time.perf_counter()
                    await client.ask("GET", "schemas", "ids", 1)
                    took.append(time.perf_counter() - began)

            before, began = served.cpu_s(), time.perf_counter()
            await asyncio.gather(*(ask(6000 // connections) for _ in range(connections)))
            wall, cpu = time.perf_counter() - began, served.cpu_s() - before
            took.sort()
            rows.append(
                (connections, len(took) / wall, len(took) / cpu, cpu / len(took) * 1e6, percentile(took, 0.5) * 1e3)
            )
    columns = ("connections", "per second", "per second of CPU", "CPU us", "p50 ms")
    show("GET /schemas/ids/{id}: the client shares the machine", columns, rows)


async def test_registering_as_version_thirty(served: Served):
    await served.start()
    rows = []
    async with served.client() as client:
        for level in ("BACKWARD", "BACKWARD_TRANSITIVE", "FULL_TRANSITIVE"):
            subject = f"s-{level}"
            await client.ask("PUT", "config", subject, body={"compatibility": level})
            took = []
            both = level.startswith("FULL")
            texts = [schema().replace("the field", f"the {one}th") if both else schema(one) for one in range(30)]
            for text in texts:
                body = {"schema": text, "schemaType": "JSON"}
                began = time.perf_counter()
                await client.ask("POST", "subjects", subject, "versions", body=body)
                took.append((time.perf_counter() - began) * 1e3)
            check = []
            for _ in range(50):
                body = {"schema": texts[-1], "schemaType": "JSON"}
                began = time.perf_counter()
                await client.ask("POST", "compatibility", "subjects", subject, "versions", "latest", body=body)
                check.append((time.perf_counter() - began) * 1e3)
            rows.append((level, took[1], took[9], took[19], took[29], median(check)))
    columns = ("level", "v2 ms", "v10 ms", "v20 ms", "v30 ms", "warm check ms")
    show(f"Registering a JSON Schema of {FIELDS} fields and more", columns, rows)


async def test_thousands_of_schemas(served: Served):
    create_registration(f"sqlite:///{served.folder / 'schemas.sqlite3'}")
    store = Writer(f"sqlite:///{served.folder / 'schemas.sqlite3'}")
    change = Change(Actor("bench", "a100000"), "register", 1)
    began = time.perf_counter()
    for number in range(MANY):
        subject, text = Subject(".", f"subject-{number:05}"), schema().replace("the field number", f"{number}")
        store.add(Wanted(subject, Content(FormatName.JSON, text, canonical=text)), store.seen(subject)[0], change)
    added = time.perf_counter() - began
    store.close()
    await served.start()
    async with served.client() as client:
        empty = served.resident_mib()
        began = time.perf_counter()
        assert len(await client.ask("GET", "subjects")) == MANY
        listed = time.perf_counter() - began
        for number in range(MANY):
            await client.ask("GET", "schemas", "ids", number + 1)
        full = served.resident_mib()
    row = (MANY, added / MANY * 1e3, listed * 1e3, empty, full)
    show("Schemas loaded", ("schemas", "ms to add one", "GET /subjects ms", "MiB at start", "MiB with all kept"), [row])


def test_validating_a_record():
    validator = compile_json(orjson.loads(schema()))
    value = record()
    data = orjson.dumps(value)
    rows = []
    for name, work in (
        ("parsed", lambda: validator.is_valid(value)),
        ("bytes", lambda: validator.is_valid(orjson.loads(data))),
    ):
        assert work()
        began = time.process_time()
        for _ in range(50_000):
            work()
        rows.append((name, 50_000 / (time.process_time() - began)))
    show(f"Validating a record of {FIELDS} fields, {len(data)} bytes, formats asserted", ("from", "per second"), rows)
