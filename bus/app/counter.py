"""A one-stop counter as its node sees it: plain HTTP with an API key, and the sample's people to open dossiers for.

Promises: nothing here is nearer to the bus than any agency's own software; a refusal is a value with its problem.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
import orjson

from bus.sample.personas import OFFICER, PERSONAS
from bus.sample.procedures import CASES, DEMO, REFUSED_FORM, Case
from schemas.text import Bilingual

TIMEOUT_S: Final = 60.0
Party = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Resolved:
    """What came of one dossier: the node's answer, or the problem with which it refused.

    Attributes:
        body: the node's JSON; a problem (RFC 9457) where `status` is not 201.
        took_ms: as the counter's own clock saw it.
    """

    title: Bilingual
    status: int
    body: Mapping[str, Any] = field(repr=False)
    took_ms: int

    @property
    def done(self) -> bool:
        """Whether the node resolved it."""
        return self.status == 201  # noqa: PLR2004 - HTTP's own number


class Counter:
    """One counter at one node."""

    def __init__(self, node: str, key: str, session: aiohttp.ClientSession) -> None:
        self._node = node.rstrip("/")
        self._key = key
        self._session = session

    async def resolve(
        self,
        form: str,
        parties: Iterable[Party],
        *,
        officer: tuple[str, str] = OFFICER,
        title: Bilingual | None = None,
        overrides: Mapping[str, str] | None = None,
    ) -> Resolved:
        """Open one dossier.

        Raises:
            aiohttp.ClientError: the node does not answer.
        """
        request = {
            "form": form,
            "parties": list(parties),
            "officer": {"id": officer[0], "unit": officer[1]},
            "overrides": [{"field": name, "reason": reason} for name, reason in (overrides or {}).items()],
        }
        began = time.perf_counter()
        async with self._session.post(
            f"{self._node}/dossiers",
            data=orjson.dumps(request),
            headers={"X-Api-Key": self._key, "Content-Type": "application/json"},
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
        ) as answer:
            body = orjson.loads(await answer.read())
            return Resolved(
                title or Bilingual(vi=form, en=form), answer.status, body, round((time.perf_counter() - began) * 1000)
            )

    async def sample(self, case: Case, form: str | None = None) -> Resolved:
        """Open one of the sample's dossiers."""
        parties = [_persona(role, key) for role, key in case.parties.items()]
        return await self.resolve(form or case.form, parties, title=case.title)


def case_of(key: str) -> Case:
    """A dossier of the sample by its key.

    Raises:
        KeyError: there is none.
    """
    return {case.key: case for case in CASES}[key]


async def demo(counter: Counter) -> tuple[list[Resolved], Resolved]:
    """Three procedures for named people, and one form that asks for what is held."""
    resolved = [await counter.sample(case_of(key)) for key in DEMO]
    refused = await counter.sample(case_of("marriage"), REFUSED_FORM)
    return resolved, refused


def _persona(role: str, key: str) -> Party:
    person = PERSONAS[key]
    return {
        "role": role,
        "scheme": "citizen",
        "id": person.number,
        "name": person.name,
        "birth": person.birth,
        "assurance": "high",
    }
