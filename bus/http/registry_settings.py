"""The schema registry's face for settings and modes, for facts about the server, and for what it does not keep.

Promises and limits as in `bus.http.registry`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from bus.http.registry_edge import body_of, flag, json_of, principal_key
from bus.http.registry_wire import CONFIG_MEMBERS, MODE_MEMBERS, config_in, mode_in
from bus.registration import errors
from bus.registration.configure import config_of, drop_config, drop_mode, mode_of, set_config, set_mode
from bus.registration.registry import Registry, named
from bus.registration.store import WHOLE
from bus.version import version
from registry.registered.names import Subject

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class SettingsFace:
    """Routes for `/config`, `/mode`, `/v1/metadata`, `/associations`."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def routes(self) -> list[tuple[str, str, Handler]]:
        """Methods, paths, handlers."""
        found: list[tuple[str, str, Handler]] = []
        for scope in ("", "/{subject}"):
            found += [
                ("GET", f"/config{scope}", self.config),
                ("PUT", f"/config{scope}", self.set_config),
                ("DELETE", f"/config{scope}", self.drop_config),
                ("GET", f"/mode{scope}", self.mode),
                ("PUT", f"/mode{scope}", self.set_mode),
                ("DELETE", f"/mode{scope}", self.drop_mode),
            ]
        found += [
            ("GET", "/v1/metadata/id", self.server_id),
            ("GET", "/v1/metadata/version", self.server_version),
            ("GET", "/v1/metadata/deployment", self.deployment),
        ]
        for path in ("/associations", "/associations/{rest:.*}"):
            found += [(method, path, self.associations) for method in ("GET", "POST", "PUT", "DELETE")]
        return found

    async def config(self, request: web.Request) -> web.Response:
        """Settings; of a subject its own, with `defaultToGlobal` those that count."""
        inherited = flag(request, "defaultToGlobal")
        return json_of(
            request, await config_of(self._registry, request[principal_key], _scope(request), inherited=inherited)
        )

    async def set_config(self, request: web.Request) -> web.Response:
        """Change settings; the answer is what was asked, as the peers answer."""
        body = await body_of(request, CONFIG_MEMBERS)
        given = config_in(body)
        await set_config(self._registry, request[principal_key], _scope(request), given)
        level = given.pop("compatibility_level", None)
        told = {name: value for name, value in body.items() if name not in {"compatibility", "compatibilityLevel"}}
        return json_of(request, ({"compatibility": level} if level else {}) | told)

    async def drop_config(self, request: web.Request) -> web.Response:
        """Take settings back; the answer is what they were."""
        return json_of(request, await drop_config(self._registry, request[principal_key], _scope(request)))

    async def mode(self, request: web.Request) -> web.Response:
        """A mode; of a subject its own, with `defaultToGlobal` the one that counts."""
        inherited = flag(request, "defaultToGlobal")
        found = await mode_of(self._registry, request[principal_key], _scope(request), inherited=inherited)
        return json_of(request, {"mode": found})

    async def set_mode(self, request: web.Request) -> web.Response:
        """Set a mode."""
        mode = mode_in(await body_of(request, MODE_MEMBERS))
        await set_mode(self._registry, request[principal_key], _scope(request), mode, force=flag(request, "force"))
        return json_of(request, {"mode": mode})

    async def drop_mode(self, request: web.Request) -> web.Response:
        """Take a mode back; the answer is which it was."""
        return json_of(request, {"mode": await drop_mode(self._registry, request[principal_key], _scope(request))})

    async def server_id(self, request: web.Request) -> web.Response:
        """Which cluster this is: one without Kafka."""
        scope = {"path": [], "clusters": {"schema-registry-cluster": "lienthong"}}
        return json_of(request, {"id": "", "scope": scope})

    async def server_version(self, request: web.Request) -> web.Response:
        """Which program this is."""
        return json_of(request, {"version": f"lienthong-{version()}", "commitId": ""})

    async def deployment(self, request: web.Request) -> web.Response:
        """How it is deployed."""
        return json_of(request, {"properties": {"product": "lienthong"}})

    async def associations(self, request: web.Request) -> web.Response:
        """None are kept: always 40410, which clients take as none."""
        raise errors.no_association(request.match_info.get("rest", "").rpartition("/")[2][:80])


def _scope(request: web.Request) -> Subject:
    text = request.match_info.get("subject")
    return WHOLE if text is None else named(text)
