"""The auditors' face: records with proofs, exports, reports. Every request is itself a record before it is answered.

Promises: nothing without an auditor's key; every refusal is a problem with number, rule and place. The same filters go
as a query string (GET) or, where a person is named and addresses end up in logs, as JSON (POST).
Leaves out: pages for people (the console), citizens' own view.
"""

from __future__ import annotations

import csv
import io
from typing import Final

import msgspec
from aiohttp import web

from bus.audit import reports
from bus.audit.inquiry import Inquiries, encoded
from bus.audit.query import Asked, asked_of
from bus.audit.rows import Row
from bus.audit.scope import Auditors
from bus.http.audit_openapi import document
from bus.http.edge import edge, json_answer
from config.auditors import Auditor, Role
from schemas.problems import Code, FaultAt, problem
from schemas.record import LeafType
from schemas.text import moment
from signing.page import Page

TOTAL: Final = "X-Total-Records"
_MAX_QUESTION_BYTES: Final = 64 * 1024
_COLUMNS: Final = (
    "index",
    "time",
    "type",
    *(name for name in Row._fields if name not in {"idx", "time_ms", "type", "officer"}),
)
_TYPES: Final = {int(one): one.name.lower() for one in LeafType}


class AuditFace:
    """Routes for auditors."""

    def __init__(self, auditors: Auditors, inquiries: Inquiries) -> None:
        self._auditors = auditors
        self._inquiries = inquiries

    def application(self) -> web.Application:
        """The aiohttp application of this face."""
        app = web.Application(middlewares=[edge], client_max_size=_MAX_QUESTION_BYTES)
        app.router.add_get("/audit/records", self.records)
        app.router.add_post("/audit/records", self.records)
        app.router.add_get("/audit/reports", self.reports)
        app.router.add_get("/audit/reports/{name}", self.report)
        app.router.add_get("/health", self.health)
        app.router.add_get("/openapi.json", self.described)
        return app

    async def records(self, request: web.Request) -> web.StreamResponse:
        """A page of records, or all of them as a stream (`format=csv`, `format=jsonl`)."""
        auditor = self._auditors.admit(request, Role.AUDITOR)
        given = await _given(request)
        form = given.pop("format", "json")
        asked = asked_of(given)
        if form == "json":
            page = await self._inquiries.page(auditor, asked)
            return web.Response(
                body=encoded(page), content_type="application/json", headers={"Cache-Control": "no-store"}
            )
        if form not in {"csv", "jsonl"}:
            raise problem(
                Code.REQUEST_MALFORMED, rule="json|csv|jsonl", place="/format", fault_at=FaultAt.CONSUMER_SYSTEM
            )
        return await self._export(request, auditor, asked, as_csv=form == "csv")

    async def reports(self, request: web.Request) -> web.Response:
        """Which reports there are."""
        self._auditors.admit(request, Role.REPORTS)
        return json_answer({"reports": list(reports.REPORTS)})

    async def report(self, request: web.Request) -> web.Response:
        """One report, over `since` and `until`."""
        auditor = self._auditors.admit(request, Role.REPORTS)
        asked = asked_of(request.query)
        if asked != Asked(since=asked.since, until=asked.until):
            raise problem(Code.REQUEST_MALFORMED, rule="since|until", place="/", fault_at=FaultAt.CONSUMER_SYSTEM)
        return json_answer(await self._inquiries.report(auditor, request.match_info["name"], asked))

    async def health(self, _request: web.Request) -> web.Response:
        """Whether the index answers, and how far it is."""
        return json_answer({"status": "ok", "searchable": self._inquiries.index.next()})

    async def described(self, _request: web.Request) -> web.Response:
        """This face in OpenAPI 3.1."""
        return json_answer(document())

    async def _export(
        self, request: web.Request, auditor: Auditor, asked: Asked, *, as_csv: bool
    ) -> web.StreamResponse:
        view, total = await self._inquiries.export(auditor, asked)
        answer = web.StreamResponse(headers={TOTAL: str(total), "Cache-Control": "no-store"})
        answer.content_type = "text/csv" if as_csv else "application/jsonl"
        answer.charset = "utf-8"
        await answer.prepare(request)
        if as_csv:
            await answer.write(_csv([_COLUMNS]))
            async for rows in self._inquiries.rows_of(view):
                await answer.write(_csv([_cells(row) for row in rows]))
        else:
            head = Page(1, "lienthong-page", view.note.decode(), view.size, view.inquiry)
            await answer.write(encoded(head) + b"\n")
            async for records in self._inquiries.records_of(view):
                await answer.write(b"".join(encoded(one) + b"\n" for one in records))
        await answer.write_eof()
        return answer


async def _given(request: web.Request) -> dict[str, str]:
    if request.method == "GET":
        if len(request.query) != len(set(request.query)):
            raise problem(Code.REQUEST_MALFORMED, rule="once-each", fault_at=FaultAt.CONSUMER_SYSTEM)
        return dict(request.query)
    try:
        return msgspec.json.decode(await request.read(), type=dict[str, str])
    except ValueError:
        raise problem(Code.REQUEST_MALFORMED, rule="object-of-texts", fault_at=FaultAt.CONSUMER_SYSTEM) from None


def _cells(row: Row) -> list[object]:
    known = row._asdict() | {"index": row.idx, "time": moment(row.time_ms), "type": _TYPES.get(row.type, "unknown")}
    return [known[name] for name in _COLUMNS]


def _csv(rows: list[list[object]] | list[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
