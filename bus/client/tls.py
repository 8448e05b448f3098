"""TLS towards a node: which anchors are trusted, and the certificate that this system shows."""

from __future__ import annotations

import ssl
from pathlib import Path


def tls_context(
    *, anchors: Path | None = None, certificate: Path | None = None, key: Path | None = None
) -> ssl.SSLContext:
    """A context that checks the node's certificate and name, TLS 1.2 or 1.3.

    Args:
        anchors: PEM file of the roots to trust; None: the machine's own.
        certificate: PEM file that this system shows (mutual TLS); None: it shows none.
        key: PEM file of its private key; None: it stands in the certificate's file.

    Raises:
        OSError: a file cannot be used (ssl.SSLError too).
    """
    context = ssl.create_default_context(cafile=str(anchors) if anchors else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate is not None:
        context.load_cert_chain(certificate, key)
    return context
