"""The evidence file: one JSON document with everything that a stranger needs to judge an exchange without a server.

Promises: `read` takes exactly the format of docs/seal.md §7 and names the rule when it refuses; `write` gives what
`read` takes. Nothing in the file is believed: anchors and log keys in it are only offers, see `signing.examine`.
Leaves out: judging (`signing.examine`), gathering the pieces (a node's archive does).
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from schemas.sealed import Sealed, SealedFile, from_file, to_file
from schemas.text import b64url_decode, b64url_encode, moment, moment_ms
from signing.keys import Algorithm

MAX_FILE_BYTES: Final = 256 * 1024 * 1024
MAX_SEALED: Final = 1024
MAX_CERTIFICATES: Final = 256
MAX_TIME_STAMPS: Final = 8


class EvidenceError(ValueError):
    """The bytes are no evidence file; the message names the rule."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A seal certificate as the file offers it.

    Attributes:
        der: the certificate.
        alg: the algorithm it was registered for; None is the default of its key.
        revoked_at_ms: when the registry revoked it, ms since the epoch.
    """

    der: bytes
    alg: Algorithm | None = None
    revoked_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class LogProof:
    """That both leaves of the receipt stand in a published log.

    Attributes:
        checkpoint: the signed note.
        asked: inclusion path of the asked leaf in the checkpoint's tree.
        outcome: inclusion path of the outcome leaf.
        time_stamps: tokens of RFC 3161 over the signed note, DER.
    """

    checkpoint: bytes
    asked: tuple[bytes, ...]
    outcome: tuple[bytes, ...]
    time_stamps: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """The file's content, decoded but not judged.

    Attributes:
        instance: the installation, such as `VN-test`.
        sealed: the envelopes: question, answer, or whatever is in dispute.
        certificates: the seal certificates that made the seals.
        intermediates: issuing authorities, DER.
        anchors: roots that the file offers, DER.
        parts: bodies, in any order; each is found by its digest.
        receipt: the hub's sealed receipt.
        log: inclusion in the published log.
    """

    instance: str
    sealed: tuple[Sealed, ...]
    certificates: tuple[Registered, ...]
    intermediates: tuple[bytes, ...] = ()
    anchors: tuple[bytes, ...] = ()
    parts: tuple[bytes, ...] = ()
    receipt: Sealed | None = None
    log: LogProof | None = None


class _Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Members of the file: closed, absent rather than null."""


class _CertificateForm(_Form, frozen=True):
    der: str
    alg: Algorithm | None = None
    revoked: str | None = None


class _LogForm(_Form, frozen=True):
    checkpoint: str
    asked: tuple[str, ...]
    outcome: tuple[str, ...]
    time_stamps: Annotated[tuple[str, ...], Meta(max_length=MAX_TIME_STAMPS)] = ()


class _FileForm(_Form, frozen=True):
    v: Literal[1]
    instance: Annotated[str, Meta(pattern=r"^[A-Z]{2}(-[a-z0-9]{1,20})?\Z")]
    sealed: Annotated[tuple[SealedFile, ...], Meta(min_length=1, max_length=MAX_SEALED)]
    certificates: Annotated[tuple[_CertificateForm, ...], Meta(max_length=MAX_CERTIFICATES)]
    intermediates: Annotated[tuple[str, ...], Meta(max_length=MAX_CERTIFICATES)] = ()
    anchors: Annotated[tuple[str, ...], Meta(max_length=MAX_CERTIFICATES)] = ()
    parts: tuple[str, ...] = ()
    receipt: SealedFile | None = None
    log: _LogForm | None = None


_decoder: Final = msgspec.json.Decoder(_FileForm)


def read(data: bytes) -> Evidence:
    """Decode an evidence file of at most 256 MiB.

    Raises:
        EvidenceError: not the format; the message names rule and member.
    """
    if len(data) > MAX_FILE_BYTES:
        raise EvidenceError(f"evidence: at most {MAX_FILE_BYTES} bytes")
    try:
        form = _decoder.decode(data)
        return Evidence(
            instance=form.instance,
            sealed=tuple(map(from_file, form.sealed)),
            certificates=tuple(map(_registered, form.certificates)),
            intermediates=_decoded(form.intermediates),
            anchors=_decoded(form.anchors),
            parts=_decoded(form.parts),
            receipt=from_file(form.receipt) if form.receipt else None,
            log=_log(form.log) if form.log else None,
        )
    except ValueError as error:
        raise EvidenceError(f"evidence: {error}") from error


def write(evidence: Evidence) -> bytes:
    """The file's bytes: UTF-8 JSON, indented by two, so that people can look into it."""
    form = _FileForm(
        v=1,
        instance=evidence.instance,
        sealed=tuple(map(to_file, evidence.sealed)),
        certificates=tuple(map(_certificate_form, evidence.certificates)),
        intermediates=_encoded(evidence.intermediates),
        anchors=_encoded(evidence.anchors),
        parts=_encoded(evidence.parts),
        receipt=to_file(evidence.receipt) if evidence.receipt else None,
        log=_log_form(evidence.log) if evidence.log else None,
    )
    return msgspec.json.format(msgspec.json.encode(form), indent=2) + b"\n"


def der_from_pem(pem: bytes) -> tuple[bytes, ...]:
    """Every certificate of a PEM file (RFC 7468), in order.

    Raises:
        EvidenceError: none in it, or one is not base64.
    """
    blocks = pem.split(b"-----BEGIN CERTIFICATE-----")[1:]
    try:
        found = tuple(b64decode(b"".join(block.split(b"-----END")[0].split()), validate=True) for block in blocks)
    except binascii.Error as error:
        raise EvidenceError("evidence: a PEM certificate is not base64") from error
    if not found:
        raise EvidenceError("evidence: no PEM certificate found")
    return found


def _registered(form: _CertificateForm) -> Registered:
    revoked = moment_ms(form.revoked) if form.revoked is not None else None
    return Registered(b64url_decode(form.der), form.alg, revoked)


def _certificate_form(one: Registered) -> _CertificateForm:
    revoked = moment(one.revoked_at_ms) if one.revoked_at_ms is not None else None
    return _CertificateForm(b64url_encode(one.der), one.alg, revoked)


def _log(form: _LogForm) -> LogProof:
    paths = (_decoded(form.asked), _decoded(form.outcome))
    return LogProof(form.checkpoint.encode(), *paths, _decoded(form.time_stamps))


def _log_form(log: LogProof) -> _LogForm:
    paths = (_encoded(log.asked), _encoded(log.outcome))
    return _LogForm(log.checkpoint.decode(), *paths, _encoded(log.time_stamps))


def _decoded(texts: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(map(b64url_decode, texts))


def _encoded(blobs: tuple[bytes, ...]) -> tuple[str, ...]:
    return tuple(map(b64url_encode, blobs))
