"""Who may call a node's face: keys, OAuth2 clients and certificates of its agencies' systems, kept current as it runs.

Promises: a key that was made, revoked or has expired counts so within a second, without a restart; a file that is gone
holds no keys; one that cannot be read leaves what was known, and the log says so. Leaves out: judging a request
(`bus.access`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog

from bus import net
from bus.access import Grants, Principal
from bus.keystore.pem import certificates_in
from bus.tokens import LIFETIME_S, AccessTokens, Client
from config.apikeys import load_api_keys
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
        now = datetime.now(UTC)
        for agency, keys in self._keys.items():
            good = (key for key in keys if key.use == "api-key" and key.valid(now))
            yield from ((key.sha256, Principal(agency, key.system)) for key in good)

    def _clients(self) -> Iterator[Client]:
        now = datetime.now(UTC)
        for agency, keys in self._keys.items():
            good = (key for key in keys if key.use == "oauth-client" and key.valid(now))
            yield from (Client(key.id, key.sha256, Principal(agency, key.system)) for key in good)


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
