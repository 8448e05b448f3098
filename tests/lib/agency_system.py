"""An agency's own software before its node, and the sample's people to ask about.

Promises: whatever it sends and receives is checked against the node's own OpenAPI description: an answer that is not as
described fails the test, and so does a request that the node reads otherwise than the description says.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from io import BytesIO
from typing import Any, NamedTuple

import aiohttp
import orjson
from jsonschema_rs import Draft202012Validator

from bus.http.openapi import document
from bus.sample.personas import OFFICER, PERSONAS
from bus.sample.procedures import CASES

PERSON = "a100001/population/person"
CASE = {case.key: case for case in CASES}


class Said(NamedTuple):
    """What a node answered."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def number(self) -> int | None:
        """The problem's number."""
        return self.body.get("number") if isinstance(self.body, dict) else None


class AgencySystem:
    """An agency's own software before its node."""

    def __init__(self, node: str, key: str | None, tls: ssl.SSLContext | None = None) -> None:
        self.node = node
        self.key = key
        self._tls = tls

    async def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        raw: bytes | BytesIO | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Said:
        """One request; what goes and what comes fits the OpenAPI description, or the test fails here."""
        data = raw if raw is not None else None if body is None else orjson.dumps(body)
        sent = {"Content-Type": "application/json"} if data is not None else {}
        sent |= {"X-Api-Key": self.key} if self.key else {}
        sent |= headers or {}
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, self.node + path, data=data, headers=sent, ssl=self._tls or True) as answer,
        ):
            got = await answer.read()
            said = Said(answer.status, answer.headers, orjson.loads(got) if got else None)
        DESCRIBED.check(method, path, data if isinstance(data, bytes) else None, said)
        return said

    async def ask(self, operation: str = "confirm", *, of: str = "mother", **changed: object) -> Said:
        """One question to the population database; of whom, and what differs from a good question."""
        return await self.send("POST", f"/ask/{PERSON}/{operation}", question(of, **changed))

    async def open(self, key: str = "birth", **changed: object) -> Said:
        """One of the sample's dossiers."""
        return await self.send("POST", "/dossiers", opening(key, **changed))


def question(of: str = "mother", **changed: object) -> dict[str, Any]:
    """A good question about somebody of the sample, for an open dossier that is still to be named."""
    who = PERSONAS[of]
    plain: dict[str, Any] = {
        "purpose": "dossier",
        "procedure": "3.000722",
        "body": {"citizen_number": who.number, "full_name": who.name, "birth": who.birth},
        "officer": {"id": OFFICER[0], "unit": OFFICER[1]},
        "subjects": [{"scheme": "citizen", "id": who.number, "role": of, "assurance": "high"}],
    }
    return plain | changed


def opening(key: str = "birth", **changed: object) -> dict[str, Any]:
    """What a counter sends to open one of the sample's dossiers."""
    case = CASE[key]
    plain: dict[str, Any] = {
        "form": case.form,
        "parties": [party(role, who) for role, who in case.parties.items()],
        "officer": {"id": OFFICER[0], "unit": OFFICER[1]},
    }
    return plain | changed


def party(role: str, key: str) -> dict[str, str]:
    """Somebody of the sample as the counter names them."""
    who = PERSONAS[key]
    named = {"role": role, "scheme": "citizen", "id": who.number, "name": who.name, "birth": who.birth}
    return named | {"assurance": "high"}


class Described:
    """The OpenAPI description as a judge of real traffic."""

    def __init__(self) -> None:
        self._document: dict[str, Any] = orjson.loads(orjson.dumps(document()))
        self._judges: dict[str, Draft202012Validator] = {}
        self.seen: set[tuple[str, str, int]] = set()
        """Operation, media type and status of every answer judged."""

    def check(self, method: str, path: str, data: bytes | None, said: Said) -> None:
        found = self._operation(method, path)
        if found is None or said.body is None:
            return
        name, operation = found
        status = str(said.status)
        answer = operation["responses"].get(status) or operation["responses"]["default"]
        media_type = said.headers["Content-Type"].partition(";")[0]
        assert media_type in answer["content"], f"{name} answers {status} as {media_type}"
        self._must_fit(answer["content"][media_type]["schema"], said.body)
        self._request(operation, data, said)
        self.seen.add((name, media_type, said.status))

    def _request(self, operation: Mapping[str, Any], data: bytes | None, said: Said) -> None:
        """804 is the answer to a request that the description refuses, and to no other."""
        described = operation.get("requestBody")
        if described is None or data is None or said.number in {801, 802, 803, 118, 304}:
            return
        try:
            value = orjson.loads(data)
        except orjson.JSONDecodeError:
            assert said.number == 804
            return
        schema = described["content"]["application/json"]["schema"]
        fits = self._judge(schema).is_valid(value)
        assert fits == (said.number != 804), f"the description says {fits}, the node {said.number} {said.body}"

    def _operation(self, method: str, path: str) -> tuple[str, Mapping[str, Any]] | None:
        for template, operations in self._document["paths"].items():
            if re.fullmatch(re.sub(r"\{[a-z]+\}", "[^/]+", template), path):
                operation = operations.get(method.lower())
                return (operation["operationId"], operation) if operation else None
        return None

    def _must_fit(self, schema: Mapping[str, Any], value: object) -> None:
        errors = [f"{error.instance_path}: {error.message}" for error in self._judge(schema).iter_errors(value)]
        assert not errors, errors

    def _judge(self, schema: Mapping[str, Any]) -> Draft202012Validator:
        name = schema["$ref"]
        if name not in self._judges:
            self._judges[name] = Draft202012Validator({**schema, "components": self._document["components"]})
        return self._judges[name]


DESCRIBED = Described()
