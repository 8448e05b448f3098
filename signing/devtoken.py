"""An e-ID issuer for development and tests: one P-256 key, ID tokens on demand.

Promises: the same tokens as a real issuer's, so that what passes here passes `idtoken.check`; its keys say by their
name that anybody could have made them (`TokenKeys.is_development`), and production refuses them. `now` is an argument.
Leaves out: logging anybody in. Never for production.
"""

from __future__ import annotations

from typing import Final, Self

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from signing.keys import Algorithm
from signing.tokenkeys import DEVELOPMENT

ISSUER: Final = "https://e-id.lienthong.test"
LIFETIME_S: Final = 600


class DevIssuer:
    """The issuer; made by `create`, kept as the text of its private JWK."""

    __slots__ = ("_key", "kid")

    def __init__(self, key: ECKey) -> None:
        self._key = key
        self.kid = DEVELOPMENT + key.thumbprint()

    @classmethod
    def create(cls) -> Self:
        """A new key."""
        return cls(ECKey.generate_key("P-256"))

    @classmethod
    def load(cls, text: bytes) -> Self:
        """The issuer whose private JWK this is.

        Raises:
            ValueError: it is none.
        """
        try:
            return cls(ECKey.import_key(msgspec.json.decode(text, type=dict[str, str | list[str]])))
        except (msgspec.DecodeError, JoseError, KeyError) as error:
            raise ValueError("development issuer: not its key") from error

    @property
    def private(self) -> bytes:
        """The private JWK; a secret."""
        return msgspec.json.encode(self._key.as_dict(private=True))

    @property
    def key_set(self) -> bytes:
        """The JWK set that a hub is given."""
        public = self._key.as_dict(private=False) | {"kid": self.kid, "use": "sig", "alg": "ES256"}
        return msgspec.json.encode({"keys": [public]})

    def token(self, claims: dict[str, object], now_s: int, **header: object) -> str:
        """A token with these claims; `iss`, `iat` and `exp` are added where they are missing."""
        times: dict[str, object] = {"iss": ISSUER, "iat": now_s, "exp": now_s + LIFETIME_S}
        named = {"alg": Algorithm.ES256.value, "typ": "JWT", "kid": self.kid} | header
        registry = jws.JWSRegistry(algorithms=[Algorithm.ES256.value], strict_check_header=False)
        return jws.serialize_compact(named, msgspec.json.encode(times | claims), self._key, registry=registry)
