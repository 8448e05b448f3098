"""Make the inputs to begin with: one of each thing that the readers read. `python -P tests/fuzz/seeds.py`

Keys are made anew each time; the anchors that the targets believe are kept beside the inputs.
"""

from __future__ import annotations

import json
import sys
import tempfile
from base64 import b64decode, urlsafe_b64decode
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib"), str(HERE.parents[1])]

sys.path.append(str(HERE.parent / "unit" / "signing"))
import msgspec
import targets
import test_tlog_proof
import test_trustlist
import xroad_kit
from seal_kit import signer
from xades_kit import NOW, Bench, later

from schemas.sealed import Sealed, pack
from signing import asice_zip, batch, link_renewal, second_seal
from signing.enrolment import Enrolment
from signing.outside import new_key
from signing.packet import SIGNATURES
from signing.renewal import renewal
from signing.tlog_proof import write

VECTORS = HERE.parent / "conformance" / "vectors"
SOAP = (
    b'<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" '
    b'xmlns:xroad="http://x-road.eu/xsd/xroad.xsd" xmlns:id="http://x-road.eu/xsd/identifiers"><SOAP-ENV:Header>'
    b'<xroad:client id:objectType="SUBSYSTEM"><id:xRoadInstance>VN</id:xRoadInstance>'
    b"<id:memberClass>GOV</id:memberClass>"
    b"<id:memberCode>H56</id:memberCode><id:subsystemCode>one-stop</id:subsystemCode></xroad:client>"
    b'<xroad:service id:objectType="SERVICE"><id:xRoadInstance>VN</id:xRoadInstance>'
    b"<id:memberClass>GOV</id:memberClass>"
    b"<id:memberCode>G15</id:memberCode>"
    b"<id:subsystemCode>civil</id:subsystemCode><id:serviceCode>get</id:serviceCode>"
    b"</xroad:service><xroad:id>1</xroad:id><xroad:protocolVersion>4.0</xroad:protocolVersion></SOAP-ENV:Header>"
    b"<SOAP-ENV:Body><get/></SOAP-ENV:Body></SOAP-ENV:Envelope>"
)
MULTIPART = (
    b"--xroad1\r\ncontent-type:text/xml; charset=UTF-8\r\n\r\n" + SOAP + b"\r\n--xroad1\r\ncontent-type:image/png\r\n"
    b"content-id:<1>\r\ncontent-transfer-encoding:binary\r\n\r\n\x89PNG\r\n--xroad1--\r\n"
)
REST = (
    b"GET\r\n/VN/GOV/G15/civil/persons/1?a=b\r\nX-Road-Client:VN/GOV/H56/one-stop\r\nAccept:application/json\r\n",
    b"200\r\nOK\r\nContent-Type:application/json\r\n",
    b"/r1/VN/GOV/G15/civil/persons/a%2Fb",
    "VN/GOV/G15/hộ-tịch/persons".encode(),
)


def keep(name: str, *inputs: bytes) -> None:
    folder = targets.corpus(name)
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(inputs):
        (folder / f"seed-{number}").write_bytes(data)


def signed(work: Path) -> None:
    bench = Bench(work)
    signer = bench.ca.signer()
    (HERE / "fixed").mkdir(exist_ok=True)
    for number, der in enumerate((bench.ca.root.der, *bench.tsa.anchors), 1):
        (HERE / "fixed" / f"anchor{number}.der").write_bytes(der)
    (HERE / "fixed" / "leaf.der").write_bytes(signer.der)
    (HERE / "fixed" / "issuer.der").write_bytes(bench.ca.issuing.der)
    lta = bench.lta(signer)
    data = lta.container()
    plain = xroad_kit.packed(xroad_kit.message(bench))
    batch = xroad_kit.packed(xroad_kit.message(bench, batch=True, stamped=True, attachments=1))
    bare = asice_zip.read(data)[SIGNATURES]
    stamp = bench.stamp(b"data")
    keep("container", data, plain)
    keep("signed-container", data, plain, batch)
    keep("signed-file", data, batch, bare, stamp)
    keep("foreign-xml", bare, SOAP, b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    keep("token", stamp)
    keep("certificate", bench.ca.root.der, signer.der, bench.ca.signer("RSA").der)
    keep("revocation", bench.ca.ocsp(signer, later()), bench.ca.crl(NOW))


def told() -> None:
    seals = json.loads((VECTORS / "seal-v1.json").read_text())["cases"]
    rows = [one["sealed"] for one in seals[:6]]
    packed = [
        pack(
            Sealed(
                bytes_of(one["envelope"]),
                one["seal"],
                one["index"],
                one["size"],
                tuple(map(bytes_of, one.get("path", ()))),
            )
        )
        for one in rows
    ]
    keep("seal", *packed)
    keep("seal-text", *(one["seal"].encode() for one in rows))
    envelopes = [bytes_of(one["envelope"]) for one in rows]
    keep("envelope", *envelopes)
    records = json.loads((VECTORS / "record-v1.json").read_text())["leaves"]
    keep("leaf", *(one["bytes"].encode() for one in records))
    keep("json-text", *envelopes, b'{"a": [1, -0.5e3, "\\u00e9", null, true]}')


def lists() -> None:
    """Lists of digests, a second seal, and what an authority is asked."""
    listed = batch.write({"one/question/seal.txt": bytes(32), "one/reply/seal.txt": b"x" * 32})
    plain, public = second_seal.new_key()
    (HERE / "fixed" / "second.pub.der").write_bytes(second_seal.public_from_pem(public))
    keep("digest-list", listed, second_seal.load_key(plain).seal(b"list"))
    request = new_key("a100001")[1]
    payload = renewal("a100001", "VN-test", "01934567-89ab-7cde-8f01-000000000001", 1_790_000_000_000, request)
    der = b64decode(b"".join(request.splitlines()[1:-1]))
    asked = Enrolment(1, "VN-test", "a100001", "01934567-89ab-7cde-8f01-000000000001", "token", der, der)
    keep("certification", link_renewal.pack(payload, signer()), payload, msgspec.json.encode(asked))


def bytes_of(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        signed(Path(folder))
    told()
    lists()
    keep("note", test_tlog_proof.NOTE, *(write(test_tlog_proof.proof(at, b"leaf")) for at in (0, 6)))
    keep("trusted-list", test_trustlist.made())
    (HERE / "fixed" / "list-signer.der").write_bytes(test_trustlist.signer().der)
    keep("multipart", MULTIPART, MULTIPART.replace(b"xroad1", b"b"))
    keep("xroad-rest", *REST)
    keep("xroad-soap", SOAP)
