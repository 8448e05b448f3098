"""RFC 3161 time-stamps: ask a time-stamping authority, and judge what it says, now or decades later.

Promises: in steps without I/O: `begin` gives the request's bytes, `complete` takes the answer and gives the token if it
is an answer to this very request, `check` judges a token over data under the reader's anchors. A token passes only with
algorithms of the closed list, the digest of these very bytes, a certificate for nothing but time-stamping that is
signed for (ESSCertIDv2) and led to an anchor at the stated time, and a signature that holds for two readers:
cryptography, and rfc3161-client (OpenSSL). Leaves out: posting (`bus.ledger.anchoring`), revocation of the authority's
certificate, BER, RSASSA-PSS.

Sources: RFC 3161 §2.4; RFC 5816; ETSI EN 319 422 §4, §5; ETSI EN 319 102-1 §5.4 (time-stamp validation).
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec
import rfc3161_client as tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from signing import cms
from signing.chain import Use, check_chain
from signing.verdict import PASSED, Indication, Verdict, VerdictError, because

MAX_RESPONSE_BYTES: Final = 64 * 1024
TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
_VERSION: Final = 1
_DIGESTS: Final[dict[str, hashes.HashAlgorithm]] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}
_RSA: Final = "1.2.840.113549.1.1.1"
_SIGNATURES: Final[dict[str, tuple[type, str]]] = {
    "1.2.840.113549.1.1.11": (rsa.RSAPublicKey, "2.16.840.1.101.3.4.2.1"),
    "1.2.840.113549.1.1.12": (rsa.RSAPublicKey, "2.16.840.1.101.3.4.2.2"),
    "1.2.840.113549.1.1.13": (rsa.RSAPublicKey, "2.16.840.1.101.3.4.2.3"),
    "1.2.840.10045.4.3.2": (ec.EllipticCurvePublicKey, "2.16.840.1.101.3.4.2.1"),
    "1.2.840.10045.4.3.3": (ec.EllipticCurvePublicKey, "2.16.840.1.101.3.4.2.2"),
    "1.2.840.10045.4.3.4": (ec.EllipticCurvePublicKey, "2.16.840.1.101.3.4.2.3"),
}
"""Signature algorithms by OID: the kind of key, and the digest."""


class Digest(StrEnum):
    """What a request hashes the data with."""

    SHA256 = "sha256"
    SHA512 = "sha512"


class TimeStampRefusedError(ValueError):
    """The authority's answer is no time-stamp for this request; the message names the rule."""


class Pending(msgspec.Struct, frozen=True):
    """A request that waits for its answer.

    Attributes:
        request: what is posted, `application/timestamp-query`.
        nonce: the random number that the answer must repeat.
        digest: with what the data were hashed.
        imprint: their digest.
    """

    request: bytes
    nonce: int
    digest: Digest
    imprint: bytes

    def complete(self, response: bytes) -> bytes:
        """The token (DER) in an answer to this request, not judged further.

        Raises:
            TimeStampRefusedError: over 64 KiB, malformed, not granted as asked, or an answer to another request.
        """
        if len(response) > MAX_RESPONSE_BYTES:
            raise TimeStampRefusedError(f"time-stamp: an answer of at most {MAX_RESPONSE_BYTES} bytes")
        told = _decoded(response)
        if told.status != tsp.PKIStatus.GRANTED:
            raise TimeStampRefusedError(f"time-stamp: not granted as asked (status {told.status})")
        info = told.tst_info
        if info.nonce != self.nonce:
            raise TimeStampRefusedError("time-stamp: it repeats another nonce")
        algorithm = _DIGESTS.get(info.message_imprint.hash_algorithm.dotted_string)
        if algorithm is None or algorithm.name != self.digest or info.message_imprint.message != self.imprint:
            raise TimeStampRefusedError("time-stamp: it is over other data, or by another digest")
        return told.time_stamp_token()


class Stamp(msgspec.Struct, frozen=True):
    """What a token says.

    Attributes:
        at: the authority's time, aware.
        accuracy: how far off it may be, as the authority states it; zero where it says nothing.
        policy: OID under which it was given.
        serial: the token's number at the authority.
        authority: the subject of the authority's certificate.
        certificate: that certificate, DER.
    """

    at: datetime
    accuracy: timedelta
    policy: str
    serial: int
    authority: str
    certificate: bytes


def begin(data: bytes, digest: Digest = Digest.SHA256) -> Pending:
    """Ask for a time-stamp over data: with a fresh nonce, and for the authority's certificate in the token.

    Raises:
        ValueError: there are no data.
    """
    algorithm = tsp.HashAlgorithm[digest.name]
    asked = tsp.TimestampRequestBuilder().data(data).hash_algorithm(algorithm).nonce().cert_request(cert_request=True)
    made = asked.build()
    if made.nonce is None:
        raise TypeError("time-stamp: a request has a nonce")
    return Pending(made.as_bytes(), made.nonce, digest, hashlib.new(digest, data).digest())


def check(
    token: bytes, data: bytes, anchors: Sequence[bytes], at: datetime, intermediates: Sequence[bytes] = ()
) -> tuple[Verdict, Stamp | None]:
    """Judge a token over data.

    Args:
        token: the TimeStampToken, DER; never believed.
        data: the bytes that are said to have existed.
        anchors: roots of time-stamping authorities that the reader trusts, DER.
        at: the moment of this check, aware: a token from after it is refused.
        intermediates: further certificates that may stand in between; the token's own are taken too.

    Returns:
        A passed verdict with what the token says, or why not and None.
    """
    try:
        content, told = _read(token)  # 1 one signed TSTInfo, strict DER, nothing behind it
        _over(told, data)  # 2 over these very bytes, by a digest of the closed list
        signer = _signer(content)  # 3 exactly one certificate is the signer's, and it is signed for
        _content_signed(content)  # 4 the content is the one that is signed for
        stamp = _stamp(told, signer)
        _in_order(stamp, at)  # 5 its time has come
        others = [cms.der_of(one) for one in content.certificates if one != signer]
        between = tuple(dict.fromkeys((*others, *intermediates)))
        check_chain(
            stamp.certificate, between, anchors, stamp.at, Use.TIME_STAMP
        ).must_pass()  # 6 for this use, at its time
        _signature(content, signer)  # 7 the signature holds, by an algorithm of the closed list
        _second_reader(told, anchors, between)  # 8 OpenSSL says the same
    except VerdictError as stop:
        return stop.verdict, None
    return PASSED, stamp


def token_in(data: bytes) -> bytes | None:
    """The token that a file holds, bare or in the answer (TimeStampResp) that it came in; None where it is neither."""
    if len(data) > MAX_RESPONSE_BYTES:
        return None
    for answer in (data, file_of(data)):
        try:
            told = _decoded(answer)
        except TimeStampRefusedError:
            continue
        if told.status in {tsp.PKIStatus.GRANTED, tsp.PKIStatus.GRANTED_WITH_MODS}:
            return told.time_stamp_token()
    return None


def imprint_of(token: bytes) -> tuple[str, bytes] | None:
    """With what (`sha256`) and to which digest a token says that it is over its data; None where it does not read.

    Nothing is judged.
    """
    try:
        imprint = _decoded(file_of(token)).tst_info.message_imprint
    except TimeStampRefusedError:
        return None
    algorithm = _DIGESTS.get(imprint.hash_algorithm.dotted_string)
    return None if algorithm is None else (algorithm.name, imprint.message)


def authority_of(token: bytes) -> bytes | None:
    """The certificate (DER) that a token names as its signer's; None where it does not carry it. Nothing is judged.

    Raises:
        TimeStampRefusedError: not a token in strict DER.
    """
    try:
        content = cms.read(token)
    except cms.CmsError as error:
        raise TimeStampRefusedError(str(error)) from error
    return next((cms.der_of(one) for one in content.certificates if _is_signer(one, content)), None)


def file_of(token: bytes) -> bytes:
    """A token as a whole answer (TimeStampResp, status granted), as tools that want one read it."""
    return _sequence(_sequence(b"\x02\x01\x00") + token)


def text_of(token: bytes) -> str:
    """A token in base64."""
    return b64encode(token).decode("ascii")


def _read(token: bytes) -> tuple[cms.SignedContent, tsp.TimeStampResponse]:
    try:
        if len(token) > MAX_RESPONSE_BYTES:
            raise _stop(Indication.FORMAT_FAILURE, "1 token", "over 64 KiB")
        content = cms.read(token)
        told = _decoded(file_of(token))
        version = told.tst_info.version
    except (cms.CmsError, TimeStampRefusedError) as error:
        raise _stop(Indication.FORMAT_FAILURE, "1 token", "not a time-stamp token in strict DER") from error
    if content.content_type != TST_INFO or version != _VERSION:
        raise _stop(Indication.FORMAT_FAILURE, "1 token", "not a time-stamp token in strict DER")
    return content, told


def _over(told: tsp.TimeStampResponse, data: bytes) -> None:
    imprint = told.tst_info.message_imprint
    algorithm = _DIGESTS.get(imprint.hash_algorithm.dotted_string)
    if algorithm is None:
        raise _stop(Indication.CRYPTO_CONSTRAINTS_FAILURE, "2 imprint", "its digest is outside the closed list")
    if hashlib.new(algorithm.name, data).digest() != imprint.message:
        raise _stop(Indication.HASH_FAILURE, "2 imprint", "the time-stamp is over other bytes")


def _signer(content: cms.SignedContent) -> x509.Certificate:
    fitting = [one for one in content.certificates if _is_signer(one, content)]
    if len(fitting) != 1:
        detail = "the token holds not exactly one certificate of its signer"
        raise _stop(Indication.NO_SIGNING_CERTIFICATE_FOUND, "3 certificate", detail)
    named = content.signing_certificate
    if named is None:
        detail = "the signer's certificate is not signed for (ESSCertIDv2)"
        raise _stop(Indication.SIG_CONSTRAINTS_FAILURE, "3 certificate", detail)
    algorithm = _DIGESTS.get(named.algorithm)
    if algorithm is None:
        raise _stop(Indication.CRYPTO_CONSTRAINTS_FAILURE, "3 certificate", "its digest is outside the closed list")
    held = hashlib.new(algorithm.name, cms.der_of(fitting[0])).digest()
    if held != named.digest or named.serial not in {None, content.serial}:
        detail = "another certificate is signed for than the token holds"
        raise _stop(Indication.HASH_FAILURE, "3 certificate", detail)
    return fitting[0]


def _is_signer(certificate: x509.Certificate, content: cms.SignedContent) -> bool:
    return certificate.serial_number == content.serial and certificate.issuer.public_bytes() == content.issuer


def _content_signed(content: cms.SignedContent) -> None:
    algorithm = _DIGESTS.get(content.digest_algorithm)
    if algorithm is None:
        raise _stop(Indication.CRYPTO_CONSTRAINTS_FAILURE, "4 content", "its digest is outside the closed list")
    digest = hashlib.new(algorithm.name, content.content).digest()
    if content.signed_type != content.content_type or content.signed_digest != digest:
        raise _stop(Indication.HASH_FAILURE, "4 content", "the content is not the one that is signed for")


def _stamp(told: tsp.TimeStampResponse, signer: x509.Certificate) -> Stamp:
    info = told.tst_info
    stated = info.accuracy
    off = timedelta()
    if stated is not None:
        off = timedelta(seconds=stated.seconds or 0, milliseconds=stated.millis or 0, microseconds=stated.micros or 0)
    return Stamp(
        at=info.gen_time,
        accuracy=off,
        policy=info.policy.dotted_string,
        serial=info.serial_number,
        authority=signer.subject.rfc4514_string(),
        certificate=cms.der_of(signer),
    )


def _in_order(stamp: Stamp, at: datetime) -> None:
    if stamp.at - stamp.accuracy > at:
        raise _stop(Indication.TIMESTAMP_ORDER_FAILURE, "5 time", "the time-stamp is from after this moment")


def _signature(content: cms.SignedContent, signer: x509.Certificate) -> None:
    key = signer.public_key()
    kind, digest = _SIGNATURES.get(content.signature_algorithm, (rsa.RSAPublicKey, content.digest_algorithm))
    listed = content.signature_algorithm in {*_SIGNATURES, _RSA}
    if not listed or digest != content.digest_algorithm or not isinstance(key, kind):
        detail = "its signature algorithm is outside the closed list, or not its key's"
        raise _stop(Indication.CRYPTO_CONSTRAINTS_FAILURE, "7 signature", detail)
    algorithm = _DIGESTS[digest]
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(content.signature, content.signed, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(content.signature, content.signed, ec.ECDSA(algorithm))
    except (InvalidSignature, UnsupportedAlgorithm) as error:
        raise _stop(Indication.SIG_CRYPTO_FAILURE, "7 signature", "the signature does not hold") from error


def _second_reader(told: tsp.TimeStampResponse, anchors: Sequence[bytes], between: Sequence[bytes]) -> None:
    verifier = tsp.VerifierBuilder(
        roots=[x509.load_der_x509_certificate(der) for der in anchors],
        intermediates=[x509.load_der_x509_certificate(der) for der in between],
    ).build()
    try:
        verifier.verify(told, told.tst_info.message_imprint.message)
    except (tsp.VerificationError, ValueError) as error:
        raise _stop(Indication.SIG_CRYPTO_FAILURE, "8 second reader", "OpenSSL does not take it") from error


def _decoded(response: bytes) -> tsp.TimeStampResponse:
    """An answer with a token that reads; every part is read here, so that nothing fails later."""
    try:
        told = tsp.decode_timestamp_response(response)
        if told.status in {tsp.PKIStatus.GRANTED, tsp.PKIStatus.GRANTED_WITH_MODS}:
            _ = (told.tst_info.gen_time, told.tst_info.accuracy, told.tst_info.policy, told.time_stamp_token())
    except (ValueError, TypeError, OverflowError) as error:
        raise TimeStampRefusedError("time-stamp: not an answer of RFC 3161") from error
    return told


def _sequence(content: bytes) -> bytes:
    """A DER SEQUENCE around bytes of DER."""
    size = len(content)
    if size < 0x80:  # noqa: PLR2004 - X.690 §8.1.3.4, the short form
        return bytes((0x30, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((0x30, 0x80 | len(length))) + length + content


def _stop(reason: Indication, step: str, detail: str) -> VerdictError:
    return VerdictError(because(reason, step, detail))
