"""Who may call a node's face: keys, OAuth2 clients and certificates of its agencies' systems, kept current as it runs.

Promises: a key that was made, revoked or has expired counts so within a second, without a restart; a file that is gone
holds no keys; one that cannot be read leaves what was known, and the log says so; a key or client that stands in two
agencies' files speaks for neither. Leaves out: judging a request (`bus.access`).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog

from bus import net
from bus.access import Grants, Principal
from bus.keystore.pem import certificates_in
from bus.tokens import LIFETIME_S, AccessTokens, Client
from config.apikeys import ApiKey, load_api_keys
from config.mistakes import ConfigError
from config.node import AgencySettings
from config.secrets import SecretError

log = structlog.get_logger(__name__)
EVERY_S: Final = 0.5


class KeyFiles:
    """The key files of a node's agencies, and the grants that follow from them."""

    def __init__(
        self,
        files: Mapping[str, Path],
        certificates: Iterable[tuple[str, Principal]] = (),
        *,
        token_seconds: int = LIFETIME_S,
    ) -> None:
        """Read every file once.

        Args:
            files: agency → its API key file.
            certificates: thumbprint → who shows that certificate (`certificates_of`).
            token_seconds: how long an access token is taken.

        Raises:
            ConfigError: a key file has mistakes.
            SecretError: a key file is missing, or open to others.
        """
        self._files = dict(files)
        self._stamps = {agency: _stamp(file) for agency, file in self._files.items()}
        self._keys = {agency: load_api_keys(file) for agency, file in self._files.items()}
        self._told = set[tuple[str, str]]()
        tokens = AccessTokens(token_seconds)
        self.grants = Grants(self._valid(), certificates, self._clients(), tokens=tokens)

    async def watch(self) -> None:
        """Follow the files and the clock, for ever."""
        while True:
            await asyncio.sleep(EVERY_S)
            for agency, file in self._files.items():
                await self._follow(agency, file)
            self.grants.replace_keys(self._valid(), self._clients())

    async def _follow(self, agency: str, file: Path) -> None:
        stamp = _stamp(file)
        if stamp == self._stamps[agency]:
            return
        self._stamps[agency] = stamp
        try:
            self._keys[agency] = await asyncio.to_thread(load_api_keys, file) if stamp else ()
        except (ConfigError, SecretError) as error:
            log.error("api-keys-not-read", agency=agency, reason=type(error).__name__)  # noqa: TRY400 - a name says enough
        else:
            log.info("api-keys-read", agency=agency, keys=len(self._keys[agency]))

    def _valid(self) -> Iterator[tuple[str, Principal]]:
        return ((key.sha256, Principal(agency, key.system)) for agency, key in self._good("api-key"))

    def _clients(self) -> Iterator[Client]:
        good = self._good("oauth-client")
        return (Client(key.id, key.sha256, Principal(agency, key.system)) for agency, key in good)

    def _good(self, use: str) -> Iterator[tuple[str, ApiKey]]:
        """Every key of this use that is valid now; one that stands in two agencies' files speaks for neither."""
        now = datetime.now(UTC)
        good = [
            (agency, key) for agency, keys in self._keys.items() for key in keys if key.use == use and key.valid(now)
        ]
        holders = defaultdict[str, set[str]](set)
        for agency, key in good:
            for mark in _marks(key):
                holders[mark].add(agency)
        for agency, key in good:
            if all(len(holders[mark]) == 1 for mark in _marks(key)):
                yield agency, key
            elif (agency, key.id) not in self._told:
                self._told.add((agency, key.id))
                log.error("api-key-of-two-agencies", agency=agency, key=key.id)


def _marks(key: ApiKey) -> tuple[str, ...]:
    """What a caller shows of it: the key, or a client's id with its secret."""
    return (key.sha256, key.id) if key.use == "oauth-client" else (key.sha256,)


def certificates_of(agencies: Iterable[AgencySettings]) -> Iterator[tuple[str, Principal]]:
    """Thumbprint and principal of every certificate that a node's agencies name for their systems.

    Raises:
        PemFileError: one cannot be read.
    """
    for agency in agencies:
        for one in agency.system_certificates:
            yield net.thumbprint(certificates_in(one.certificate)[0]), Principal(agency.id, one.system)


def _stamp(file: Path) -> tuple[int, int] | None:
    """Changes when the file does; nothing where there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino
