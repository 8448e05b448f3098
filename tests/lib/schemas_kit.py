"""A registry of schemas that listens on a thread of its own, with keys for an owner, a reader and nobody."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx2
import orjson
from confluent_kafka.schema_registry import SchemaRegistryClient
from wires import Ground

from bus.app.schemas import Schemas, SchemasParts
from bus.clock import SteadyClock
from bus.registration.pool import Limits
from config.registrants import EVERYTHING, Grant, Right, new_registrant

TINY = "tiny_formats:format_of"
REAL = "registry.evolution.formats:format_of"
OPERATOR = "a100000"
RIGHTS = {
    "admin": (OPERATOR, [Grant(subjects=":*:", may=EVERYTHING)]),
    "writer": ("a100001", [Grant(subjects="own-", may=(Right.READ, Right.CHECK, Right.WRITE))]),
    "reader": ("a100002", [Grant(subjects="own-", may=(Right.READ,))]),
    "nobody": ("a100003", []),
}


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def code(self) -> int:
        return int(self.body["error_code"])


class Standing:
    """A registry that runs, and callers of it."""

    def __init__(self, folder: Path, *, formats: str = TINY, store: str | None = None, **parts: object) -> None:
        self.ground = Ground()
        self.file = folder / "registrants.toml"
        now = datetime.now(UTC)
        self.secrets = {
            name: new_registrant(self.file, name=name, agency=agency, rights=rights, days=30, now=now)[0]
            for name, (agency, rights) in RIGHTS.items()
        }
        given = {"clock": SteadyClock(), "operator": OPERATOR, "limits": Limits(processes=1, job_seconds=5.0)} | parts
        self.parts = SchemasParts(
            store_url=store or f"sqlite:///{folder / 'schemas.sqlite3'}",
            registrants=self.file,
            listen="127.0.0.1:0",
            formats=formats,
            **given,
        )
        self.schemas: Schemas = self.ground.run(Schemas.start(self.parts))
        self.client = httpx2.Client(base_url=self.url, timeout=60.0)

    @property
    def url(self) -> str:
        return self.schemas.address

    def conf(self, who: str = "admin", **more: object) -> dict[str, Any]:
        """What the stock Python client is told."""
        return {"url": self.url, "basic.auth.user.info": f"{who}:{self.secrets[who]}", **more}

    @contextmanager
    def stock(self, who: str = "admin", **more: object) -> Iterator[SchemaRegistryClient]:
        """The stock Python client."""
        client = SchemaRegistryClient(self.conf(who, **more))
        try:
            yield client
        finally:
            client.close()

    def basic(self, who: str) -> dict[str, str]:
        token = base64.b64encode(f"{who}:{self.secrets[who]}".encode()).decode()
        return {"Authorization": f"Basic {token}"}

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        who: str | None = "admin",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request; a body that is no bytes goes as JSON."""
        sent = dict(headers or {}) | (self.basic(who) if who else {})
        data = body if isinstance(body, bytes | None) else orjson.dumps(body)
        if data is not None:
            sent.setdefault("Content-Type", "application/vnd.schemaregistry.v1+json")
        got = self.client.request(method, path, content=data, headers=sent)
        return Answer(got.status_code, orjson.loads(got.content) if got.content else None, got.headers)

    def put(self, subject: str, schema: object, *, who: str = "admin", query: str = "", **more: object) -> Answer:
        """Register a schema."""
        text = schema if isinstance(schema, str) else orjson.dumps(schema).decode()
        body = {"schema": text, "schemaType": "JSON", **more}
        return self.ask("POST", f"/subjects/{quote(subject, safe='')}/versions{query}", body, who=who)

    def restart(self) -> None:
        """Close it, and start again on what was kept."""
        self.client.close()
        self.ground.run(self.schemas.close())
        self.schemas = self.ground.run(Schemas.start(self.parts))
        self.client = httpx2.Client(base_url=self.url, timeout=60.0)

    def close(self) -> None:
        self.client.close()
        self.ground.run(self.schemas.close())
        self.ground.close()


def requiring(*names: str, **more: object) -> dict[str, Any]:
    """A schema of an object that has these members."""
    return {"type": "object", "required": list(names), **more}
