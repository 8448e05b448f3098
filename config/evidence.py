"""Settings of evidence for decades: who stamps and vouches for the signed lists of digests that hubs and nodes make.

Promises and limits as in ``config.model``. Leaves out: the key, which is the seal's.
"""

from pydantic import Field

from config.model import FilePath, HttpUrl, SecretPath, Settings


class EvidenceSettings(Settings):
    """Services that lead a day's signed list of digests to level B-LT (docs/xades.md §7)."""

    authorities: tuple[HttpUrl, ...] = Field(min_length=1, max_length=8)
    """Addresses of time-stamping authorities (RFC 3161), asked in this order until one answers."""
    authority_anchors: tuple[FilePath, ...] = Field(min_length=1)
    """PEM files: the roots that the authorities' certificates must lead to."""
    anchors: tuple[FilePath, ...] = Field(min_length=1)
    """PEM files: the roots that the seal's certificate must lead to."""
    issuers: tuple[FilePath, ...] = ()
    """PEM files: certificates between those roots and the seal or the authorities."""
    ocsp: tuple[HttpUrl, ...] = ()
    """Addresses of OCSP responders, in place of those that certificates name."""
    revocation_lists: tuple[HttpUrl, ...] = ()
    """Addresses of CRLs, besides those that certificates name."""
    entries_per_container: int = Field(default=512, ge=1, le=65_536)
    """How many seals of messages one container of a node's archive lists; those of one exchange stay together."""
    second_seal: SecretPath | None = None
    """PEM file with an ML-DSA-65 key that seals each list a second time, in a file beside the container."""
    timeout_seconds: float = Field(default=10.0, ge=1.0, le=120.0)
    """How long one service may take, in seconds."""
