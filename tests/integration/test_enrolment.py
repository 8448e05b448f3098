"""First certificates for a one-time token: keys made at the node, over HTTPS, in the authority's journal."""

from __future__ import annotations

import asyncio
import json
import sys
from base64 import b64decode
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web
from seal_kit import pki
from typer.testing import CliRunner
from wires import until

from bus.app.hub import listen_on, port_of
from bus.certification.authority import Authority
from bus.certification.enrolment import Enrolling
from bus.certification.journal import Journal
from bus.certification.tokens import new_token, ticket_of
from bus.cli.app import build
from bus.cli.failures import failure_of
from bus.ids import new_id
from bus.net import caller_context, client_context, face_context
from bus.node.enrolling import Asking, EnrolmentError, enrol
from config.secrets import write_secret
from schemas.text import moment
from signing.chain import Use, check_chain, load_seal_certificate, subject_agency
from signing.devpki import DevPki, is_development
from signing.enrolment import Enrolled, Enrolment, Profile
from signing.keys import load_signer, thumbprint
from signing.outside import new_key
from signing.renewal import IssuingPolicy, RenewalRefusedError

ROOT = Path(__file__).parents[2]
AGENCY, NODE = "a100001", "node-1"


class Office:
    """An authority with its HTTPS address, a development PKI's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.dev = DevPki.create(datetime.now(UTC).replace(microsecond=0))
        self.now_ms = round(datetime.now(UTC).timestamp() * 1000)
        self.tokens = folder / "tokens.jsonl"
        signer = load_signer(self.dev.issuing_key, self.dev.issuing)
        anchors, journal = tuple(self.dev.anchors), Journal(folder / "issued.jsonl")
        self.authority = Authority(signer, anchors, "VN-test", IssuingPolicy(), journal, lambda: self.now_ms)
        profile = Profile(timedelta(days=90), "http://127.0.0.1:8491/ocsp", "http://127.0.0.1:8491/issuing.crl")
        self.enrolling = Enrolling(self.authority, self.tokens, profile)
        server = self.dev.link_server(["127.0.0.1"], datetime.now(UTC).replace(microsecond=0))
        (folder / "tls.pem").write_bytes(server.chain)
        write_secret(folder / "tls.key.pem", server.key)
        (folder / "root.pem").write_bytes(self.dev.root)
        self.url = ""

    @property
    def asking(self) -> Asking:
        return Asking(self.url, self.dev.root.decode(), "VN-test", AGENCY)

    def token(self, *, hours: float = 1) -> str:
        until = moment(self.now_ms + round(hours * 3_600_000))
        return new_token(self.tokens, AGENCY, NODE, until)

    def asked(self, token: str, **changes: Any) -> bytes:  # noqa: ANN401 - whatever a request holds
        def der(pem: bytes) -> bytes:
            return b64decode(b"".join(pem.splitlines()[1:-1]))

        members = {"seal": der(new_key(AGENCY)[1]), "link": der(new_key(AGENCY)[1]), "id": new_id()} | changes
        return msgspec.json.encode(Enrolment(1, members.pop("instance", "VN-test"), AGENCY, token=token, **members))


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    made = Office(tmp_path)
    runner = web.AppRunner(made.enrolling.application(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    listener = listen_on("127.0.0.1:0")
    tls = face_context(tmp_path / "tls.pem", tmp_path / "tls.key.pem")
    await web.SockSite(runner, listener, ssl_context=tls).start()
    made.url = f"https://127.0.0.1:{port_of(listener)}"
    yield made
    await runner.cleanup()


async def test_a_token_gives_a_seal_and_a_link_once(office: Office, tmp_path: Path):
    token, place = office.token(), tmp_path / "keys"
    made = await enrol(place, office.asking, token)
    seal, link = (line.certificate for line in office.authority.journal.lines)
    assert (made["seal"], made["link"]) == (seal, link)
    signer = load_signer((place / "seal.key.pem").read_bytes(), (place / "seal.pem").read_bytes())
    assert load_seal_certificate(signer.certificate).alg == "ES256"
    assert subject_agency(seal) == subject_agency(link) == AGENCY
    assert is_development(seal), "a development authority makes development certificates"
    assert is_development(link)
    now, between = datetime.now(UTC), office.dev.intermediates
    for der, use in ((seal, Use.SEAL), (link, Use.LINK_CLIENT)):
        assert check_chain(der, between, office.dev.anchors, now, use).passed
        other = Use.LINK_CLIENT if use is Use.SEAL else Use.SEAL
        assert not check_chain(der, between, office.dev.anchors, now, other).passed
    client_context(place / "link.pem", place / "link.key.pem", office.dev.root.decode())
    with pytest.raises(EnrolmentError, match="already"):
        await enrol(place, office.asking, token)
    with pytest.raises(EnrolmentError) as caught:
        await enrol(tmp_path / "thief", office.asking, token)
    assert caught.value.rule == "token", "used"
    assert len(office.authority.journal.lines) == 2
    renewed = Journal(tmp_path / "issued.jsonl")
    assert [line.replaces for line in renewed.lines] == [line.replaces for line in office.authority.journal.lines]


async def test_an_answer_that_was_lost_comes_again(office: Office, tmp_path: Path):
    token, place = office.token(), tmp_path / "keys"
    away = Asking("https://127.0.0.1:1", office.asking.anchors, "VN-test", AGENCY)
    with pytest.raises(EnrolmentError) as caught:
        await enrol(place, away, token)
    assert caught.value.rule == "unreachable"
    keys = (place / "seal.key.pem").read_bytes()
    first = await enrol(place, office.asking, token)
    (place / "seal.pem").unlink()  # as if the answer had been lost on its way
    assert await enrol(place, office.asking, token) == first
    assert (place / "seal.key.pem").read_bytes() == keys
    (place / "seal.pem").unlink()
    other = Asking(office.url, office.asking.anchors, "VN-test", "a100002")
    with pytest.raises(EnrolmentError, match="was begun for"):
        await enrol(place, other, token)


def refused(office: Office, body: bytes) -> str:
    with pytest.raises(RenewalRefusedError) as caught:
        office.enrolling.enrol(body)
    return caught.value.rule


async def test_what_is_refused(office: Office):
    token = office.token()
    assert refused(office, b"junk") == "format"
    assert refused(office, office.asked("lienthong-enrol-" + "A" * 43)) == "token"
    assert refused(office, office.asked(token, instance="VN-other")) == "agency"
    assert refused(office, office.asked(token, seal=b"junk")) == "key"
    same = json.loads(office.asked(token))
    assert refused(office, json.dumps(same | {"link": same["seal"]}).encode()) == "same-key"
    assert refused(office, json.dumps(same | {"agency": "a100002"}).encode()) == "agency"
    assert office.authority.journal.lines == ()
    ended = office.token(hours=-1)
    assert refused(office, office.asked(ended)) == "token"
    assert ticket_of(office.tokens, ended, office.now_ms) is None
    assert ticket_of(office.folder / "none", token, office.now_ms) is None
    assert token not in office.tokens.read_text(encoding="utf-8")
    assert office.tokens.stat().st_mode & 0o077 == 0
    assert office.enrolling.enrol(office.asked(token)).seal


async def test_a_stranger_at_the_address_gives_nothing(office: Office, tmp_path: Path):
    stranger = Asking(office.url, pki().root.decode(), "VN-test", AGENCY)
    with pytest.raises(EnrolmentError) as caught:
        await enrol(tmp_path / "keys", stranger, office.token())
    assert caught.value.rule == "unreachable", "its TLS certificate leads to other roots"


async def test_requests_that_are_too_long_end_early(office: Office):
    async with aiohttp.ClientSession() as session:
        tls = caller_context(office.dev.root.decode())
        async with session.post(f"{office.url}/enrol", data=b"x" * 40_000, ssl=tls) as answer:
            assert answer.status == 413
        async with session.post(f"{office.url}/enrol", data=b"x", ssl=tls) as answer:
            assert answer.status == 403
            assert msgspec.json.decode(await answer.read(), type=Enrolled).rule == "format"


async def test_by_command(office: Office, tmp_path: Path):
    async def run(*words: object) -> Any:  # noqa: ANN401 - whatever JSON a command prints
        told = [*map(str, words), "--json"]
        ended = await asyncio.to_thread(CliRunner().invoke, build(told[:1]), told)
        if isinstance(ended.exception, Exception):
            return failure_of(ended.exception).rule
        return json.loads(ended.stdout[ended.stdout.index("{\n") :])  # the authority beside it logs there, too

    made = await run("ca", "token", "--agency", AGENCY, "--node", NODE, "--tokens", office.tokens)
    write_secret(tmp_path / "token", made["token"].encode())
    words = ("--anchor", tmp_path / "root.pem", "--agency", AGENCY, "--instance", "VN-test")
    enrolling = ("node", "enrol", tmp_path / "keys", "--ca", office.url, *words, "--token-file", tmp_path / "token")
    told = await run(*enrolling)
    assert told["seal"]["x5t"] == thumbprint(office.authority.journal.lines[0].certificate)
    assert await run(*enrolling) == "enrolment-exists"
    assert await run("ca", "token", "--agency", "x", "--node", NODE, "--tokens", office.tokens) == "token"
    plain = ("node", "enrol", tmp_path / "k", "--ca", "http://x", *words, "--token-file", tmp_path / "token")
    assert await run(*plain) == "address"


async def test_the_authoritys_own_process_gives_certificates_and_ends_when_told(office: Office, tmp_path: Path):
    for name, data in (("ca.pem", office.dev.issuing), ("ca.key.pem", office.dev.issuing_key)):
        write_secret(tmp_path / name, data)
    with listen_on("127.0.0.1:0") as probe:
        listen = f"127.0.0.1:{port_of(probe)}"
    key = f"file:{tmp_path}/ca.key.pem?certificate={tmp_path}/ca.pem"
    journal = tmp_path / "own.jsonl"
    words = ["ca", "serve", "--key", key, "--anchor", tmp_path / "root.pem", "--instance", "VN-test"]
    words += ["--journal", journal, "--socket", tmp_path / "ca.sock", "--enrol-listen", listen]
    words += ["--enrol-certificate", tmp_path / "tls.pem", "--enrol-key", tmp_path / "tls.key.pem"]
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "bus", *map(str, words), "--tokens", str(office.tokens), cwd=ROOT
    )
    try:

        async def listens() -> bool:
            return (tmp_path / "ca.sock").exists()

        await until(listens, 30)
        asking = Asking(f"https://{listen}", office.asking.anchors, "VN-test", AGENCY)
        made = await enrol(tmp_path / "keys", asking, office.token())
    finally:
        running.terminate()
        assert await running.wait() == 0
    assert [line.certificate for line in Journal(journal).lines] == [made["seal"], made["link"]]
