"""The dispute bundle: everything about one exchange as plain files, most of which follow from a few.

Promises: `files_of` gives every file of a bundle from the sealed pieces, their bodies, the proof and the registry's
snapshot; `read` finds those again. So a bundle has one spelling: what the one gives and the other holds must be equal,
to the last byte of the pages for people. Leaves out: the archive around the files (`signing.container`), judging
(`signing.dispute`), gathering the pieces (a node does).

Source: docs/evidence.md §3.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from schemas.envelope import Envelope, Leaf, decode
from schemas.problems import ProblemError
from schemas.sealed import Sealed, SealedFormatError, bounded
from schemas.text import b64url_decode, b64url_encode, moment_ms
from signing import registry_proof, sealtext
from signing.chain import CertificateError, issuers_of, subject_agency
from signing.evidence import MAX_TIME_STAMPS, Evidence, LogProof, Registered

MANIFEST: Final = "manifest.json"
PIECES: Final = ("question", "reply", "receipt")
DAYS: Final = "days/"
MAX_DAYS: Final = 16
_DAY: Final = re.compile(r"sealed-[0-9]{4}-[0-9]{2}-[0-9]{2}-[1-9][0-9]{0,5}\.asice", re.ASCII)
_PART: Final = re.compile(r"(question|reply)/part-([a-z][a-z0-9-]{0,39})", re.ASCII)
_PROOF_HEAD: Final = b"c2sp.org/tlog-proof@v1"
_PROOFS: Final = ("asked", "outcome")
Page = Callable[["Bundle"], bytes]


class BundleError(ValueError):
    """The files are no bundle; the message names the rule."""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    length: int
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class _Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    v: Literal[1]
    files: tuple[_File, ...]
    log_key: str | None = None


class _Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    index: int
    size: int
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """One sealed envelope and the bodies that it names, by part id."""

    sealed: Sealed
    parts: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def envelope(self) -> Envelope | None:
        """The reading; None where it does not read, which the judgement then says."""
        try:
            return decode(self.sealed.envelope)
        except ProblemError:
            return None


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a bundle is made of.

    Attributes:
        pieces: `question`, `reply`, `receipt`, as far as they are there.
        registry: the snapshot's files by name (`signing.registry_proof`).
        log: inclusion of both leaves; None where the ledger could not be reached.
        log_key: the ledger's public key as the exporter knows it: an offer.
        days: signed lists of the exporter's archive that name seals of this exchange, by their files' names.
    """

    pieces: Mapping[str, Piece]
    registry: Mapping[str, bytes]
    log: LogProof | None = None
    log_key: str | None = None
    days: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def registered(self) -> registry_proof.Registered:
        """The registry's two sections.

        Raises:
            RegistryFormatError: they do not read.
        """
        return registry_proof.read(self.registry)

    @property
    def at_ms(self) -> int:
        """The newest moment that an envelope states: the pages judge as at this moment."""
        read = (piece.envelope for piece in self.pieces.values())
        return max((moment_ms(one.created) for one in read if one), default=0)

    @property
    def certificates(self) -> dict[str, registry_proof.Certificate]:
        """The registered certificates that the seals name, by thumbprint."""
        held = self.registered.certificates
        named = sorted({_x5t(piece.sealed) for piece in self.pieces.values()})
        return {x5t: held[x5t] for x5t in named if x5t in held}

    @property
    def authorities(self) -> tuple[bytes, ...]:
        """The registry's anchors that could stand above those certificates."""
        anchors, found = self.registered.anchors, set[bytes]()
        try:
            for one in self.certificates.values():
                found.update(issuers_of(one.der, anchors))
        except CertificateError:
            return anchors
        return tuple(der for der in anchors if der in found)

    @property
    def evidence(self) -> Evidence:
        """The same as an evidence file (docs/seal.md §7)."""
        receipt = self.pieces.get("receipt")
        told = [self.pieces[name] for name in PIECES[:2] if name in self.pieces]
        return Evidence(
            instance=self.registered.instance,
            sealed=tuple(piece.sealed for piece in told),
            certificates=tuple(
                Registered(one.der, revoked_at_ms=one.revoked_at_ms) for one in self.certificates.values()
            ),
            intermediates=self.authorities,
            anchors=self.authorities,
            parts=tuple(data for piece in told for data in piece.parts.values()),
            receipt=receipt.sealed if receipt else None,
            log=self.log,
        )

    @property
    def owners(self) -> dict[str, str]:
        """Agency by thumbprint for certificates whose subject names nobody: the registry's word."""
        return {x5t: one.agency for x5t, one in self.certificates.items() if _names_nobody(one.der)}


def files_of(bundle: Bundle, pages: Mapping[str, Page]) -> dict[str, bytes]:
    """Every file of the bundle, the manifest included.

    Raises:
        RegistryFormatError: the registry's sections do not read.
    """
    files: dict[str, bytes] = {}
    for name, piece in bundle.pieces.items():
        files |= _piece_files(name, piece)
    receipt = bundle.pieces.get("receipt")
    body = receipt.envelope.receipt if receipt and receipt.envelope else None
    leaves = {"asked": body.asked, "outcome": body.outcome} if body else {}
    for name, leaf in leaves.items():
        files |= _leaf_files(name, leaf)
    for one in bundle.certificates.values():
        number = sum(name.startswith(f"certificates/{one.agency}-") for name in files) + 1
        files[f"certificates/{one.agency}-{number}.pem"] = pem(one.der)
    files |= {f"authorities/{number}.pem": pem(der) for number, der in enumerate(bundle.authorities, start=1)}
    files |= {f"registry/{name}": data for name, data in bundle.registry.items()}
    files |= {f"{DAYS}{name}": data for name, data in bundle.days.items()}
    if bundle.log is not None:
        files |= _log_files(bundle.log, leaves)
    files |= {name: page(bundle) for name, page in pages.items()}
    return files | {MANIFEST: _manifest(files, bundle.log_key)}


def read(files: Mapping[str, bytes]) -> Bundle:
    """Find the pieces among the files, each held against the manifest first.

    Raises:
        BundleError: the manifest does not name exactly these files with these digests, or a piece does not read.
    """
    try:
        manifest = msgspec.json.decode(files[MANIFEST], type=_Manifest)
    except (KeyError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BundleError("manifest: missing, or not of version 1") from error
    _must_be_named(manifest, files)
    try:
        pieces = {name: _piece(name, files) for name in PIECES if f"{name}/envelope.json" in files}
        log = _log(files) if "log/checkpoint.txt" in files else None
    except (KeyError, ValueError, SealedFormatError) as error:
        raise BundleError("bundle: a seal, a place or a proof does not read") from error
    registry = {name.removeprefix("registry/"): data for name, data in files.items() if name.startswith("registry/")}
    days = {name.removeprefix(DAYS): data for name, data in files.items() if name.startswith(DAYS)}
    if len(days) > MAX_DAYS or not all(map(_DAY.fullmatch, days)):
        raise BundleError(f"bundle: at most {MAX_DAYS} signed lists, each named by its day")
    bundle = Bundle(pieces, registry, log, manifest.log_key, days)
    try:
        registry_proof.read(registry)
    except registry_proof.RegistryFormatError as error:
        raise BundleError(str(error)) from error
    return bundle


def pem(der: bytes) -> bytes:
    """A certificate as text (RFC 7468 §5.1)."""
    text = b64encode(der).decode("ascii")
    lines = "".join(f"{text[at : at + 64]}\n" for at in range(0, len(text), 64))
    return f"-----BEGIN CERTIFICATE-----\n{lines}-----END CERTIFICATE-----\n".encode()


def _must_be_named(manifest: _Manifest, files: Mapping[str, bytes]) -> None:
    named = {one.name: one for one in manifest.files}
    if len(named) != len(manifest.files) or named.keys() | {MANIFEST} != files.keys() or MANIFEST in named:
        raise BundleError("manifest: it does not name exactly the files that are here")
    for name, one in named.items():
        if len(files[name]) != one.length or hashlib.sha256(files[name]).hexdigest() != one.sha256:
            raise BundleError("manifest: a file has not the digest or length that it names")


def _manifest(files: Mapping[str, bytes], log_key: str | None) -> bytes:
    listed = tuple(_File(name, len(files[name]), hashlib.sha256(files[name]).hexdigest()) for name in sorted(files))
    return msgspec.json.format(msgspec.json.encode(_Manifest(1, listed, log_key)), indent=2) + b"\n"


def _piece_files(name: str, piece: Piece) -> dict[str, bytes]:
    sealed = piece.sealed
    place = _Place(sealed.index, sealed.size, tuple(map(b64url_encode, sealed.path)))
    return {
        f"{name}/envelope.json": sealed.envelope,
        f"{name}/seal.txt": sealed.seal,
        f"{name}/place.json": msgspec.json.encode(place) + b"\n",
        **{f"{name}/part-{part}": data for part, data in piece.parts.items()},
    }


def _piece(name: str, files: Mapping[str, bytes]) -> Piece:
    place = msgspec.json.decode(files[f"{name}/place.json"], type=_Place)
    path = tuple(map(b64url_decode, place.path))
    sealed = Sealed(files[f"{name}/envelope.json"], files[f"{name}/seal.txt"], place.index, place.size, path)
    matches = (_PART.fullmatch(file) for file in sorted(files))
    parts = {match[2]: files[match[0]] for match in matches if match and match[1] == name}
    return Piece(bounded(sealed), parts)


def _leaf_files(name: str, leaf: Leaf) -> dict[str, bytes]:
    """What opens a leaf, each as the bytes that are hashed; a salt as hex, as openssl takes it."""
    try:
        return {
            f"leaves/{name}.json": b64url_decode(leaf.leaf),
            f"leaves/{name}.details.json": b64url_decode(leaf.details or ""),
            f"leaves/{name}.salt.txt": b64url_decode(leaf.salt).hex().encode() + b"\n",
        }
    except ValueError:
        return {}


def _log_files(log: LogProof, leaves: Mapping[str, Leaf]) -> dict[str, bytes]:
    """The checkpoint, and a tlog-proof per leaf (c2sp.org/tlog-proof@v1)."""
    files = {"log/checkpoint.txt": log.checkpoint}
    for name, path in zip(_PROOFS, (log.asked, log.outcome), strict=True):
        index = leaves[name].index if name in leaves else 0
        lines = [_PROOF_HEAD, f"index {index}".encode(), *map(b64encode, path), b"", log.checkpoint]
        files[f"log/{name}.tlog-proof"] = b"\n".join(lines)
    return files | {f"log/time-stamp-{number}.tst": token for number, token in enumerate(log.time_stamps, start=1)}


def _log(files: Mapping[str, bytes]) -> LogProof:
    paths = []
    for name in _PROOFS:
        head, _, _ = files[f"log/{name}.tlog-proof"].partition(b"\n\n")
        paths.append(tuple(b64decode(line, validate=True) for line in head.split(b"\n")[2:]))
    names = [f"log/time-stamp-{number}.tst" for number in range(1, MAX_TIME_STAMPS + 1)]
    stamps = tuple(files[name] for name in names if name in files)
    return LogProof(files["log/checkpoint.txt"], paths[0], paths[1], stamps)


def _x5t(sealed: Sealed) -> str:
    """The thumbprint that a seal names; empty where it does not read."""
    try:
        return sealtext.header(sealtext.parts(sealed.seal)[0]).x5t
    except sealtext.SealTextError:
        return ""


def _names_nobody(der: bytes) -> bool:
    """Whether a certificate's subject names no agency; an unreadable one is judged where seals are, not here."""
    try:
        return subject_agency(der) is None
    except CertificateError:
        return False
