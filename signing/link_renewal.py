"""Renewing a node's link certificate: asked with the link key in use, judged and issued by the operator's authority.

Promises: as `signing.renewal`, whose steps, limits and form these are; only the holder of the certificate in use can
ask, whoever carries the question. What is signed begins with words of its own, so that neither a seal nor a TLS
handshake can stand for it. Leaves out: a hub's server certificate, whose names its operator decides.

    packed = MessagePack ["lienthong-link-renewal", 1, payload, signature]; payload: JSON as in `signing.renewal`

Sources: RFC 7030 §4.2.2 (re-enrolment with the key in use); RFC 7518 §3 (signatures).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from signing.chain import CertificateError, Use, check_chain, parsed, subject_agency
from signing.keys import KeyRefusedError, Signer, accepted_spelling, admitted_key, algorithm_for, verify
from signing.renewal import Asked, RenewalRefusedError, asked_of

_WORDS: Final = b"lienthong link renewal v1\n"
_FRESH_MS: Final = 300_000


class _Form(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    kind: Literal["lienthong-link-renewal"]
    v: Literal[1]
    payload: bytes
    signature: bytes


_decoder: Final = msgspec.msgpack.Decoder(_Form)


def pack(payload: bytes, signer: Signer) -> bytes:
    """The request (`signing.renewal.renewal`) signed with the link key in use."""
    signature = accepted_spelling(signer.alg, signer.sign(_WORDS + payload))
    return msgspec.msgpack.encode(_Form("lienthong-link-renewal", 1, payload, signature))


def is_link_renewal(packed: bytes) -> bool:
    """Whether a request for renewal is for a link's certificate, by its form alone."""
    try:
        _decoder.decode(packed)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def judge(
    packed: bytes, current: bytes, authority: bytes, anchors: tuple[bytes, ...], *, instance: str, now_ms: int
) -> Asked:
    """Judge a request, step by step.

    1. it is signed by the key of the certificate in use
    2. that certificate is the authority's own, for a node's links, valid now, and no other agency's
    3. the request reads, is of this installation, and was made now
    4. the new key signed it, is of the closed list, and is new

    Args:
        packed: the request; never believed.
        current: the link certificate in use, DER; never believed.
        authority: the certificate of the authority that judges, DER.
        anchors: roots above it, DER.
        instance: the installation.
        now_ms: the moment.

    Raises:
        RenewalRefusedError: which step does not hold.
    """
    at = datetime.fromtimestamp(now_ms / 1000, UTC)
    try:
        form = _decoder.decode(packed)
        key = admitted_key(parsed(current).public_key())
        signed = verify(key, algorithm_for(key), form.signature, _WORDS + form.payload)  # 1
        chain = check_chain(current, (authority,), anchors, at, Use.LINK_CLIENT)  # 2
        own = parsed(current).issuer == parsed(authority).subject
        named = subject_agency(current)
    except (CertificateError, KeyRefusedError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RenewalRefusedError("certificate", "the request or its certificate does not read") from error
    if not signed:
        raise RenewalRefusedError("seal", "the key in use did not sign the request")
    if not (chain.passed and own):
        raise RenewalRefusedError("chain", "the certificate in use is not one of this authority, or not valid now")
    return asked_of(form.payload, current, key, named, instance=instance, now_ms=now_ms, fresh_ms=_FRESH_MS)  # 3, 4
