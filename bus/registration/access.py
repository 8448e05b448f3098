"""Who may do what with which subjects: the keys' file, judged request by request.

Promises: denied by default; a key's secret is found by its digest, whose timing tells nothing; a file that changed
counts within a second; a right holds for subjects of one context that begin alike, or of every context.
Leaves out: the file's form (`config.registrants`).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import structlog
from aiohttp import web

from bus import net
from bus.access import shown_key
from bus.registration.writer import Actor
from config.keylines import digest
from config.mistakes import ConfigError
from config.registrants import Registrant, Right, load_registrants
from config.secrets import SecretError
from registry.registered.names import ANY, Subject, subject_of

log = structlog.get_logger(__name__)
EVERY_S: Final = 0.5


class _Rule(NamedTuple):
    context: str | None
    prefix: str
    rights: frozenset[Right]


class Principal:
    """Who is asking, and what that one may do."""

    def __init__(self, registrant: Registrant) -> None:
        self.id = registrant.id
        self.agency = registrant.agency
        self._rules = [_Rule(*_scope(one.subjects), frozenset(one.may)) for one in registrant.rights]

    @property
    def actor(self) -> Actor:
        """As the list of changes names that one."""
        return Actor(self.id, self.agency)

    def may(self, right: Right, subject: Subject) -> bool:
        """Whether this right covers a subject; a context's or the whole's settings are the empty subject."""
        return any(
            right in rule.rights
            and (rule.context is None or rule.context == subject.context)
            and subject.name.startswith(rule.prefix)
            for rule in self._rules
        )

    def sees(self, context: str) -> bool:
        """Whether some subject of a context may be read."""
        return any(Right.READ in rule.rights and rule.context in {None, context} for rule in self._rules)


class UnknownPrincipalError(Exception):
    """No key was shown, or none that counts."""


class Registrants:
    """The keys of one registry, kept current while it runs.

    Raises:
        ConfigError: the file has mistakes.
        SecretError: it is missing, or open to others.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stamp = _stamp(file)
        self._take(load_registrants(file))

    def admit(self, request: web.Request) -> Principal:
        """Who sent this request: Basic (id and secret), a bearer token or `X-Api-Key` (the secret), a certificate.

        Raises:
            UnknownPrincipalError: nobody that is known.
        """
        name, secret = _basic(request)
        key = secret or shown_key(request)
        if key is not None:
            found = self._by_key.get(digest(key))
            if found is None or (name and not hmac.compare_digest(found[0].id.encode(), name.encode())):
                raise UnknownPrincipalError
        else:
            certificate = net.peer_certificate(request)
            found = self._by_card.get(net.thumbprint(certificate)) if certificate else None
        if found is None or not found[0].valid(datetime.now(UTC)):
            raise UnknownPrincipalError
        return found[1]

    async def watch(self) -> None:
        """Follow the file, for ever; one that cannot be read leaves what was known, and the log says so."""
        while True:
            await asyncio.sleep(EVERY_S)
            stamp = _stamp(self._file)
            if stamp == self._stamp:
                continue
            self._stamp = stamp
            try:
                self._take(await asyncio.to_thread(load_registrants, self._file) if stamp else ())
            except (ConfigError, SecretError) as error:
                log.error("registrants-not-read", reason=type(error).__name__)  # noqa: TRY400 - a name says enough
            else:
                log.info("registrants-read", registrants=len(self._by_key))

    def _take(self, registrants: tuple[Registrant, ...]) -> None:
        known = [(one, Principal(one)) for one in registrants]
        self._by_key = {one.sha256: (one, who) for one, who in known if one.sha256}
        self._by_card = {one.certificate: (one, who) for one, who in known if one.certificate}


def _basic(request: web.Request) -> tuple[str, str | None]:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", None
    try:
        name, _, secret = base64.b64decode(token, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise UnknownPrincipalError from None
    return name, secret


def _scope(text: str) -> tuple[str | None, str]:
    if text.startswith(ANY):
        return None, text.removeprefix(ANY)
    return subject_of(text)


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino
