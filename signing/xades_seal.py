"""Signing files: one XAdES signature over one or many files in an ASiC-E container, in steps without I/O.

Promises: `begin` gives the bytes to sign, whoever holds the key; `complete` gives a container at level B, which
`signing.packet` leads on to T, LT and LTA. Every file is signed for by its bytes, its name and its media type.
Leaves out: who holds the key, asks for time-stamps or fetches evidence (`bus`); counter-signatures, signature policies.

Sources: ETSI EN 319 132-1 v1.2.1 §6.3 (baseline B-B); ETSI EN 319 162-1 §4.3.3 (ASiC-E with XAdES).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.xml import Element
from signing import asice_zip, xades_build
from signing.chain import CertificateError, parsed
from signing.container import ContainerError
from signing.packet import Packet
from signing.xades_words import Canonical, Digest, Method, XadesFormatError, canonical, holds, key_title_of, method_for

MAX_SIGNED: Final = 1_000
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}", re.ASCII)


class SealRefusedError(ValueError):
    """Files cannot be signed so; the message names the rule."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to sign: its name inside the container, its bytes, and its media type."""

    name: str
    data: bytes
    media_type: str = "application/octet-stream"


class PendingSeal:
    """A container that waits for its signature.

    Attributes:
        to_sign: the bytes under the signature.
        method: the algorithm that it must be made with.
    """

    __slots__ = ("_certificate", "_files", "_root", "method", "to_sign")

    def __init__(self, files: tuple[File, ...], root: Element, certificate: bytes, method: Method) -> None:
        self._files = files
        self._root = root
        self._certificate = certificate
        self.method = method
        self.to_sign = canonical(root[0][0], Canonical.EXCLUSIVE)

    def complete(self, signature: bytes) -> Packet:
        """Add the signature over `to_sign`: r ‖ s on a curve, the modulus' length for RSA.

        Raises:
            SealRefusedError: it is not the certificate's key's.
        """
        if not holds(self.method, parsed(self._certificate).public_key(), signature, self.to_sign):
            raise SealRefusedError("signature: it is not the certificate's key's over these bytes")
        self._root[0][1].text = xades_build.base64(signature)
        media_types = {one.name: one.media_type for one in self._files}
        return Packet.of(xades_build.text_of(self._root), {one.name: one.data for one in self._files}, media_types)


def begin(
    files: Sequence[File], certificate: bytes, at: datetime, *, issuers: Sequence[bytes] = (), pss: bool = False
) -> PendingSeal:
    """Prepare one signature over files.

    Args:
        files: 1 to 1,000.
        certificate: the signer's, DER: P-256, P-384, or RSA from 3072 bits.
        at: when it is signed, as the signer says, aware.
        issuers: certificates above the signer's, DER; the root may be left out.
        pss: RSASSA-PSS in place of RSASSA-PKCS1-v1_5, for an RSA key.

    Raises:
        SealRefusedError: the files or the key are outside their limits.
    """
    if not 0 < len(files) <= MAX_SIGNED:
        raise SealRefusedError(f"signature: over 1 to {MAX_SIGNED} files")
    try:
        method = _method(certificate, pss=pss)
        asice_zip.check_names(dict.fromkeys((one.name for one in files), b""))
    except (CertificateError, ContainerError, XadesFormatError) as error:
        raise SealRefusedError(str(error)) from error
    _check(files)
    digest = Digest[method.digest]
    references = [(one.media_type, asice_zip.uri_of(one.name), digest.of(one.data)) for one in files]
    root = xades_build.signature(references, method, digest)
    types = [one.media_type for one in files]
    properties = xades_build.qualifying(root, (certificate, *issuers), at, types, digest)
    root[0][0][-1][-1].text = xades_build.base64(digest.of(canonical(properties, Canonical.EXCLUSIVE)))
    return PendingSeal(tuple(files), root, certificate, method)


def _check(files: Sequence[File]) -> None:
    if len({one.name for one in files}) != len(files):
        raise SealRefusedError("signature: a name stands twice")
    for one in files:
        if one.name.casefold().startswith("meta-inf/") or one.name.casefold() == asice_zip.MIMETYPE:
            raise SealRefusedError("signature: META-INF and mimetype are the container's own")
        if not _MEDIA_TYPE.fullmatch(one.media_type):
            raise SealRefusedError("signature: a media type is two lower-case words without parameters")


def _method(certificate: bytes, *, pss: bool) -> Method:
    title = key_title_of(parsed(certificate))
    if title is None:
        raise XadesFormatError("signature: keys are P-256, P-384, or RSA from 3072 bits")
    return method_for(title, pss=pss)
