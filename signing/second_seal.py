"""A second seal over a list of digests, by ML-DSA-65: a hedge for the day on which elliptic curves and RSA fall.

Promises: it is a file of its own beside the container, so that tools which know no ML-DSA judge the container as ever;
what is signed are the list's own bytes under a fixed context, so that any implementation of FIPS 204 can verify it;
the container may be renewed, the second seal stays. The judge believes public keys that the reader brings, never the
file's. Leaves out: certificates for such keys (none are issued yet), where the key is kept.

Sources: NIST FIPS 204 (ML-DSA-65, pure, with context); RFC 9881 (its keys in PKCS #8 and SPKI); docs/xades.md §7.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Annotated, Final, Literal

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey, MLDSA65PublicKey
from msgspec import Meta

from signing.examine import Finding
from signing.keys import KeyRefusedError
from signing.verdict import PASSED, Indication, Verdict, VerdictError, because

SUFFIX: Final = ".mldsa65.json"
CONTEXT: Final = b"lienthong second seal v1"
MAX_BYTES: Final = 16_384
_DER: Final = serialization.Encoding.DER
_PEM: Final = serialization.Encoding.PEM
_SPKI: Final = serialization.PublicFormat.SubjectPublicKeyInfo


class _Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    v: Literal[1]
    kind: Literal["lienthong-second-seal"]
    alg: Literal["ML-DSA-65"]
    context: Literal["lienthong second seal v1"]
    file: Literal["digests.sha256"]
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    public_key: Annotated[str, Meta(max_length=4096)]
    signature: Annotated[str, Meta(max_length=8192)]


class SecondKey:
    """An ML-DSA-65 key."""

    def __init__(self, key: MLDSA65PrivateKey) -> None:
        self._key = key
        self.public = key.public_key().public_bytes(_DER, _SPKI)

    def seal(self, listed: bytes) -> bytes:
        """The second seal's file over a list's bytes."""
        form = _Form(
            1,
            "lienthong-second-seal",
            "ML-DSA-65",
            "lienthong second seal v1",
            "digests.sha256",
            sha256(listed).hexdigest(),
            b64encode(self.public).decode("ascii"),
            b64encode(self._key.sign(listed, CONTEXT)).decode("ascii"),
        )
        return _written(form)


def new_key() -> tuple[bytes, bytes]:
    """A new key as PEM: PKCS #8 in the clear, and the public half."""
    key = MLDSA65PrivateKey.generate()
    plain = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return plain, key.public_key().public_bytes(_PEM, _SPKI)


def load_key(pem: bytes) -> SecondKey:
    """A key from PEM.

    Raises:
        KeyRefusedError: unreadable, or of another kind.
    """
    try:
        key = serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyRefusedError("key: not a readable PEM key") from error
    if not isinstance(key, MLDSA65PrivateKey):
        raise KeyRefusedError("key: a second seal is by ML-DSA-65")
    return SecondKey(key)


def public_from_pem(pem: bytes) -> bytes:
    """A public key, DER.

    Raises:
        KeyRefusedError: unreadable, or of another kind.
    """
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyRefusedError("key: not a readable PEM public key") from error
    if not isinstance(key, MLDSA65PublicKey):
        raise KeyRefusedError("key: a second seal is by ML-DSA-65")
    return key.public_bytes(_DER, _SPKI)


def looks_like(data: bytes) -> bool:
    """Whether a file means to be a second seal."""
    return data[:1] == b"{" and b'"lienthong-second-seal"' in data[:MAX_BYTES]


def check(data: bytes, listed: bytes | None, keys: Sequence[bytes]) -> list[Finding]:
    """Judge a second seal; never raises on hostile bytes.

    1. the file has its one spelling
    2. its key is one that the reader brings
    3. it is over this list
    4. the signature holds

    Args:
        data: the file.
        listed: the list's bytes; None where the reader has brought none.
        keys: public keys that the reader believes, DER.
    """
    findings: list[Finding] = []
    try:
        form = _read(data)  # 1
        findings.append(Finding(1, "second seal, ML-DSA-65", PASSED))
        key = _key(form, keys)  # 2
        findings.append(Finding(2, f"public key {sha256(key).hexdigest()}", PASSED))
        _over(form, listed)  # 3
        findings.append(Finding(3, "digest of the list", PASSED))
        _holds(form, key, listed or b"")  # 4
        findings.append(Finding(4, "signature value", PASSED))
    except VerdictError as stop:
        findings.append(Finding(int(stop.verdict.step[0]), "second seal", stop.verdict))
    return findings


def _written(form: _Form) -> bytes:
    return msgspec.json.format(msgspec.json.encode(form), indent=2) + b"\n"


def _read(data: bytes) -> _Form:
    try:
        form = msgspec.json.decode(data[: MAX_BYTES + 1], type=_Form)
    except (msgspec.DecodeError, UnicodeDecodeError):
        form = None
    if form is None or _written(form) != data:
        raise VerdictError(because(Indication.FORMAT_FAILURE, "1 file", "the second seal is not in its one spelling"))
    return form


def _key(form: _Form, keys: Sequence[bytes]) -> bytes:
    held = next((key for key in keys if b64encode(key).decode("ascii") == form.public_key), None)
    if held is None:
        detail = "bring the second seal's public key (--second-key)" if not keys else "by a key that you did not bring"
        raise VerdictError(because(Indication.NO_SIGNING_CERTIFICATE_FOUND, "2 key", detail))
    return held


def _over(form: _Form, listed: bytes | None) -> None:
    if listed is None:
        detail = "name the one container or list that it is over (--data)"
        raise VerdictError(because(Indication.SIGNED_DATA_NOT_FOUND, "3 list", detail))
    if sha256(listed).hexdigest() != form.sha256:
        raise VerdictError(because(Indication.HASH_FAILURE, "3 list", "the second seal is over another list"))


def _holds(form: _Form, key: bytes, listed: bytes) -> None:
    verdict: Verdict = because(Indication.SIG_CRYPTO_FAILURE, "4 signature", "the signature does not hold")
    public = serialization.load_der_public_key(key)
    if not isinstance(public, MLDSA65PublicKey):
        raise VerdictError(verdict)
    try:
        public.verify(b64decode(form.signature, validate=True), listed, CONTEXT)
    except (InvalidSignature, ValueError):
        raise VerdictError(verdict) from None
