"""Signatures in documents of older exchanges (edXML and the like): said to be there, never said to hold.

Promises: each signature in an XML document is reported as present, not verified, and why; the status is a doubt, so no
reader takes one for a yes. Leaves out: verifying them. Their rules do not say which part a signature must cover, their
algorithms are retired, and their certificates come without evidence of revocation.

Sources: QCVN 102:2016/BTTTT (edXML); ETSI EN 319 102-1 §5.1.2 (INDETERMINATE).
"""

from __future__ import annotations

from typing import Final

from schemas.xml import Element, XmlError, XmlLimits, parse
from signing.examine import Finding
from signing.verdict import Indication, because
from signing.xades_words import Digest, Method, ds

LIMITS: Final = XmlLimits(max_bytes=64 * 1024 * 1024, max_elements=200_000)
MAX_REPORTED: Final = 16


def signatures_in(document: bytes) -> list[Finding]:
    """What stands in a document, one finding for each signature; empty where there is none, or it is no XML."""
    try:
        root = parse(document, LIMITS, exact=True)
    except XmlError:
        return []
    return [
        Finding(0, f"XML signature {number}", because(Indication.GENERIC, "XML signature", _why(one)))
        for number, one in enumerate(root.iter(ds("Signature")), start=1)
        if number <= MAX_REPORTED
    ]


def _why(signature: Element) -> str:
    """The first of the reasons that apply."""
    methods = [one.get("Algorithm") for one in signature.iter(ds("SignatureMethod"))]
    digests = [one.get("Algorithm") for one in signature.iter(ds("DigestMethod"))]
    if any(one not in set(Method) for one in methods) or any(one not in set(Digest) for one in digests):
        return "present, not verified: an algorithm outside the closed list, such as SHA-1"
    if not list(signature.iter(ds("X509Certificate"))):
        return "present, not verified: it carries no certificate"
    if any(True for _ in signature.iter(ds("Transform"))):
        return "present, not verified: transforms decide what it covers"
    return "present, not verified: no rule of its format says what it must cover"
