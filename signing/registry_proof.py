"""The registry snapshot beside a bundle: TUF metadata from a root down to the agencies and their certificates.

Promises: a passed verdict means that the threshold of keys that the root names has signed these very bytes, down to
both sections; every signature in a file is checked, not only as many as the threshold asks, and a file has one
spelling, so that no byte of it is free.
Leaves out: expiry (the snapshot is evidence of what was registered, not of what is current), and fetching.

Source: TUF specification 1.0.33 §4.2 (canonical JSON), §5.3 (root chain), §5.4 to §5.6; PEP 458 has the same roles.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from signing.verdict import PASSED, Indication, Verdict, VerdictError, because

ROOT: Final = re.compile(r"root-([1-9][0-9]{0,4})\.json")
FIXED: Final = ("timestamp.json", "snapshot.json", "targets.json", "directory.json")
SECTIONS: Final = ("agencies.json", "certificates.json")
Metadata = dict[str, Any]


class RegistryFormatError(ValueError):
    """The files are no registry snapshot; the message names the rule."""


class Name(msgspec.Struct, frozen=True):
    """A name in both languages."""

    vi: str
    en: str


class Agency(msgspec.Struct, frozen=True):
    """What a reader of evidence needs of an agency."""

    id: str
    name: Name


class Certificate(msgspec.Struct, frozen=True):
    """A certificate as the directory registers it."""

    x5t: str
    agency: str
    use: str
    der: bytes
    revoked_at_ms: int | None = None


class _Agencies(msgspec.Struct, frozen=True):
    instance: str
    operator: str
    agencies: tuple[Agency, ...]


class _Certificates(msgspec.Struct, frozen=True):
    anchors: tuple[bytes, ...]
    certificates: tuple[Certificate, ...]


class Registered(msgspec.Struct, frozen=True):
    """Both sections, read but not judged.

    Attributes:
        instance: of which installation this is the registry.
        operator: who runs the hub.
        anchors: roots and issuing authorities, DER.
    """

    instance: str
    operator: str
    agencies: Mapping[str, Agency]
    anchors: tuple[bytes, ...]
    certificates: Mapping[str, Certificate]


def read(files: Mapping[str, bytes]) -> Registered:
    """Read both sections; `files` by name, as `check` takes them.

    Raises:
        RegistryFormatError: a file is missing, too many, or a section does not read.
    """
    if set(files) != {*FIXED, *SECTIONS, *_roots(files)} or not _roots(files):
        raise RegistryFormatError("registry: roots, four metadata files and two sections, nothing else")
    try:
        agencies = msgspec.json.decode(files["agencies.json"], type=_Agencies)
        certificates = msgspec.json.decode(files["certificates.json"], type=_Certificates)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RegistryFormatError("registry: a section does not read") from error
    return Registered(
        agencies.instance,
        agencies.operator,
        {one.id: one for one in agencies.agencies},
        certificates.anchors,
        {one.x5t: one for one in certificates.certificates if one.use == "seal"},
    )


def section_digests(directory: bytes) -> dict[str, str]:
    """The SHA-256 (hex) of each section, as a directory's metadata names it.

    Raises:
        RegistryFormatError: it is no such metadata.
    """
    try:
        targets = json.loads(directory)["signed"]["targets"]
        return {name: str(targets[f"directory/{name}"]["hashes"]["sha256"]) for name in SECTIONS}
    except (ValueError, KeyError, TypeError) as error:
        raise RegistryFormatError("registry: the directory's metadata does not read") from error


def check(files: Mapping[str, bytes], trusted_root: bytes | None = None) -> Verdict:
    """Judge the metadata from its root down to the sections.

    Args:
        files: by name: `root-1.json`…, `timestamp.json`, `snapshot.json`, `targets.json`, `directory.json`,
            `agencies.json`, `certificates.json`.
        trusted_root: a root.json that the reader has from elsewhere; it must be one of the chain.
    """
    try:
        roots = [files[name] for name in _roots(files)]
        signed = {name: _spelled(files[name]) for name in FIXED}  # 1 one spelling
        root = _root_chain(roots)  # 2 each root by itself and by the one before
        if trusted_root is not None and trusted_root not in roots:
            raise _stop(Indication.SIG_CONSTRAINTS_FAILURE, "2 root", "your root is not one of the snapshot's")
        for name in FIXED[:3]:  # 3 timestamp, snapshot, targets by the root's roles
            _by_role(signed[name], root, name.removesuffix(".json"))
        _by_delegation(signed["directory.json"], signed["targets.json"]["signed"])  # 4 the directory by its threshold
        _linked(files, signed)  # 5 each names the next by version and digest
    except VerdictError as stop:
        return stop.verdict
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return because(Indication.FORMAT_FAILURE, "1 format", "a metadata file is not as TUF describes it")
    return PASSED


def _roots(files: Mapping[str, bytes]) -> list[str]:
    """Names of the roots, oldest first."""
    found = {int(match[1]): name for name in files if (match := ROOT.fullmatch(name))}
    return [found[number] for number in sorted(found)]


def _spelled(data: bytes) -> Metadata:
    read: Metadata = json.loads(data)
    if json.dumps(read, separators=(",", ":"), sort_keys=True).encode() != data or set(read) != {
        "signatures",
        "signed",
    }:
        raise _stop(Indication.FORMAT_FAILURE, "1 format", "a metadata file is not in its one spelling")
    return read


def _root_chain(roots: list[bytes]) -> Metadata:
    """The newest root's signed part, once every root is vouched for by itself and by the one before it."""
    before: Metadata | None = None
    for data in roots:
        root = _spelled(data)
        holders = [root["signed"], *([before] if before else [])]
        if before is not None and root["signed"]["version"] != before["version"] + 1:
            raise _stop(Indication.FORMAT_FAILURE, "2 root", "the roots do not follow one another")
        keys = [_role(holder, "root") for holder in holders]
        _signed_by(root, *keys)
        before = root["signed"]
    return before or {}


def _role(root: Metadata, role: str) -> tuple[dict[str, Metadata], int]:
    """Keys and threshold of a top-level role."""
    stated = root["roles"][role]
    return {keyid: root["keys"][keyid] for keyid in stated["keyids"]}, stated["threshold"]


def _by_role(metadata: Metadata, root: Metadata, role: str) -> None:
    _signed_by(metadata, _role(root, role))


def _by_delegation(directory: Metadata, targets: Metadata) -> None:
    role = next(role for role in targets["delegations"]["roles"] if role["name"] == "directory")
    keys = {keyid: targets["delegations"]["keys"][keyid] for keyid in role["keyids"]}
    _signed_by(directory, (keys, role["threshold"]))


def _signed_by(metadata: Metadata, *holders: tuple[dict[str, Metadata], int]) -> None:
    """Every signature is a holder's and holds, no key twice, and each holder's threshold is met."""
    data = _canonical(metadata["signed"]).encode()
    known = {keyid: key for keys, _ in holders for keyid, key in keys.items()}
    keyids = [one["keyid"] for one in metadata["signatures"]]
    for one in metadata["signatures"]:
        signature = bytes.fromhex(one["sig"])
        spelled = set(one) == {"keyid", "sig"} and signature.hex() == one["sig"]
        if not spelled or one["keyid"] not in known or not _holds(known[one["keyid"]], signature, data):
            raise _stop(Indication.SIG_CRYPTO_FAILURE, "3 signatures", "a signature of the registry does not hold")
    for keys, threshold in holders:
        if len(set(keyids)) != len(keyids) or threshold < 1 or len(set(keyids) & set(keys)) < threshold:
            detail = "fewer keys have signed than the registry's rules ask"
            raise _stop(Indication.SIG_CONSTRAINTS_FAILURE, "3 signatures", detail)


def _holds(key: Metadata, signature: bytes, data: bytes) -> bool:
    public = key["keyval"]["public"]
    try:
        if key["scheme"] == "ed25519":
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(signature, data)
            return True
        loaded = load_pem_public_key(public.encode())
        if key["scheme"] == "ecdsa-sha2-nistp256" and isinstance(loaded, ec.EllipticCurvePublicKey):
            loaded.verify(signature, data, ec.ECDSA(SHA256()))
            return True
    except (InvalidSignature, UnsupportedAlgorithm):
        return False
    raise _stop(Indication.CRYPTO_CONSTRAINTS_FAILURE, "3 signatures", "a key of the registry is of an unknown kind")


def _linked(files: Mapping[str, bytes], signed: Mapping[str, Metadata]) -> None:
    for upper, lower in (("timestamp", "snapshot"), ("snapshot", "targets"), ("snapshot", "directory")):
        meta = signed[f"{upper}.json"]["signed"]["meta"][f"{lower}.json"]
        if meta["version"] != signed[f"{lower}.json"]["signed"]["version"]:
            raise _stop(Indication.HASH_FAILURE, "5 links", "the metadata files are not of one snapshot")
        if "hashes" in meta:
            _must_match(files[f"{lower}.json"], meta)
    for name in SECTIONS:
        _must_match(files[name], signed["directory.json"]["signed"]["targets"][f"directory/{name}"])


def _must_match(data: bytes, stated: Metadata) -> None:
    if hashlib.sha256(data).hexdigest() != stated["hashes"]["sha256"] or len(data) != stated.get("length", len(data)):
        raise _stop(Indication.HASH_FAILURE, "5 links", "a file of the registry is not the signed one")


def _canonical(value: object) -> str:
    """Canonical JSON as TUF signs it (OLPC): keys sorted, no spaces, only quote and backslash escaped."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    if isinstance(value, list):
        return "[" + ",".join(map(_canonical, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{_canonical(key)}:{_canonical(value[key])}" for key in sorted(value)) + "}"
    raise TypeError(type(value).__name__)


def _stop(reason: Indication, step: str, detail: str) -> VerdictError:
    return VerdictError(because(reason, step, detail))
