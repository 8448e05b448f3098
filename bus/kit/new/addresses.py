"""Addresses of systems as descriptions name them.

Promises: an address that carries a password or a key is refused, so that none reaches a file.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from bus.kit.new.refused import SourceRefusedError

_SECRET: Final = re.compile(r"pass|pwd|secret|token|key|auth|sig|credential", re.IGNORECASE)


def refuse_secrets(url: str, place: str) -> None:
    """Refuse a user, a password, or a query that looks like one.

    Raises:
        SourceRefusedError: rule `secret-in-url`.
    """
    try:
        parts = urlsplit(url)
        named = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
        user, password = parts.username, parts.password
    except ValueError:
        raise SourceRefusedError("bad-address", place) from None
    if user is not None or password is not None or any(_SECRET.search(name) for name in named):
        raise SourceRefusedError("secret-in-url", place)


def base(url: str, place: str) -> str:
    """An address as adapters take it: http(s), a host, a path; no query.

    Raises:
        SourceRefusedError: rule `secret-in-url` or `bad-address`.
    """
    refuse_secrets(url, place)
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or "{" in url:
        raise SourceRefusedError("bad-address", place)
    return url.rstrip("/")
