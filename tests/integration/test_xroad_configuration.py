"""Global configuration and containers over real sockets, as X-Road's clients read them; OpenSSL checks the seal."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha512
from pathlib import Path

import aiohttp
import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from xroad_meta_kit import CIVIL_STATUS, CLIENT, CONSUMER, KEY, NOW_MS, Place, pki, standing

from bus.app.xroad import face_of
from bus.xroad.around import Around
from bus.xroad.face import XRoadFace
from schemas.xml import Element, compile_xsd, parse
from signing.keys import Algorithm, MemorySigner, Signer
from signing.xroad_conf import signed

SCHEMA = compile_xsd("v2.xsd", {"v2.xsd": (Path(__file__).parents[1] / "lib" / "shared_params_v2.xsd").read_bytes()})


class Counting:
    """The consumer's signer, counted."""

    def __init__(self) -> None:
        self.signer: Signer = pki().signer(CONSUMER)
        self.asked = 0

    def signers(self) -> dict[str, Signer]:
        self.asked += 1
        return {CONSUMER: self.signer}


def facing(signers: Callable[[], dict[str, Signer]] = dict) -> Callable[[Around], XRoadFace]:
    return lambda around: face_of(around, "ss1", signers)


async def get(place: Place, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    async with aiohttp.ClientSession() as session, session.get(place.url + path, headers=headers) as reply:
        return reply.status, {name.lower(): value for name, value in reply.headers.items()}, await reply.read()


def clients_of(conf: Element) -> dict[str, list[str]]:
    """Server codes to the subsystems they reach, by following identifiers in the document."""
    subsystems = {
        one.get("id"): f"{member.findtext('memberCode')}/{one.findtext('subsystemCode')}"
        for member in conf.findall("member")
        for one in member.findall("subsystem")
    }
    members = {one.get("id"): one.findtext("memberCode") for one in conf.findall("member")}
    return {
        f"{members[one.findtext('owner')]}/{one.findtext('serverCode')}": [
            subsystems[client.text] for client in one.findall("client")
        ]
        for one in conf.findall("securityServer")
    }


async def test_verificationconf_is_a_zip_with_shared_parameters():
    async with standing(facing()) as place:
        status, headers, data = await get(place, "/verificationconf")
        assert (status, headers["content-type"]) == (200, "application/zip")
        again = (await get(place, "/verificationconf"))[2]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == [
            "verificationconf/VN/shared-params.xml",
            "verificationconf/VN/shared-params.xml.metadata",
            "verificationconf/instance-identifier",
        ]
        assert archive.read("verificationconf/instance-identifier") == b"VN"
        conf = parse(archive.read("verificationconf/VN/shared-params.xml"))
        metadata = orjson.loads(archive.read("verificationconf/VN/shared-params.xml.metadata"))
    assert SCHEMA.violations(conf) == []
    assert conf.findtext("instanceIdentifier") == "VN"
    assert {"G01", "G15", "H56.20", "G22.99"} == {one.findtext("memberCode") for one in conf.findall("member")}
    assert conf.find("member/name").text == "Đơn vị vận hành"
    assert clients_of(conf) == {
        "G22.99/bus": ["G15/civil-status", "H56.20/one-stop"],
        "H56.20/ss1": ["H56.20/one-stop"],
    }
    assert {one.findtext("address") for one in conf.findall("securityServer")} == {"127.0.0.1"}
    anchors = [b64decode(one.text) for one in conf.findall("approvedCA/topCA/cert")]
    assert len(anchors) == 2
    assert all(x509.load_der_x509_certificate(one) for one in anchors)
    assert (metadata["contentIdentifier"], metadata["instanceIdentifier"]) == ("SHARED-PARAMETERS", "VN")
    assert again == data


@pytest.mark.parametrize("path", ["/internalconf", "/externalconf?version=2"])
async def test_the_directory_leads_to_the_parameters_and_openssl_takes_its_signature(path: str, tmp_path: Path):
    counting = Counting()
    async with standing(facing(counting.signers)) as place:
        status, headers, body = await get(place, path)
        assert status == 200
        location = re.search(rb"Content-location: (/.+/shared-params.xml)", body)
        assert location
        status, headers_of_file, shared = await get(place, location[1].decode())
        assert (status, headers_of_file["content-type"]) == (200, "text/xml; charset=utf-8")
    outer = re.search(r"^multipart/related; charset=UTF-8; boundary=(\w+)$", headers["content-type"])
    assert outer
    _, first, second, end = body.split(b"--" + outer[1].encode())
    assert end == b"--\r\n"
    head, _, inner = first.partition(b"\r\n\r\n")
    inner = inner.removesuffix(b"\r\n")
    assert head.startswith(b"\r\nContent-Type: multipart/mixed; charset=UTF-8; boundary=")
    expires = re.search(rb"Expire-date: (\S+)\r\nVersion: 2\r\n", inner)
    assert expires
    assert datetime.strptime(expires[1].decode(), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp() == (
        NOW_MS // 1000 + 600
    )
    assert b'Content-identifier: SHARED-PARAMETERS; instance="VN"' in inner
    assert b64encode(sha512(shared).digest()) in inner
    heads, _, value = second.partition(b"\r\n\r\n")
    assert b"Signature-algorithm-id: http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256" in heads
    digest = b64encode(sha512(counting.signer.certificate).digest()).decode()
    assert f"Verification-certificate-hash: {digest}; hash-algorithm-id=" in heads.decode()
    _openssl_takes(inner, b64decode(value), counting.signer.certificate, tmp_path)


async def test_the_anchor_names_the_directory_and_its_signer():
    counting = Counting()
    async with standing(facing(counting.signers)) as place:
        status, _, data = await get(place, "/configuration-anchor.xml")
    conf = parse(data)
    assert (status, conf.tag) == (200, "{http://x-road.eu/xsd/xroad.xsd}configurationAnchor")
    assert [conf.findtext(name) for name in ("generatedAt", "instanceIdentifier", "source/downloadURL")] == [
        f"{datetime.fromtimestamp(NOW_MS / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}",
        "VN",
        f"{place.url}/internalconf",
    ]
    assert b64decode(conf.findtext("source/verificationCert") or "") == counting.signer.certificate


def _openssl_takes(data: bytes, signature: bytes, certificate: bytes, folder: Path) -> None:
    key = x509.load_der_x509_certificate(certificate).public_key()
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for name, content in (("key.pem", pem), ("value", signature), ("data", data)):
        (folder / name).write_bytes(content)
    command = ["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "value", "data"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    (folder / "data").write_bytes(data + b" ")
    assert subprocess.run(command, cwd=folder, check=False, capture_output=True).returncode == 1


def test_rsa_keys_sign_too(tmp_path: Path):
    key = rsa.generate_private_key(65537, 3072)
    issued = pki().seals[CONSUMER]
    signer = MemorySigner(key, issued.der, Algorithm.RS256)
    directory = signed(b"--a\r\n--a--", "a", signer, "b")
    value = directory.body.split(b"--b")[2].partition(b"\r\n\r\n")[2]
    (tmp_path / "key.pem").write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    (tmp_path / "value").write_bytes(b64decode(value))
    (tmp_path / "data").write_bytes(b"--a\r\n--a--")
    command = ["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "value", "data"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert b"xmldsig-more#rsa-sha256" in directory.body


async def test_the_key_is_asked_once_a_minute():
    counting = Counting()
    async with standing(facing(counting.signers)) as place:
        bodies = [(await get(place, "/internalconf"))[2] for _ in range(3)]
        assert counting.asked == 1
        place.now[0] += 60_000
        later = (await get(place, "/internalconf"))[2]
    assert len({*bodies}) == 1
    assert later != bodies[0]
    assert counting.asked == 2


async def test_what_is_not_there():
    async with standing(facing(Counting().signers)) as place:
        assert (await get(place, "/internalconf?version=5"))[0] == 404
        assert (await get(place, "/V2/7/shared-params.xml"))[0] == 404
    async with standing(facing()) as place:
        status, headers, _ = await get(place, "/internalconf")
        assert (status, headers["x-road-error"]) == (500, "Server.ClientProxy.KeyNotFound")


async def test_configuration_is_for_those_whom_the_node_serves():
    async with standing(facing(Counting().signers), listed=False) as place:
        for path in ("/verificationconf", "/internalconf", "/V2/1/shared-params.xml", "/configuration-anchor.xml"):
            assert (await get(place, path))[0] == 500
            assert (await get(place, path, **{"X-Api-Key": KEY}))[0] == 200


OWN = "xRoadInstance=VN&memberClass=GOV&memberCode=H56.20&subsystemCode=one-stop"
THEIRS = "xRoadInstance=VN&memberClass=GOV&memberCode=G15&subsystemCode=civil-status"


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        (f"queryId=VN-1&{OWN}", 404, "No signed documents found"),
        (f"queryId=VN-1&{OWN}&requestOnly&unique", 404, "No signed documents found"),
        (OWN, 400, 'Parameter "queryId"  must be specified.'),
        ("queryId=1&xRoadInstance=VN&memberClass=GOV", 400, 'Parameter "memberCode"  must be specified.'),
        (
            f"queryId=1&{OWN}&requestOnly&responseOnly",
            400,
            'Parameters "requestOnly" and "responseOnly" cannot be used at the same time.',
        ),
        (
            f"queryId=1&{OWN}&unique",
            400,
            'Parameter "unique" not applicable without "requestOnly" or "responseOnly".',
        ),
        (f"queryId=1&{OWN}%2Fx", 400, "The client's identifier is wrong: characters at part 3"),
        (f"queryId=1&{THEIRS}", 401, "The client is not known at this node"),
    ],
)
async def test_containers_are_refused_in_x_roads_words(query: str, status: int, text: str):
    async with standing(facing()) as place:
        got, headers, body = await get(place, f"/asic?{query}")
    assert (got, headers["content-type"], body.decode()) == (status, "text/plain; charset=utf-8", text)


async def test_the_face_of_a_node_answers_all_of_it():
    async with standing(facing()) as place:
        assert (await get(place, "/listClients"))[0] == 200
        path = f"/r1/{CIVIL_STATUS}/listMethods"
        assert (await get(place, path, **{"X-Road-Client": CLIENT}))[0] == 200
        assert (await get(place, "/health"))[0] == 503
        status, headers, _ = await get(place, "/no-such-page")
        assert (status, headers["x-road-error"]) == (400, "Client.NotFound")
