"""The embedded bus's e-ID issuer: a key in its state folder, and the settings by which a hub takes its tokens.

Promises: the key is made once and readable by this user only; production refuses it. Leaves out: anything fit for
production.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from config.secrets import read_secret, write_secret
from config.usages import UsagesSettings
from signing.devtoken import ISSUER, DevIssuer

AUDIENCE: Final = "usages.lienthong.test"
PORTAL: Final = "portal.lienthong.test"


@dataclass(frozen=True, slots=True)
class IssuerFiles:
    """Where the issuer's keys stand, in a state folder."""

    state: Path

    @property
    def private(self) -> Path:
        """The private key, a JWK."""
        return self.state / "usages" / "issuer.jwk"

    @property
    def key_set(self) -> Path:
        """The public keys, a JWK set."""
        return self.state / "usages" / "issuer.jwks.json"

    def settings(self, listen: str) -> UsagesSettings:
        """The citizens' view that takes its tokens."""
        return UsagesSettings(
            listen=listen, issuer=ISSUER, key_set=self.key_set, audiences=(AUDIENCE,), clients=(PORTAL,)
        )

    def table(self, listen: str) -> dict[str, object]:
        """The same as a table of a settings file."""
        return {
            "listen": listen,
            "issuer": ISSUER,
            "key_set": str(self.key_set),
            "audiences": [AUDIENCE],
            "clients": [PORTAL],
        }

    def prepare(self) -> None:
        """Make the keys where they are missing."""
        if not self.private.exists():
            write_secret(self.private, DevIssuer.create().private + b"\n")
        if not self.key_set.exists():
            self.key_set.write_bytes(self.open().key_set + b"\n")

    def open(self) -> DevIssuer:
        """The issuer.

        Raises:
            SecretError: the key is missing, or open to others.
            ValueError: it is none.
        """
        return DevIssuer.load(read_secret(self.private))


def token(issuer: DevIssuer, number: str, nonce: str, level: str, now_s: int) -> str:
    """An ID token for the sample nation's portal."""
    claims: dict[str, object] = {"aud": [AUDIENCE, PORTAL], "azp": PORTAL, "sub": number, "nonce": nonce, "acr": level}
    return issuer.token(claims, now_s)
