"""Ways to bend a signed container: other ZIPs around the same files, other XML, signatures by forgers."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from xades_kit import FILES, Bench, Holder, later

from schemas.xml import Element
from signing import asice_zip, manifest, xades_build
from signing.packet import SIGNATURES, Packet
from signing.verdict import Verdict
from signing.xades_seal import File, begin
from signing.xades_words import Canonical, Digest, canonical, key_title

Play = Callable[[Bench], Verdict]
Change = Callable[[Element], None]


@dataclass(frozen=True)
class Trick:
    """One line of the manual, and how it is played."""

    what: str
    indication: str
    step: str
    play: Play


@dataclass
class Chapter:
    """One table of the manual."""

    title: str
    rows: list[Trick] = field(default_factory=list)

    def row(self, what: str, indication: str = "", step: str = "") -> Callable[[Play], Play]:
        """Add a row; the function gives the verdict. Without an indication it must pass."""

        def add(play: Play) -> Play:
            self.rows.append(Trick(what, indication, step, play))
            return play

        return add

    def page(self) -> list[str]:
        head = [f"## {self.title}", "", "| what | indication | step |", "|---|---|---|"]
        return [*head, *(f"| {one.what} | {one.indication or 'passes'} | {one.step} |" for one in self.rows), ""]


def entries(packet: Packet) -> dict[str, bytes]:
    """The container's files in their order."""
    with zipfile.ZipFile(io.BytesIO(packet.container())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: Iterable[tuple[str | zipfile.ZipInfo, bytes]], *, deflate_first: bool = False) -> bytes:
    """A ZIP of these entries, whatever their names."""
    target = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(target, "w") as archive:
        warnings.simplefilter("ignore")  # a name that stands twice
        for number, (name, data) in enumerate(files):
            entry = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED if number or deflate_first else zipfile.ZIP_STORED
            archive.writestr(entry, data)
    return target.getvalue()


def with_entry(packet: Packet, name: str | zipfile.ZipInfo, data: bytes = b"more") -> bytes:
    return zipped([*entries(packet).items(), (name, data)])


def replaced(packet: Packet, name: str, data: bytes) -> bytes:
    """The same container with another file under a name."""
    return zipped({**entries(packet), name: data}.items())


def renamed(container: bytes, old: bytes, new: bytes) -> bytes:
    """Names written over in both headers: what no packer would write."""
    assert len(old) == len(new)
    assert container.count(old) >= 2
    return container.replace(old, new)


def patched(container: bytes, magic: bytes, offset: int, value: bytes) -> bytes:
    """Bytes of the last header that begins with `magic`, overwritten."""
    at = container.rindex(magic) + offset
    return container[:at] + value + container[at + len(value) :]


def end_moved(container: bytes, by: int) -> bytes:
    """The end record with the directory's place moved."""
    at = container.rindex(b"PK\x05\x06") + 16
    (place,) = struct.unpack_from("<L", container, at)
    return container[:at] + struct.pack("<L", place + by) + container[at + 4 :]


def edited(packet: Packet, *changes: tuple[str, str]) -> bytes:
    """The container with text of its signature file replaced, once each."""
    text = packet.signatures.decode()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return replaced(packet, SIGNATURES, text.encode())


def forged(
    bench: Bench,
    change: Change | None = None,
    *,
    signer: Holder | None = None,
    sign: Callable[[Holder, bytes], bytes] | None = None,
    files: tuple[File, ...] = FILES,
    certificates: tuple[Holder, ...] = (),
) -> Packet:
    """A container whose signature holds although its file was changed before it was signed."""
    signer = signer or bench.signer
    shown = certificates or (signer, bench.ca.issuing)
    method_of = bench.signer if key_title(signer.certificate.public_key()) is None else signer
    root = begin(files, method_of.der, later(), issuers=[one.der for one in shown[1:]])._root
    if method_of is not signer or certificates:
        _name_signer(root, shown[0])
    if change is not None:
        change(root)
    digest = root[0].find(".//{*}Reference[@Type]/{*}DigestValue")
    properties = root[0].find(".//{*}SignedProperties")
    if digest is not None and properties is not None:
        digest.text = xades_build.base64(Digest.SHA256.of(canonical(properties, Canonical.EXCLUSIVE)))
    to_sign = canonical(root[0][0], Canonical.EXCLUSIVE)
    root[0][1].text = xades_build.base64((sign or Holder.sign)(signer, to_sign))
    return Packet(
        xades_build.text_of(root), {one.name: one.data for one in files}, {one.name: one.media_type for one in files}
    )


def _name_signer(root: Element, signer: Holder) -> None:
    root.find(".//{*}X509Certificate").text = xades_build.base64(signer.der)
    root.find(".//{*}Cert/{*}CertDigest/{*}DigestValue").text = xades_build.base64(Digest.SHA256.of(signer.der))


def container_of(packet: Packet) -> bytes:
    """A container of what `forged` gives, by hand: it may not read."""
    inside = {**packet.files, manifest.NAME: manifest.write(packet.media_types), SIGNATURES: packet.signatures}
    return asice_zip.write(inside)
