"""The certificate with which a node dials the hub, and the one that follows it.

Promises: each dial shows the newest certificate that was taken into use; sessions that stand go on with theirs. A
certificate that has ended at the start gives way to the next one that is there. Leaves out: asking for the next one and
when it may be used (`bus.node.renewals`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bus import net
from bus.keystore.following import in_force
from bus.keystore.kinds import open_key
from bus.keystore.pem import certificates_in
from config.node import NodeLinkSettings
from signing.keys import Signer, thumbprint
from signing.outside import pem_of


@dataclass(frozen=True, slots=True)
class _Files:
    """PEM files of a chain and its key."""

    certificate: Path
    key: Path


class LinkIdentity:
    """A node's end of the link, made of its settings."""

    def __init__(self, settings: NodeLinkSettings, at_ms: int) -> None:
        """Take up what the settings name, or what follows it where that has ended.

        Raises:
            TlsIdentityError: the files cannot be used.
            KeyAddressError: as `in_force`.
        """
        self._settings = settings
        self._anchors = net.anchors_in(settings.anchors)
        self.context = net.client_context(settings.certificate, settings.key, self._anchors)
        self._x5t = thumbprint(certificates_in(settings.certificate)[0])
        if settings.renewal is not None:
            signer = in_force(settings.renewal.folder, settings.renewal.agency, self.address, at_ms)
            if signer.x5t != self._x5t:
                self.use(signer)

    @property
    def address(self) -> str:
        """The key that the settings name, as key stores name it."""
        return f"file:{quote(str(self._settings.key))}?certificate={quote(str(self._settings.certificate))}"

    @property
    def signer(self) -> Signer:
        """The key that the settings name."""
        return open_key(self.address)

    @property
    def x5t(self) -> str:
        """Thumbprint of the certificate that the next dial shows."""
        return self._x5t

    def use(self, signer: Signer) -> None:
        """Show this certificate from the next dial on.

        Raises:
            TlsIdentityError: its files are not there, or cannot be used.
        """
        files = self._files_of(signer.x5t)
        self.context = net.client_context(files.certificate, files.key, self._anchors)
        self._x5t = signer.x5t

    def _files_of(self, x5t: str) -> _Files:
        """The chain as TLS presents it: the new certificate, then the issuers of the one that the settings name."""
        own = certificates_in(self._settings.certificate)
        if thumbprint(own[0]) == x5t:
            return _Files(self._settings.certificate, self._settings.key)
        renewal = self._settings.renewal
        for file in renewal.folder.glob("*/next.pem") if renewal is not None else ():
            leaf = certificates_in(file)[0]
            if thumbprint(leaf) == x5t:
                chain = file.with_name("chain.pem")
                chain.write_bytes(b"".join(map(pem_of, (leaf, *own[1:]))))
                return _Files(chain, file.with_name("next.key.pem"))
        raise net.TlsIdentityError("link: the next certificate's files are not there")
