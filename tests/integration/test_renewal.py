"""Seal certificates renewed over the link: asked, judged and issued, registered, taken into use; and every refusal."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from renewal_kit import DAY_MS, Town, open_office
from typer.testing import CliRunner
from world_registry import CONSUMER, POPULATION

from bus.certification.authority import MOST_RENEWALS
from bus.certification.journal import Journal, JournalError
from bus.cli.app import build
from bus.ids import new_id
from bus.keystore.following import NextKey
from bus.link.messages import Message
from bus.node.renewals import ASK_AGAIN_MS, Renewing
from bus.notary import Notary
from bus.topics import RenewalReply, Topic, renewal_ask, renewal_reply
from schemas.problems import Code, ProblemError
from schemas.sealed import pack
from signing.chain import parsed, subject_agency
from signing.devpki import DevPki, is_development
from signing.jws import seal
from signing.keys import load_signer
from signing.outside import pem_of
from signing.renewal import RenewalRefusedError, renewal


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


async def test_a_certificate_is_renewed_registered_and_taken_into_use(town: Town):
    old = town.notary.x5t
    async with open_office(town):
        await town.renewals.turn()
        (line,) = town.authority.journal.lines
        assert (line.agency, line.replaces) == (CONSUMER, old)
        await town.renewals.turn()  # nothing happens until it is registered
        assert town.notary.x5t == old
        assert len(town.authority.journal.lines) == 1
        town.register(pem_of(line.certificate))
        await town.renewals.turn()
    assert town.notary.x5t == line.x5t
    snapshot = town.world.workers[0].directory.snapshot
    assert all(snapshot.certificate(x5t).valid(town.clock()) for x5t in (old, line.x5t))  # they overlap
    new, current = parsed(line.certificate), parsed(town.signer.certificate)
    assert new.subject == current.subject
    assert new.not_valid_after_utc > current.not_valid_after_utc
    assert is_development(line.certificate)
    assert subject_agency(line.certificate) == CONSUMER
    restarted = Notary(agency=CONSUMER, instance="VN-test", signer=town.signer, clock=town.clock)
    again = Renewing(restarted, town.signer, town.address, town.folder / "next")
    town.renewals._agencies = {CONSUMER: again}
    await town.renewals.turn()
    assert restarted.x5t == line.x5t  # by its folder, though the settings still name the old key


async def test_it_is_not_asked_before_its_time(town: Town):
    town.world.now_ms -= 100 * DAY_MS
    await town.renewals.turn()
    assert not (town.folder / "next").exists()


async def test_what_was_begun_goes_on(town: Town):
    await town.renewals.turn()  # nobody is there
    request = NextKey(town.folder / "next" / town.signer.x5t, CONSUMER, town.address).request()
    async with open_office(town):
        await town.renewals.turn()  # too soon after the first question
        assert town.authority.journal.lines == ()
        town.world.now_ms += ASK_AGAIN_MS
        await town.renewals.turn()
    assert NextKey(town.folder / "next" / town.signer.x5t, CONSUMER, town.address).request() == request
    assert len(town.authority.journal.lines) == 1


async def test_what_is_no_certificate_does_not_end_the_asking(town: Town):
    honest = town.renewals._call

    async def garbled(_message: Message, _timeout_s: float) -> Message:
        return Message(Topic.RENEWAL, renewal_reply(RenewalReply(b"no certificate")))

    town.renewals._call = garbled
    await town.renewals.turn()
    town.renewals._call = honest
    town.world.now_ms += ASK_AGAIN_MS
    async with open_office(town):
        await town.renewals.turn()
    assert len(town.authority.journal.lines) == 1


def refused(town: Town, packed: bytes, current: bytes | None = None) -> str:
    with pytest.raises(RenewalRefusedError) as caught:
        town.authority.renew(packed, current or town.signer.certificate)
    return caught.value.rule


def test_what_the_authority_refuses(town: Town):
    other = town.world.pki.signer(POPULATION)
    stranger = DevPki.create(parsed(town.signer.certificate).not_valid_before_utc)
    false = stranger.seal(CONSUMER, parsed(town.signer.certificate).not_valid_before_utc)
    forged = load_signer(false.key, false.certificate)
    assert refused(town, b"junk") == "format"
    assert refused(town, town.asked(by=other)) == "seal"
    assert refused(town, town.asked(by=other), other.certificate) == "agency"
    assert refused(town, town.asked(by=forged), forged.certificate) == "chain"
    assert refused(town, town.asked(instance="VN-other")) == "agency"
    assert refused(town, town.asked(), b"junk") == "certificate"
    town.world.now_ms -= 200 * DAY_MS
    assert refused(town, town.asked()) == "too-early"
    town.world.now_ms += 400 * DAY_MS
    assert refused(town, town.asked()) in {"seal", "chain"}


def test_the_key_in_use_is_no_new_key(town: Town):
    from cryptography import x509  # noqa: PLC0415 - a request that no code of ours would make
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415

    key = serialization.load_pem_private_key(town.world.pki.seals[CONSUMER].key, None)
    request = x509.CertificateSigningRequestBuilder(x509.Name([])).sign(key, hashes.SHA256())
    data = renewal(CONSUMER, "VN-test", new_id(), town.clock(), request.public_bytes(serialization.Encoding.PEM))
    packed = pack(seal([data], town.signer, instance="VN-test", now_ms=town.clock())[0])
    assert refused(town, packed) == "same-key"


def test_a_request_that_comes_twice_gets_what_it_got_and_few_are_given(town: Town):
    packed = town.asked()
    assert town.authority.renew(packed, town.signer.certificate) == town.authority.renew(
        packed, town.signer.certificate
    )
    for _ in range(MOST_RENEWALS - 1):
        town.authority.renew(town.asked(), town.signer.certificate)
    assert refused(town, town.asked()) == "limit"
    assert town.another_authority().journal.lines == town.authority.journal.lines


async def test_the_hub_asks_only_for_who_may_ask(town: Town):
    async def code(packed: bytes, agency: str = CONSUMER) -> Code:
        message = Message(Topic.RENEWAL, renewal_ask(agency), (packed,))
        with pytest.raises(ProblemError) as caught:
            await town.desk(town.speaker, message)
        return caught.value.problem.code

    assert await code(town.asked(), POPULATION) is Code.LINK_NOT_FOR_SEALER
    assert await code(town.asked(by=town.world.pki.signer(POPULATION))) is Code.SEAL_UNKNOWN_CERTIFICATE
    assert await code(b"junk") is Code.ENVELOPE_MALFORMED
    assert await code(town.asked()) is Code.TOO_BUSY  # nobody is at the authority's socket
    town.desk._socket = None
    assert await code(town.asked()) is Code.NOT_FOUND


def test_an_altered_journal_is_refused(town: Town, tmp_path: Path):
    for _ in range(2):
        town.authority.renew(town.asked(), town.signer.certificate)
    listed = CliRunner().invoke(build(["ca"]), ["ca", "list", "--journal", str(town.journal), "--json"])
    assert len(msgspec.json.decode(listed.stdout)) == 2
    x5t, out = town.authority.journal.lines[0].x5t, tmp_path / "out.pem"
    export = ["ca", "export", x5t, "--journal", str(town.journal), "--out", str(out)]
    assert CliRunner().invoke(build(["ca"]), export).exit_code == 0
    assert out.read_bytes() == pem_of(town.authority.journal.lines[0].certificate)
    first, second = town.journal.read_bytes().splitlines(keepends=True)
    for text in (second, first.replace(CONSUMER.encode(), b"a999999") + second, second + first, first + b"{}\n"):
        town.journal.write_bytes(text)
        with pytest.raises(JournalError):
            Journal(town.journal)
