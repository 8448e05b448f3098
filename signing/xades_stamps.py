"""What the time-stamps of a signature are over.

Promises: the same bytes for whoever asks for a time-stamp and whoever judges one: the signature value for a signature
time-stamp; for an archive time-stamp every signed file, the signed properties, the signature with its certificates, and
every unsigned property before it, so that each archive time-stamp keeps all evidence before it alive.
Leaves out: the tokens (`signing.timestamp`); distributed archive time-stamps.

Sources: ETSI EN 319 132-1 v1.2.1 §5.3 (SignatureTimeStamp), §5.5.2.2 (ArchiveTimeStamp, not distributed).
"""

from __future__ import annotations

from collections.abc import Mapping

from signing.xades_values import Signature
from signing.xades_words import Canonical, canonical


def signature_input(signature: Signature, form: Canonical = Canonical.EXCLUSIVE) -> bytes:
    """What a signature time-stamp is over."""
    return canonical(signature.value_element, form)


def archive_input(
    signature: Signature, files: Mapping[str, bytes], before: int, form: Canonical = Canonical.EXCLUSIVE
) -> bytes:
    """What an archive time-stamp is over.

    Args:
        signature: as read.
        files: bytes by reference URI, for every reference to a file.
        before: how many unsigned properties stand before it.
        form: the canonical form that the time-stamp names.
    """
    pieces = [
        files[one.uri] if one.form is None else canonical(signature.signed_properties, one.form)
        for one in signature.references
    ]
    pieces += [canonical(one, form) for one in (signature.signed_info, signature.value_element, signature.key_info)]
    pieces += [canonical(one.element, form) for one in signature.unsigned[:before]]
    return b"".join(pieces)
