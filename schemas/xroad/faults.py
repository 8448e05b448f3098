"""Faults of X-Road's SOAP protocol as bytes: HTTP 200, `text/xml`, the literal prefix `SOAP-ENV`.

Promises: the layout is X-Road's to the byte, since its clients search for it; texts are escaped, and what XML cannot
hold is left out. Leaves out which error it is (`schemas.xroad.codes`).
Source: PR-MESS 4.0 §2.5, annex D.1; SOAP 1.1 §4.4.
"""

from __future__ import annotations

import re
from typing import Final
from xml.sax.saxutils import escape

from schemas.xroad.soap import SOAP
from schemas.xroad.splicing import DECLARATION, PREFIX

CONTENT_TYPE: Final = "text/xml; charset=UTF-8"
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def fault(code: str, text: str, detail: str, actor: str = "") -> bytes:
    """A fault.

    Args:
        code: such as `Server.ServerProxy.AccessDenied`.
        text: for people.
        detail: a UUID that names the error in logs.
        actor: who failed; X-Road leaves it empty.
    """
    inner = "".join(
        f"<{name}>{_escaped(value)}</{name}>"
        for name, value in (("faultcode", code), ("faultstring", text), ("faultactor", actor))
    )
    return (
        DECLARATION
        + (
            f'<{PREFIX}:Envelope xmlns:{PREFIX}="{SOAP}"><{PREFIX}:Body><{PREFIX}:Fault>{inner}'
            f'<detail><faultDetail xmlns="">{_escaped(detail)}</faultDetail></detail>'
            f"</{PREFIX}:Fault></{PREFIX}:Body></{PREFIX}:Envelope>"
        ).encode()
    )


def _escaped(text: str) -> str:
    return escape(_NO_XML.sub("", text))
