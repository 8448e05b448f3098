"""The next key of an agency: made beside the one in use, of the same kind of store, and given its certificate.

    FOLDER/next.address     where the next key is: a file beside this one, or the same token
    FOLDER/next.csr         the request for its certificate
    FOLDER/next.key.pem     the key, where it is a file's
    FOLDER/next.pem         its certificate, once it is issued

Promises: what was begun is gone on with after a restart, never begun twice; a certificate of another key is refused.
Leaves out: asking for the certificate (`bus.node.renewals`), taking the next key into use.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from bus.keystore import hardware
from bus.keystore.address import KeyAddressError, parse
from bus.keystore.kinds import open_key
from bus.keystore.pem import PemFileError, certificates_in
from config.secrets import replace_secret
from signing.chain import parsed
from signing.keys import KeyRefusedError, Signer
from signing.outside import new_key, pem_of


class NextKey:
    """The next key in its folder."""

    def __init__(self, folder: Path, agency: str, address: str) -> None:
        """Name a folder.

        Args:
            folder: where the next key's files are; made when needed.
            agency: whose key it is.
            address: the key in use, as the settings name it.
        """
        self._folder = folder
        self._agency = agency
        self._address = address

    def certificate(self) -> bytes | None:
        """The next certificate, DER; None until it is issued."""
        try:
            return certificates_in(self._certificate)[0]
        except PemFileError:
            return None

    def request(self) -> bytes:
        """The certificate request (PEM) of the next key, which is made when there is none.

        Raises:
            KeyAddressError: the store of the key in use makes no keys.
            OSError: the folder cannot be written to.
        """
        file = self._folder / "next.csr"
        if not file.exists():
            address, request = self._made()
            (self._folder / "next.address").write_text(address, encoding="utf-8")
            fresh = file.with_suffix(".new")
            fresh.write_bytes(request)
            fresh.replace(file)  # the last step: until it is there, nothing was begun
        return file.read_bytes()

    def keep(self, certificate: bytes) -> Signer:
        """Put the issued certificate (DER) in its place; the next key, ready.

        Raises:
            KeyAddressError: it is another key's, or none.
        """
        address = (self._folder / "next.address").read_text(encoding="utf-8")
        fresh = self._certificate.with_suffix(".new")
        try:
            fresh.write_bytes(pem_of(certificate))
        except ValueError:  # of whoever answered for the authority; never the end of asking
            raise KeyAddressError("key", "key-certificate", "what was issued is no certificate") from None
        try:
            signer = open_key(f"{address}certificate={quote(str(fresh))}")
        except KeyRefusedError as error:
            raise KeyAddressError("key", "key-refused", str(error)) from None
        fresh.replace(self._certificate)
        return signer

    def open(self) -> Signer:
        """The next key with its certificate.

        Raises:
            KeyAddressError: it cannot be used.
            OSError: there is none.
        """
        return open_key(self.address)

    @property
    def address(self) -> str:
        """The next key's address, as a settings file would name it.

        Raises:
            OSError: there is none.
        """
        address = (self._folder / "next.address").read_text(encoding="utf-8")
        return f"{address}certificate={quote(str(self._certificate.absolute()))}"

    @property
    def _certificate(self) -> Path:
        return self._folder / "next.pem"

    def _made(self) -> tuple[str, bytes]:
        """The next key's address, open at its end for `certificate=`, and its request."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        scheme = parse(self._address).scheme
        if scheme == "pkcs11":
            address, request = hardware.follow(self._address, self._agency)
            return f"{address}&", request
        if scheme != "file":
            raise KeyAddressError(scheme, "key-renewal", "keys of this kind are renewed by hand")
        key, request = new_key(self._agency, open_key(self._address).alg)
        place = self._folder.absolute() / "next.key.pem"
        replace_secret(place, key)
        return f"file:{quote(str(place))}?", request


def in_force(folder: Path | None, agency: str, address: str, at_ms: int) -> Signer:
    """The key at an address while its certificate lasts, after that the one that follows it.

    Args:
        folder: where the agency's next keys are; None where it renews by hand.
        agency: whose.
        address: as the settings name it.
        at_ms: the moment, ms since the epoch.

    Raises:
        KeyAddressError: a key cannot be used.
    """
    signer = open_key(address)
    while folder is not None and parsed(signer.certificate).not_valid_after_utc.timestamp() * 1000 < at_ms:
        following = NextKey(folder / signer.x5t, agency, address)
        if following.certificate() is None:
            break
        address, signer = following.address, following.open()
    return signer
