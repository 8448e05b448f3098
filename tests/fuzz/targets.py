"""The readers of foreign bytes, each as one function, with the only ways in which it may say no.

Promises: a target raises nothing but a mistake of ours: a crash, an exception outside the closed list, or an answer
that contradicts itself. `tests/fuzz/run.py` looks for one; `tests/fault/test_fuzzed_readers.py` plays what was found.
"""

from __future__ import annotations

import contextlib
import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509

from schemas import json as json_door
from schemas import record, sealed, xml
from schemas.envelope import decode as decode_envelope
from schemas.problems import ProblemError
from schemas.xroad import ids, mime, paths, rest, soap
from signing import (
    asice,
    asice_zip,
    batch,
    bundle,
    checkpoint,
    enrolment,
    evidence,
    jws,
    link_renewal,
    second_seal,
    timestamp,
    tlog_proof,
    trustlist_check,
)
from signing.chain import CertificateError, load_seal_certificate, parsed
from signing.container import ContainerError
from signing.keys import Algorithm, admitted_key
from signing.renewal import RenewalRefusedError, asked_of
from signing.revocation_sources import EvidenceRefusedError, read_crl, read_ocsp
from signing.signed_files import Reader, judge
from signing.verdict import VerdictError
from signing.xades_policy import SignatureTrust

HERE: Final = Path(__file__).parent
AT: Final = datetime(2026, 12, 1, tzinfo=UTC)
_VECTORS: Final = HERE.parent / "conformance" / "vectors" / "seal-v1.json"
_KINDS: Final = ('multipart/related; boundary=xroad1; type="text/xml"', "multipart/related; boundary=b")


@cache
def _trust() -> SignatureTrust:
    anchors = tuple(path.read_bytes() for path in sorted((HERE / "fixed").glob("anchor*.der")))
    return SignatureTrust(anchors, anchors)


@cache
def _pair() -> tuple[x509.Certificate, x509.Certificate]:
    leaf, issuer = (
        x509.load_der_x509_certificate((HERE / "fixed" / name).read_bytes()) for name in ("leaf.der", "issuer.der")
    )
    return leaf, issuer


@cache
def _sealers() -> tuple[Mapping[str, jws.SealCertificate], str]:
    told = json.loads(_VECTORS.read_text())
    rows = told["certificates"]
    ders = {one["x5t"]: urlsafe_b64decode(one["der"] + "==") for one in rows}
    found = {one["x5t"]: load_seal_certificate(ders[one["x5t"]], alg=Algorithm(one["alg"])) for one in rows}
    return found, told["instance"]


def container(data: bytes) -> None:
    """A ZIP of ASiC-E: what is taken reads back the same once written by us."""
    with contextlib.suppress(ContainerError):
        files = asice_zip.read(data)
        assert asice_zip.read(asice_zip.write(files)) == files


def signed_file(data: bytes) -> None:
    """Whatever `lienthong-check` is handed: containers, bare signatures, tokens."""
    judge(data, Reader(_trust(), AT, data={"file": b"data"}))


def signed_container(data: bytes) -> None:
    """Verified files come with a yes and never without one."""
    checked = asice.check(data, _trust(), AT)
    assert bool(checked.files) == checked.verdict.passed


def foreign_xml(data: bytes) -> None:
    """The XML door."""
    with contextlib.suppress(xml.XmlError):
        xml.parse(data)


def trusted_list(data: bytes) -> None:
    """Nothing is granted by a list that does not pass."""
    told = trustlist_check.check(data, ((HERE / "fixed" / "list-signer.der").read_bytes(),), AT)
    assert told.verdict.passed or not told.services


def token(data: bytes) -> None:
    """A time-stamp token: a yes and a stamp, or neither."""
    verdict, stamp = timestamp.check(data, b"data", _trust().time_stamp_anchors, AT)
    assert verdict.passed == (stamp is not None)


def certificate(data: bytes) -> None:
    """A certificate reads whole or not at all."""
    with contextlib.suppress(CertificateError):
        parsed(data)


def revocation(data: bytes) -> None:
    """An OCSP answer and a list, about one certificate."""
    for read in (read_ocsp, read_crl):
        with contextlib.suppress(EvidenceRefusedError):
            read(data, *_pair())


def seal(data: bytes) -> None:
    """A sealed envelope: packed, judged, its envelope read."""
    try:
        came = sealed.unpack(data)
    except sealed.SealedFormatError:
        return
    assert sealed.unpack(sealed.pack(came)) == came
    certificates, instance = _sealers()
    jws.check(came, certificates, instance=instance, at_ms=1_790_000_000_000)


def seal_text(data: bytes) -> None:
    """A compact JWS as an attacker writes it, over an envelope of no matter."""
    certificates, instance = _sealers()
    jws.check(sealed.Sealed(b"{}", data, 0, 1, ()), certificates, instance=instance, at_ms=1_790_000_000_000)


def envelope(data: bytes) -> None:
    """An envelope's bytes."""
    with contextlib.suppress(ProblemError):
        decode_envelope(data)


def leaf(data: bytes) -> None:
    """A ledger's leaf: what reads is written again as the same bytes."""
    with contextlib.suppress(record.RecordFormatError):
        assert record.encode_leaf(record.decode_leaf(data)) == data


def json_text(data: bytes) -> None:
    """The JSON door: what it takes, Python's own reader takes."""
    with contextlib.suppress(json_door.JsonError):
        assert json_door.read(data) == json.loads(data)


def note(data: bytes) -> None:
    """Checkpoints, proofs and evidence of the ledger."""
    with contextlib.suppress(checkpoint.NoteError, VerdictError):
        checkpoint.parse(data)
    with contextlib.suppress(tlog_proof.ProofFileError):
        tlog_proof.write(tlog_proof.read(data))
    with contextlib.suppress(evidence.EvidenceError):
        evidence.write(evidence.read(data))
    with contextlib.suppress(bundle.BundleError, ContainerError):
        bundle.read({"bundle.json": data})


def digest_list(data: bytes) -> None:
    """A list of digests has one spelling; a second seal of it is judged without an exception."""
    with contextlib.suppress(batch.BatchError):
        assert batch.write(batch.read(data)) == data
    findings = second_seal.check(data, b"list", [(HERE / "fixed" / "second.pub.der").read_bytes()])
    assert findings


def certification(data: bytes) -> None:
    """What the operator's authority is asked: renewal of a link, first certificates."""
    leaf = (HERE / "fixed" / "leaf.der").read_bytes()
    issuer = (HERE / "fixed" / "issuer.der").read_bytes()
    with contextlib.suppress(RenewalRefusedError):
        link_renewal.judge(data, leaf, issuer, (issuer,), instance="VN-test", now_ms=1_790_000_000_000)
    with contextlib.suppress(RenewalRefusedError):
        asked_of(
            data, leaf, admitted_key(parsed(leaf).public_key()), None, instance="VN-test", now_ms=1_790_000_000_000
        )
    with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError, RenewalRefusedError):
        enrolment.keys_of(msgspec.json.decode(data, type=enrolment.Enrolment))


def multipart(data: bytes) -> None:
    """A message with attachments: the parts are slices of what came."""
    for kind in _KINDS:
        with contextlib.suppress(mime.MimeError):
            assert all(part.data in data for part in mime.read(kind, data))


def xroad_rest(data: bytes) -> None:
    """X-Road's REST message bytes, identifiers and paths."""
    with contextlib.suppress(rest.RestMessageError, ids.IdError):
        rest.parse(data)
    text = data.decode("utf-8", "replace")
    with contextlib.suppress(ids.IdError):
        ids.service_of(text)
    with contextlib.suppress(paths.PathError):
        assert not {".", ".."} & set(paths.segments_of(text))


def xroad_soap(data: bytes) -> None:
    """X-Road's SOAP messages, both ways."""
    for read in (soap.read_request, soap.read_response):
        with contextlib.suppress(soap.SoapError):
            read(data)


TARGETS: Final[Mapping[str, Callable[[bytes], None]]] = {
    target.__name__.replace("_", "-"): target
    for target in (
        container,
        signed_file,
        signed_container,
        foreign_xml,
        trusted_list,
        token,
        certificate,
        revocation,
        seal,
        seal_text,
        envelope,
        leaf,
        json_text,
        note,
        digest_list,
        certification,
        multipart,
        xroad_rest,
        xroad_soap,
    )
}


def everything(data: bytes) -> None:
    """All targets as one: the first byte picks."""
    if data:
        tuple(TARGETS.values())[data[0] % len(TARGETS)](data[1:])


def corpus(name: str) -> Path:
    """Where the inputs of a target are kept."""
    return HERE / "corpus" / name
