"""An adapter to check: its file and its samples in a folder, its system on loopback, plain or with TLS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import peer_systems as people
from aiohttp import web
from processes import COMMAND, ENV, Ended

from bus import net
from bus.kit.check.checklist import Group
from bus.kit.check.checklist import load as load_list
from bus.kit.check.gathering import gather
from bus.kit.check.judging import Result, judge
from bus.kit.check.report import About
from bus.kit.check.samples import load as load_samples
from bus.kit.check.target import Target, of_file
from bus.kit.check.verdicts import Verdict
from signing.devpki import DevPki

REST = """\
base_url = "{url}"
max_concurrency = 4
timeout_s = 5.0
{more}

[faults]
"005" = "not-permitted"
"-3" = "no-match"

[operations.person]
path = "/persons/{{number}}"
require = ["officer.id", "officer.unit"]
question = [
    {{ to = "path.number", from = "body.number", required = true }},
    {{ to = "header.X-Officer", from = "officer.id" }},
]
outcome = {{ code = "error_code", ok = ["0", "00"] }}

[operations.person.answer]
records = "data!"
same = {{ so = "body.number" }}
fields = [
    {{ to = "number", from = "so", required = true }},
    {{ to = "name", from = "hoTen", parts = ["ho", "dem", "ten"] }},
    {{ to = "birth", from = "ngaySinh", as = "partial-date", forms = ["dd/MM/yyyy", "yyyy"] }},
]
"""

SAMPLES = f"""\
[asker]
procedure = "1.001193"
officer = {{ id = "CB-0042", unit = "000.00.12.H26" }}

[[known]]
name = "a day of birth"
operation = "person"
body = {{ number = "{people.AN["id"]}" }}
answer = {{ birth = "1999-12-31" }}

[[known]]
operation = "person"
body = {{ number = "{people.BINH["id"]}" }}

[[nobody]]
operation = "person"
body = {{ number = "{people.NOBODY}" }}

[[malformed]]
operation = "person"
body = {{}}

[[refused]]
operation = "person"
body = {{ number = "{people.FORBIDDEN}" }}
reason = "not-permitted"
code = "005"
"""


@dataclass
class Files:
    """What an integrator has: the adapter's file and the samples."""

    folder: Path

    @property
    def adapter(self) -> Path:
        """The adapter's file."""
        return self.folder / "adapter.toml"

    @property
    def samples(self) -> Path:
        """The sample questions."""
        return self.folder / "samples.toml"

    @property
    def named(self) -> tuple[str, ...]:
        """As options of a command."""
        return ("--kind", "rest", "--file", str(self.adapter), "--samples", str(self.samples))

    def write(self, url: str, more: str = "") -> Files:
        """The adapter of `peer_systems.rest_app`, and samples for it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.adapter.write_text(REST.format(url=url, more=more), encoding="utf-8")
        self.samples.write_text(SAMPLES, encoding="utf-8")
        return self


@asynccontextmanager
async def serving_tls(app: web.Application, folder: Path, days: int = 60) -> AsyncIterator[tuple[str, Path]]:
    """Run an app with a certificate for `localhost`; gives its base URL and the file of whom to trust."""
    now = datetime.now(UTC)
    pki = DevPki.create(now)
    issued = pki.link_server(["localhost"], now, days=days)
    certificate, key, ca = (folder / name for name in ("server.pem", "server.key.pem", "ca.pem"))
    for path, data in ((certificate, issued.chain), (key, issued.key), (ca, pki.root)):
        path.write_bytes(data)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=net.face_context(certificate, key)).start()
    try:
        yield f"https://localhost:{runner.addresses[0][1]}", ca
    finally:
        await runner.cleanup()


async def run(*arguments: str) -> Ended:
    """`lienthong` with these arguments, while this loop goes on serving."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=ENV,
    )
    out, err = await process.communicate()
    return Ended(process.returncode or 0, out, err.decode())


CALLS = 10
ABOUT = About("adapter.toml", "rest", "", "https://localhost", "2026-11-22T00:00:00+00:00", "0")


async def checked(files: Files) -> Result:
    """The whole check of a REST adapter, in this process."""
    return await checked_target(of_file("rest", files.adapter, {}, None), files)


async def checked_target(target: Target, files: Files) -> Result:
    """The same of any adapter."""
    facts = await gather(target, load_samples(files.samples), None, CALLS, lambda _what: None)
    return judge(load_list(), facts)


def rows(result: Result, verdict: Verdict) -> dict[str, str]:
    """The rows that stand so, and why, in English; without those of latency, which a busy machine decides."""
    lines = [line for line in result.lines if line.row.group is not Group.LATENCY]
    return {line.row.number: line.judged.said.en for line in lines if line.judged.verdict is verdict}
