"""The closed lists of XAdES: namespaces, canonical forms, digests, signature algorithms and what keys they go with.

Promises: whoever asks for anything else gets `XadesFormatError` or None, never a default; SHA-1, HMAC, DSA, RSA below
3072 bits and curves other than P-256 and P-384 are in no list. ECDSA values are r ‖ s of the curve's length, never DER.
Leaves out: when an algorithm stops being good enough (`signing.xades_policy`).

Sources: RFC 9231 §2.1, §2.3 (algorithm URIs); XML Signature 1.1 §6.4.3 (ECDSA values); W3C xml-c14n, xml-exc-c14n;
ETSI EN 319 132-1 §4.2 (namespaces); ETSI TS 119 312 §6, §7.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from lxml import etree

from schemas.xml import Element
from signing.keys import MAX_RSA_BITS, MIN_RSA_BITS

DS: Final = "http://www.w3.org/2000/09/xmldsig#"
XADES: Final = "http://uri.etsi.org/01903/v1.3.2#"
XADES141: Final = "http://uri.etsi.org/01903/v1.4.1#"
ASIC: Final = "http://uri.etsi.org/02918/v1.2.1#"
SIGNED_PROPERTIES_TYPE: Final = "http://uri.etsi.org/01903#SignedProperties"


class XadesFormatError(ValueError):
    """Not the one shape that is read, or outside a closed list; the message names the rule."""


class Canonical(StrEnum):
    """Canonical forms of XML, all without comments."""

    EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
    INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
    INCLUSIVE_11 = "http://www.w3.org/2006/12/xml-c14n11"


class Digest(StrEnum):
    """Digests by URI."""

    SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
    SHA384 = "http://www.w3.org/2001/04/xmldsig-more#sha384"
    SHA512 = "http://www.w3.org/2001/04/xmlenc#sha512"

    def of(self, data: bytes) -> bytes:
        """The digest of data."""
        return hashlib.new(self.name, data).digest()


class Method(StrEnum):
    """Signature algorithms by URI."""

    ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
    ECDSA_SHA384 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"
    ECDSA_SHA512 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"
    RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    RSA_SHA384 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"
    RSA_SHA512 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"
    PSS_SHA256 = "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"
    PSS_SHA384 = "http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1"
    PSS_SHA512 = "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1"

    @property
    def family(self) -> str:
        """`ECDSA`, `RSA` or `PSS`."""
        return self.name.partition("_")[0]

    @property
    def digest(self) -> str:
        """`SHA256`, `SHA384` or `SHA512`."""
        return self.name.partition("_")[2]


_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "SHA256": hashes.SHA256(),
    "SHA384": hashes.SHA384(),
    "SHA512": hashes.SHA512(),
}
_CURVES: Final = {"secp256r1": ("P-256", 32), "secp384r1": ("P-384", 48)}
_BYTES_OF_DIGEST: Final = {"SHA256": 32, "SHA384": 48, "SHA512": 64}


def ds(name: str) -> str:
    """A name of XML Signature as lxml has it."""
    return f"{{{DS}}}{name}"


def xades(name: str) -> str:
    """A name of XAdES 1.3.2."""
    return f"{{{XADES}}}{name}"


def xades141(name: str) -> str:
    """A name of XAdES 1.4.1."""
    return f"{{{XADES141}}}{name}"


def canonical(element: Element, form: Canonical) -> bytes:
    """The canonical bytes of an element where it stands."""
    return etree.tostring(element, method="c14n", exclusive=form is Canonical.EXCLUSIVE, with_comments=False)


def key_title(key: object) -> str | None:
    """`P-256`, `P-384` or `RSA-3072` and the like: a key that signs documents; None for any other."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _CURVES.get(key.curve.name, (None, 0))[0]
    if isinstance(key, rsa.RSAPublicKey) and MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        return f"RSA-{key.key_size}" if key.public_numbers().e > 2**16 else None
    return None


def key_title_of(certificate: x509.Certificate) -> str | None:
    """The same of a certificate's key; None, too, for a key that does not even read."""
    try:
        return key_title(certificate.public_key())
    except (ValueError, UnsupportedAlgorithm):
        return None


def method_for(title: str, *, pss: bool = False) -> Method:
    """The algorithm with which a key of this title signs when we make signatures."""
    if title.startswith("P-"):
        return Method.ECDSA_SHA256 if title == "P-256" else Method.ECDSA_SHA384
    return Method.PSS_SHA256 if pss else Method.RSA_SHA256


def fits(method: Method, key: object) -> bool:
    """Whether an algorithm is one of the key's: its family, and on a curve a digest no shorter than the curve."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        length = _CURVES.get(key.curve.name, ("", 0))[1]
        return method.family == "ECDSA" and 0 < length <= _BYTES_OF_DIGEST[method.digest]
    return isinstance(key, rsa.RSAPublicKey) and method.family != "ECDSA"


def holds(method: Method, key: object, signature: bytes, data: bytes) -> bool:
    """Whether a signature value is the key's over data."""
    algorithm = _HASHES[method.digest]
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(_dss(signature, _CURVES[key.curve.name][1]), data, ec.ECDSA(algorithm))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, _padding(method, algorithm), algorithm)
        else:
            return False
    except (InvalidSignature, XadesFormatError):
        return False
    return True


def plausible(method: Method, key: object, signature: bytes) -> bool:
    """Whether a signature value has the length that the key's have."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return len(signature) == 2 * _CURVES.get(key.curve.name, ("", 0))[1]
    return method.family != "ECDSA" and isinstance(key, rsa.RSAPublicKey) and len(signature) == (key.key_size + 7) // 8


def _padding(method: Method, algorithm: hashes.HashAlgorithm) -> padding.AsymmetricPadding:
    if method.family == "RSA":
        return padding.PKCS1v15()
    return padding.PSS(mgf=padding.MGF1(algorithm), salt_length=padding.PSS.DIGEST_LENGTH)


def _dss(signature: bytes, length: int) -> bytes:
    if len(signature) != 2 * length:
        raise XadesFormatError("signature: an ECDSA value is r and s, each as long as the curve")
    return encode_dss_signature(int.from_bytes(signature[:length], "big"), int.from_bytes(signature[length:], "big"))
