"""A test that runs the adapter contract (docs/adapters.md §8) against the live system, and the samples to fill in.

Promises: without samples the test says so and is skipped; samples hold no data until somebody writes a test person's
into them; `lienthong adapter check` reads the same file. Leaves out asking: nothing is sent while files are written.
"""

from __future__ import annotations

from bus.kit.new.plan import Plan
from bus.kit.new.toml_text import value

SAMPLES = "samples.toml"

_TEST = '''"""The adapter contract, run against the live system: `pytest {file}` (docs/adapters.md §8, docs/kit.md)."""

import asyncio
import tomllib
import unittest
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.kinds import build
from adapters.port import Officer, Query
from adapters.testing import AdapterContract

HERE = Path(__file__).parent
SETTINGS = HERE.parent / "adapter" / {settings}
SECRETS = HERE.parent / "secrets"
SAMPLES = tomllib.loads((HERE / "samples.toml").read_text(encoding="utf-8"))


def queries(kind):
    """The samples of a kind that are filled in: each question with what its answer must hold."""
    asker = SAMPLES.get("asker", {{}})
    more = {{key: asker[key] for key in ("procedure", "purpose", "dossier", "consumer") if key in asker}}
    officer = Officer(**asker["officer"]) if "officer" in asker else None
    for one in SAMPLES.get(kind, []):
        if "" not in one["body"].values():
            query = Query(one["operation"], one["body"], officer=officer, request_id="contract-test", **more)
            yield query, one.get("answer", {{}})


class {name}(AdapterContract):
    """Each test is one sentence of the contract; answers are held against the first ones."""

    nobody = next((query for query, _ in queries("nobody")), None)

    @classmethod
    def setup_class(cls):
        """Ask each known sample once: what it answers must hold what the sample says, and stay the same."""
        known = list(queries("known"))
        if not known:
            raise unittest.SkipTest("samples.toml names no test person yet")
        cls.found = asyncio.run(cls().first(known))

    async def first(self, known):
        """Every known question with its answer."""
        async with self.opened() as adapter:
            bodies = [(await adapter.ask(query)).body for query, _ in known]
        for (_, wanted), body in zip(known, bodies, strict=True):
            assert wanted.items() <= body.items(), "an answer lacks what samples.toml says"
        return {{str(at): (known[at][0], body) for at, body in enumerate(bodies)}}

    @asynccontextmanager
    async def opened(self):
        table = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))
        adapter = build({kind}, table, lambda name: (SECRETS / name).read_text(), folder=SETTINGS.parent)
        await adapter.start()
        try:
            yield adapter
        finally:
            await adapter.close()
'''


def file_name(plan: Plan) -> str:
    """The test's file."""
    return f"test_{plan.service.file_name.replace('-', '_')}.py"


def contract_test(plan: Plan) -> str:
    """The test."""
    return _TEST.format(
        file=f"tests/{file_name(plan)}",
        settings=value(f"{plan.service.file_name}.toml"),
        kind=value(plan.described.kind),
        name="Test" + "".join(part.capitalize() for part in plan.service.short.split("-")),
    )


def samples_toml(plan: Plan) -> str:
    """The samples, blank: for each operation that works somebody known, somebody whom nobody knows, half a question."""
    rows = [
        "# Test persons of the system's own, never citizens. A sample with a blank value is passed over by pytest;",
        "# take it out, or fill it in, for `lienthong adapter check`.",
        "",
        "[asker]",
        'officer = { id = "TEST", unit = "TEST" }',
        'procedure = "TEST"',
    ]
    for chosen in plan.working:
        blank = {one.name: "" for one in chosen.question if one.state == "term"}
        for kind, body in (("known", blank), ("nobody", blank), ("malformed", {})):
            rows += ["", f"[[{kind}]]", f"operation = {value(chosen.operation.name)}", f"body = {value(body)}"]
    return "\n".join(rows) + "\n"
