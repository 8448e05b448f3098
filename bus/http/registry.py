"""The schema registry's face: what stock clients of such registries call, at `/` and at `/registry`.

Promises: paths, members, codes as docs/schema-registry.md lists them; a subject's slashes come as %2F; what an id means
is immutable and is answered from memory, with an entity tag. Leaves out: settings and modes (`registry_settings`).
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
from aiohttp import web

from bus.http import registry_openapi
from bus.http.registry_edge import (
    MAX_BODY_BYTES,
    body_of,
    bytes_of,
    flag,
    gate,
    json_of,
    page_of,
    principal_key,
    sought,
)
from bus.http.registry_settings import SettingsFace
from bus.http.registry_wire import SCHEMA_MEMBERS, TAG_MEMBERS, content_shown, offered, shown, tagging
from bus.registration import errors
from bus.registration.access import Registrants
from bus.registration.known import Kept
from bus.registration.register import check, look_up, register, tag
from bus.registration.registry import Registry, named, numbered
from bus.registration.remove import delete_context, delete_subject, delete_version
from bus.registration.stored import ALL, LIVING, Sought, Version
from bus.registration.told import messages, whole
from registry.evolution.port import FormatName
from registry.registered.names import ANY, DEFAULT, SubjectNameError, context_of

_IMMUTABLE: Final = "private, max-age=31536000, immutable"
_encode: Final = msgspec.json.Encoder().encode


class RegistryFace:
    """Routes for schemas, subjects, versions, compatibility and contexts."""

    def __init__(self, registry: Registry, registrants: Registrants) -> None:
        self._registry = registry
        self._registrants = registrants
        self._described: dict[str, object] = {}

    def application(self) -> web.Application:
        """The aiohttp application of this face."""
        app = web.Application(middlewares=[gate(self._registrants)], client_max_size=MAX_BODY_BYTES)
        routes = self.routes()
        self._described = registry_openapi.document(routes)
        for prefix in ("", "/registry"):
            for method, path, handler in routes:
                for tail in ("",) if path == "/" else ("", "/"):  # clients write a slash at the end, or none
                    app.router.add_route(method, prefix + path + tail, handler)
        app.router.add_get("/registry", self.root)
        return app

    def routes(self) -> list[registry_openapi.Route]:
        """Methods, paths, handlers."""
        subject, version = "/subjects/{subject}", "/subjects/{subject}/versions/{version}"
        compatibility = "/compatibility/subjects/{subject}/versions"
        return [
            ("GET", "/", self.root),
            ("GET", "/health", self.health),
            ("GET", "/openapi.json", self.openapi),
            ("GET", "/schemas", self.schemas),
            ("GET", "/schemas/types", self.types),
            ("GET", "/schemas/ids/{id}", self.by_id),
            ("GET", "/schemas/ids/{id}/schema", self.text_by_id),
            ("GET", "/schemas/ids/{id}/subjects", self.subjects_of_id),
            ("GET", "/schemas/ids/{id}/versions", self.versions_of_id),
            ("GET", "/schemas/guids/{guid}", self.by_guid),
            ("GET", "/schemas/guids/{guid}/ids", self.ids_of_guid),
            ("GET", "/subjects", self.subjects),
            ("POST", subject, self.look_up),
            ("DELETE", subject, self.delete_subject),
            ("GET", f"{subject}/metadata", self.latest_with),
            ("GET", f"{subject}/versions", self.versions),
            ("POST", f"{subject}/versions", self.register),
            ("GET", version, self.version),
            ("DELETE", version, self.delete_version),
            ("GET", f"{version}/schema", self.text_of_version),
            ("POST", f"{version}/tags", self.tag),
            ("GET", f"{version}/referencedby", self.referenced_by),
            ("POST", f"{compatibility}/{{version}}", self.check),
            ("POST", compatibility, self.check),
            ("GET", "/contexts", self.contexts),
            ("DELETE", "/contexts/{context}", self.delete_context),
            *SettingsFace(self._registry).routes(),
        ]

    async def root(self, request: web.Request) -> web.Response:
        """An empty object, as clients expect of a registry that lives."""
        return json_of(request, {})

    async def health(self, request: web.Request) -> web.Response:
        """Whether the tables answer."""
        return json_of(request, {"status": "ok", "contexts": len(await self._contexts())})

    async def openapi(self, _request: web.Request) -> web.Response:
        """The description of this face (OpenAPI 3.1)."""
        return web.json_response(self._described, headers={"Cache-Control": "no-cache"})

    async def types(self, request: web.Request) -> web.Response:
        """Every type of schema."""
        return json_of(request, [str(name) for name in FormatName])

    async def schemas(self, request: web.Request) -> web.Response:
        """Versions of every subject that begins so."""
        prefix = request.query.get("subjectPrefix", "") or ANY
        found = await self._registry.schemas(
            request[principal_key], prefix, sought(request), page_of(request), latest_only=flag(request, "latestOnly")
        )
        return json_of(request, [shown(one) for one in found])

    async def by_id(self, request: web.Request) -> web.Response:
        """The schema that an id means."""
        kept = await self._of_id(request, "id")
        if not flag(request, "fetchMaxId"):
            return _immutable(request, kept)
        context = await self._context(request)
        greatest = await asyncio.to_thread(self._registry.store.greatest_id, context)
        return json_of(request, msgspec.json.decode(kept.body) | {"maxId": greatest})

    async def text_by_id(self, request: web.Request) -> web.Response:
        """The same, its text alone."""
        return _immutable(request, await self._of_id(request, "text"))

    async def subjects_of_id(self, request: web.Request) -> web.Response:
        """Subjects that have a version with this id."""
        found = await self._using(request)
        return json_of(request, page_of(request).of(list(dict.fromkeys(one.subject.text for one in found))))

    async def versions_of_id(self, request: web.Request) -> web.Response:
        """Subjects and versions that have this id."""
        found = [{"subject": one.subject.text, "version": one.version} for one in await self._using(request)]
        return json_of(request, page_of(request).of(found))

    async def by_guid(self, request: web.Request) -> web.Response:
        """The schema that a GUID means."""
        guid, who = request.match_info["guid"].lower(), request[principal_key]
        kept = self._registry.known.get(("guid", guid), who)
        for context, id_ in [] if kept else await asyncio.to_thread(self._registry.store.having_guid, guid):
            users = await asyncio.to_thread(self._registry.store.having_id, context, id_, ALL)
            found = await asyncio.to_thread(self._registry.store.schema, context, id_)
            if found is not None:
                body = _encode(content_shown(found[1]))
                kept = self._registry.known.put(("guid", guid), body, tuple(one.subject for one in users))
                if kept.readable(who):
                    return _immutable(request, kept)
        if kept is None or not kept.readable(who):
            raise errors.schema_unknown(guid[:40])
        return _immutable(request, kept)

    async def ids_of_guid(self, request: web.Request) -> web.Response:
        """Contexts and ids of a GUID."""
        guid, who = request.match_info["guid"].lower(), request[principal_key]
        found = await asyncio.to_thread(self._registry.store.having_guid, guid)
        seen = [{"context": context, "id": id_} for context, id_ in found if who.sees(context)]
        if not seen:
            raise errors.schema_unknown(guid[:40])
        return json_of(request, seen)

    async def subjects(self, request: web.Request) -> web.Response:
        """Names of subjects."""
        prefix = request.query.get("subjectPrefix", ANY)
        found = await self._registry.subjects(request[principal_key], prefix, sought(request))
        return json_of(request, page_of(request).of(found))

    async def look_up(self, request: web.Request) -> web.Response:
        """The version that has this schema."""
        given = offered(await body_of(request, SCHEMA_MEMBERS), normalize=flag(request, "normalize"))
        subject = named(request.match_info["subject"])
        deleted = flag(request, "deleted")
        found = await look_up(self._registry, request[principal_key], subject, given, deleted=deleted)
        return json_of(request, shown(found))

    async def register(self, request: web.Request) -> web.Response:
        """Register a schema."""
        given = offered(await body_of(request, SCHEMA_MEMBERS), normalize=flag(request, "normalize"))
        found = await register(self._registry, request[principal_key], named(request.match_info["subject"]), given)
        return json_of(request, _registered(found))

    async def tag(self, request: web.Request) -> web.Response:
        """Register a version's schema again with other tags, metadata or rules."""
        subject, number = named(request.match_info["subject"]), numbered(request.match_info["version"])
        given = tagging(await body_of(request, TAG_MEMBERS))
        return json_of(request, _registered(await tag(self._registry, request[principal_key], subject, number, given)))

    async def versions(self, request: web.Request) -> web.Response:
        """Numbers of versions."""
        if flag(request, "deletedAsNegative"):
            return json_of(request, page_of(request).of(await self._negative(request)))
        subject = named(request.match_info["subject"])
        found = await self._registry.numbers(request[principal_key], subject, sought(request))
        return json_of(request, page_of(request).of(found))

    async def version(self, request: web.Request) -> web.Response:
        """One version."""
        return json_of(request, shown(await self._version(request)))

    async def text_of_version(self, request: web.Request) -> web.Response:
        """The text of one version's schema."""
        return bytes_of(request, (await self._version(request)).content.text.encode())

    async def latest_with(self, request: web.Request) -> web.Response:
        """The newest version with these metadata."""
        pairs = zip(request.query.getall("key", []), request.query.getall("value", []), strict=False)
        subject = named(request.match_info["subject"])
        properties = dict(pairs)
        found = await self._registry.latest_with(
            request[principal_key], subject, properties, ALL if flag(request, "deleted") else LIVING
        )
        return json_of(request, shown(found))

    async def referenced_by(self, request: web.Request) -> web.Response:
        """Ids of schemas that refer to a version."""
        subject, number = named(request.match_info["subject"]), numbered(request.match_info["version"])
        found = await self._registry.referencing(request[principal_key], subject, number)
        return json_of(request, page_of(request).of(found))

    async def delete_version(self, request: web.Request) -> web.Response:
        """Delete one version."""
        subject, number = named(request.match_info["subject"]), numbered(request.match_info["version"])
        who, for_good = request[principal_key], flag(request, "permanent")
        return json_of(request, await delete_version(self._registry, who, subject, number, for_good=for_good))

    async def delete_subject(self, request: web.Request) -> web.Response:
        """Delete every version of a subject."""
        subject, who, for_good = (
            named(request.match_info["subject"]),
            request[principal_key],
            flag(request, "permanent"),
        )
        return json_of(request, await delete_subject(self._registry, who, subject, for_good=for_good))

    async def check(self, request: web.Request) -> web.Response:
        """Whether a schema would go."""
        verbose = flag(request, "verbose")
        subject, text = named(request.match_info["subject"]), request.match_info.get("version")
        number = None if text is None else numbered(text)
        given = offered(await body_of(request, SCHEMA_MEMBERS), normalize=flag(request, "normalize"))
        found = await check(self._registry, request[principal_key], subject, given, number, verbose=verbose)
        answer: dict[str, Any] = {"is_compatible": found.compatible}
        if verbose:
            said = messages(found.refused, found.level)
            answer["messages"] = said if found.invalid is None else [found.invalid]
            answer["incompatibilities"] = whole(found.refused)
        return json_of(request, answer)

    async def contexts(self, request: web.Request) -> web.Response:
        """Names of contexts."""
        return json_of(request, page_of(request).of(await self._registry.contexts(request[principal_key])))

    async def delete_context(self, request: web.Request) -> web.Response:
        """Delete an empty context."""
        text = request.match_info["context"]
        try:
            context = context_of(text)
        except SubjectNameError:
            raise errors.invalid_subject(text) from None
        await delete_context(self._registry, request[principal_key], context)
        return web.Response(status=204)

    async def _contexts(self) -> list[str]:
        return await asyncio.to_thread(self._registry.store.contexts)

    async def _version(self, request: web.Request) -> Version:
        subject, number = named(request.match_info["subject"]), numbered(request.match_info["version"])
        wanted = ALL if flag(request, "deleted") else LIVING
        return await self._registry.version(request[principal_key], subject, number, wanted)

    async def _negative(self, request: web.Request) -> list[int]:
        """Every version, deleted ones as negative numbers."""
        subject, who = named(request.match_info["subject"]), request[principal_key]
        await self._registry.numbers(who, subject, ALL)
        found = await asyncio.to_thread(self._registry.store.named, await self._registry.aliased(subject), ALL)
        return [-one.version if one.deleted else one.version for one in found]

    async def _using(self, request: web.Request) -> list[Any]:
        wanted: Sought = ALL if flag(request, "deleted") else LIVING
        context = await self._context(request)
        return await self._registry.using(request[principal_key], context, _id(request), wanted)

    async def _context(self, request: web.Request) -> str:
        subject = request.query.get("subject", "")
        return await self._registry.context_of_id(request[principal_key], _id(request), subject)

    async def _of_id(self, request: web.Request, what: str) -> Kept:
        """The answer to an id, from memory or read: 1 which context 2 kept 3 read."""
        id_, who = _id(request), request[principal_key]
        usual = self._registry.known.get((what, DEFAULT, str(id_)), who)
        if usual is not None and named(request.query.get("subject", "")) in usual.subjects:
            return usual
        context = await self._context(request) if "subject" in request.query else DEFAULT
        key = (what, context, str(id_))
        kept = self._registry.known.get(key, who)
        if kept is not None:
            return kept
        found = await asyncio.to_thread(self._registry.store.schema, context, id_)
        users = await asyncio.to_thread(self._registry.store.having_id, context, id_, ALL)
        if found is None:
            raise errors.schema_unknown(id_)
        _, content = found
        body = content.text.encode() if what == "text" else _encode(content_shown(content))
        kept = self._registry.known.put(key, body, tuple(one.subject for one in users))
        if not kept.readable(who):
            raise errors.schema_unknown(id_)
        return kept


def _id(request: web.Request) -> int:
    text = request.match_info["id"]
    if not (text.isascii() and text.isdigit() and len(text) <= 10):  # noqa: PLR2004 - digits of what fits
        raise web.HTTPNotFound
    return int(text)


def _immutable(request: web.Request, kept: Kept) -> web.Response:
    """An answer that never changes: 304 for whoever has it (RFC 9110 §13.1.2)."""
    if kept.etag in request.headers.get("If-None-Match", ""):
        answer = web.Response(status=304)
    else:
        answer = bytes_of(request, kept.body)
    answer.headers["ETag"] = kept.etag
    answer.headers["Cache-Control"] = _IMMUTABLE
    return answer


def _registered(found: Version) -> dict[str, Any]:
    """The answer to a registration: the id, and what it is the id of."""
    return {"id": found.id, "version": found.version, "guid": found.guid} | content_shown(found.content)
