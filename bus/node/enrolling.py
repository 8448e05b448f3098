"""An agency's first keys and certificates: made here, certified by the operator's authority for a one-time token.

Promises: keys never leave; what comes back is taken only for these keys, under the anchors that the agency brought, for
their purpose. Asked again after a failure, the same keys ask by the same request, so that a token is not lost.
Nothing that is there is written over. Leaves out: registering, which is the operator's act; keys in hardware (`keys
hardware`).

    FOLDER/seal.key.pem seal.pem   link.key.pem link.pem (with the authority's)   enrolment.json (the request's number)
"""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import aiohttp
import msgspec

from bus.certification.enrolment import PATH
from bus.ids import new_id
from bus.net import caller_context
from config.secrets import write_secret
from signing.chain import Use, check_chain, subject_agency
from signing.enrolment import Enrolled, Enrolment
from signing.evidence import der_from_pem
from signing.keys import KeyRefusedError, load_signer
from signing.outside import new_key, pem_of

_TIMEOUT_S: Final = 30.0
_MAX_BYTES: Final = 131_072
_USES: Final = {"seal": Use.SEAL, "link": Use.LINK_CLIENT}


class EnrolmentError(Exception):
    """There are no certificates; the message says why, `rule` for scripts."""

    def __init__(self, rule: str, sentence: str) -> None:
        self.rule = rule
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Asking:
    """Who is asked, by whom.

    Attributes:
        url: the authority's address, `https://host:port`.
        anchors: PEM text of the roots above its TLS certificate and the certificates that it issues.
        instance: the installation.
        agency: whose certificates.
    """

    url: str
    anchors: str
    instance: str
    agency: str


class _Begun(msgspec.Struct, frozen=True):
    id: str
    agency: str


async def enrol(folder: Path, asking: Asking, token: str) -> dict[str, bytes]:
    """Make keys, ask, and put certificates beside them; the certificates (DER) of `seal` and `link`.

    Raises:
        EnrolmentError: refused, not reachable, or what came back is not for these keys.
        OSError, SecretError: the folder cannot be used.
    """
    if (folder / "seal.pem").exists():
        raise EnrolmentError("exists", f"{folder} holds certificates already")
    begun = _begin(folder, asking.agency)
    body = msgspec.json.encode(
        Enrolment(1, asking.instance, asking.agency, begun.id, token, *(_request(folder, one) for one in _USES))
    )
    told = await _ask(asking, body)
    anchors = tuple(der_from_pem(asking.anchors.encode()))
    for name in _USES:
        _must_be_ours(folder, name, told, anchors, asking.agency)
    (folder / "link.pem").write_bytes(pem_of(told.link) + pem_of(told.authority))
    (folder / "seal.pem").write_bytes(pem_of(told.seal))  # the last: it says that all is there
    return {"seal": told.seal, "link": told.link}


def _begin(folder: Path, agency: str) -> _Begun:
    """Keys, requests and the request's number, made once."""
    file = folder / "enrolment.json"
    if file.exists():
        begun = msgspec.json.decode(file.read_bytes(), type=_Begun)
        if begun.agency != agency:
            raise EnrolmentError("agency", f"{folder} was begun for {begun.agency}")
        return begun
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in _USES:
        key, request = new_key(agency)
        write_secret(folder / f"{name}.key.pem", key)
        (folder / f"{name}.csr").write_bytes(request)
    begun = _Begun(new_id(), agency)
    file.write_bytes(msgspec.json.encode(begun))
    return begun


def _request(folder: Path, name: str) -> bytes:
    text = (folder / f"{name}.csr").read_text("ascii")
    return b64decode("".join(line for line in text.splitlines() if not line.startswith("-")))


async def _ask(asking: Asking, body: bytes) -> Enrolled:
    timeout, tls = aiohttp.ClientTimeout(total=_TIMEOUT_S), caller_context(asking.anchors)
    headers = {"Content-Type": "application/json"}
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(f"{asking.url}{PATH}", data=body, headers=headers, ssl=tls, allow_redirects=False) as answer,
        ):
            data = await _bounded(answer.content)
        told = msgspec.json.decode(data, type=Enrolled)
    except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise EnrolmentError("unreachable", f"the authority gives no answer ({type(error).__name__})") from error
    if told.rule or not (told.seal and told.link and told.authority):
        raise EnrolmentError(told.rule or "answer", f"the authority refuses [{told.rule or 'answer'}]")
    return told


async def _bounded(content: aiohttp.StreamReader) -> bytes:
    data = bytearray()
    async for piece in content.iter_any():
        data += piece
        if len(data) > _MAX_BYTES:
            raise EnrolmentError("answer", "the authority answers too much")
    return bytes(data)


def _must_be_ours(folder: Path, name: str, told: Enrolled, anchors: tuple[bytes, ...], agency: str) -> None:
    certificate = told.seal if name == "seal" else told.link
    try:
        load_signer((folder / f"{name}.key.pem").read_bytes(), pem_of(certificate))
        verdict = check_chain(certificate, (told.authority,), anchors, datetime.now(UTC), _USES[name])
        named = subject_agency(certificate)
    except (KeyRefusedError, ValueError) as error:
        raise EnrolmentError("certificate", f"the {name} certificate does not read, or is another key's") from error
    if not verdict.passed or named != agency:
        raise EnrolmentError("certificate", f"the {name} certificate does not lead to your anchors, or is another's")
