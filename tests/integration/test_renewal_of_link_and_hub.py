"""A node's link certificate and a hub's own seal renewed: asked, issued, registered, used; old and new overlap."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.x509 import ExtendedKeyUsage, SubjectAlternativeName
from renewal_kit import DAY_MS, Town, open_office
from world import FullDisk
from world_registry import CONSUMER, OPERATOR, POPULATION

from bus import net
from bus.doctor.certificates import _renewals
from bus.doctor.finding import Health
from bus.hub.routes import Speaker
from bus.ids import new_id
from bus.keystore import open_key
from bus.keystore.pem import certificates_in
from bus.link.messages import Message
from bus.node.link_identity import LinkIdentity
from bus.node.renewals import Renewals, Renewing
from bus.notary import Notary
from bus.topics import Topic, renewal_ask
from config.hub import HubSettings, RenewalSettings
from config.node import LinkRenewalSettings, NodeLinkSettings, NodeSettings
from config.parts import TrustSettings
from config.secrets import write_secret
from schemas.issued import CertificateIssued, decode
from schemas.problems import Code, ProblemError
from schemas.record import LeafType, RecordFormatError, decode_leaf
from signing import link_renewal
from signing.chain import Use, check_chain, parsed
from signing.keys import thumbprint
from signing.outside import new_key, pem_of
from signing.renewal import RenewalRefusedError, renewal


class LinkTown(Town):
    """The same, with the files of the consumer's link."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        issued = self.world.pki.links[CONSUMER]
        (folder / "link.pem").write_bytes(issued.chain)
        (folder / "root.pem").write_bytes(self.world.pki.dev.root)
        write_secret(folder / "link.key.pem", issued.key)
        self.settings = NodeLinkSettings(
            hub=("127.0.0.1:1",),
            certificate=folder / "link.pem",
            key=folder / "link.key.pem",
            anchors=(folder / "root.pem",),
            renewal=LinkRenewalSettings(folder=folder / "link-next", agency=CONSUMER),
        )
        self.identity = LinkIdentity(self.settings, self.clock())
        self.link = self.renewing(self.identity)

    def renewing(self, identity: LinkIdentity) -> Renewals:
        one = Renewing(identity, identity.signer, identity.address, self.folder / "link-next", use="link")
        directory = self.world.workers[0].directory
        return Renewals({CONSUMER: one}, self.call, directory=directory, instance="VN-test", clock=self.clock)

    def link_asked(self, *, agency: str = CONSUMER, at_ms: int | None = None) -> bytes:
        data = renewal(agency, "VN-test", new_id(), at_ms or self.clock(), new_key(agency)[1])
        return link_renewal.pack(data, self.identity.signer)


@pytest.fixture
def town(tmp_path: Path) -> LinkTown:
    return LinkTown(tmp_path)


async def test_a_link_certificate_is_renewed_registered_and_shown_from_the_next_dial_on(town: LinkTown):
    old, before = town.identity.x5t, town.identity.context
    async with open_office(town):
        await town.link.turn()
        (line,) = town.authority.journal.lines
        assert (line.agency, line.replaces) == (CONSUMER, old)
        await town.link.turn()
        assert town.identity.x5t == old, "nobody would know it yet"
        town.register(pem_of(line.certificate), use="link")
        await town.link.turn()
    assert town.identity.x5t == line.x5t
    assert town.identity.context is not before
    assert isinstance(town.identity.context, ssl.SSLContext)
    chain = next(town.folder.glob("link-next/*/chain.pem"))
    assert thumbprint(certificates_in(chain)[0]) == line.x5t
    assert certificates_in(chain)[1:] == certificates_in(town.settings.certificate)[1:], "as TLS presents it"
    snapshot = town.world.workers[0].directory.snapshot
    assert all(snapshot.certificate(x5t).valid(town.clock()) for x5t in (old, line.x5t))
    made, current = parsed(line.certificate), parsed(certificates_in(town.settings.certificate)[0])
    for kind in (ExtendedKeyUsage, SubjectAlternativeName):
        held, was = (one.extensions.get_extension_for_class(kind) for one in (made, current))
        assert held.value == was.value
    dev, at = town.world.pki.dev, made.not_valid_after_utc - timedelta(days=1)
    assert check_chain(line.certificate, dev.intermediates, dev.anchors, at, Use.LINK_CLIENT).passed
    # a restart finds it by its folder; after the old one's end even before anybody has looked
    again = LinkIdentity(town.settings, town.clock())
    await town.renewing(again).turn()
    assert again.x5t == line.x5t
    assert LinkIdentity(town.settings, town.clock() + 40 * DAY_MS).x5t == line.x5t
    assert LinkIdentity(town.settings.model_copy(update={"renewal": None}), town.clock() + 40 * DAY_MS).x5t == old


async def test_each_certificate_is_a_record_before_it_is_handed_over(town: LinkTown):
    before = len(town.world.ledger._records)
    async with open_office(town):
        await town.link.turn()
        await town.renewals.turn()
    (link, seal) = town.authority.journal.lines
    added = town.world.ledger._records[before:]
    assert [decode_leaf(one.leaf).type for one in added] == [LeafType.REGISTRY, LeafType.REGISTRY]
    assert [decode(one.details or b"") for one in added] == [
        CertificateIssued(CONSUMER, "link", link.replaces, link.x5t),
        CertificateIssued(CONSUMER, "seal", seal.replaces, seal.x5t),
    ]
    with pytest.raises(RecordFormatError):
        decode(b"{}")


async def test_what_cannot_be_recorded_is_not_handed_over(town: LinkTown):
    full = FullDisk()
    full.refuses = lambda _: True
    town.desk._ledger = full
    async with open_office(town):
        await town.link.turn()
    assert len(town.authority.journal.lines) == 1
    assert not list(town.folder.glob("link-next/*/next.pem"))


async def test_the_hub_hands_on_only_what_the_session_may_renew(town: LinkTown):
    async def code(speaker: Speaker, agency: str = CONSUMER) -> Code:
        message = Message(Topic.RENEWAL, renewal_ask(agency), (town.link_asked(),))
        with pytest.raises(ProblemError) as caught:
            await town.desk(speaker, message)
        return caught.value.problem.code

    directory = town.world.workers[0].directory
    other = Speaker(town.world.pki.peer(POPULATION).x5t, directory, town.clock)
    assert await code(other) is Code.LINK_NOT_FOR_SEALER
    assert await code(other, POPULATION) is Code.TOO_BUSY, (
        "its own certificate goes with it; the authority would refuse"
    )
    assert await code(town.speaker) is Code.TOO_BUSY


@pytest.mark.parametrize(
    ("made", "rule"),
    [
        (lambda town: (town.link_asked()[:-1], None), "format"),
        (lambda town: (town.link_asked(), town.world.pki.links[POPULATION].der), "seal"),
        (lambda town: (town.link_asked(), b"junk"), "certificate"),
        (lambda town: (town.link_asked(at_ms=town.clock() - 600_000), None), "agency"),
        (lambda town: (town.link_asked(at_ms=town.clock() + 600_000), None), "agency"),
        (lambda town: (town.asked(), None), "certificate"),
    ],
    ids=["cut short", "another's certificate", "no certificate", "old", "from the future", "a seal's request"],
)
def test_what_the_authority_refuses_of_links(
    town: LinkTown, made: Callable[[LinkTown], tuple[bytes, bytes | None]], rule: str
):
    packed, current = made(town)
    with pytest.raises(RenewalRefusedError) as caught:
        town.authority.renew(packed, current or certificates_in(town.settings.certificate)[0])
    assert caught.value.rule == rule


def test_a_seal_never_renews_by_a_links_request(town: LinkTown):
    data = renewal(CONSUMER, "VN-test", new_id(), town.clock(), new_key(CONSUMER)[1])
    with pytest.raises(RenewalRefusedError) as caught:
        town.authority.renew(link_renewal.pack(data, town.signer), town.signer.certificate)
    assert caught.value.rule == "chain", "its certificate is for no link"


def test_files_that_are_not_there_are_said_so(town: LinkTown):
    with pytest.raises(net.TlsIdentityError):
        town.identity.use(town.signer)


async def test_a_hubs_own_seal_rolls_in_every_worker_and_one_of_them_asks(town: LinkTown):
    issued = town.world.pki.seals[OPERATOR]
    write_secret(town.folder / "hub.key.pem", issued.key)
    (town.folder / "hub.pem").write_bytes(issued.certificate)
    address = f"file:{town.folder}/hub.key.pem?certificate={town.folder}/hub.pem"
    notaries, workers = [], []
    for number in range(2):
        notaries.append(Notary(agency=OPERATOR, instance="VN-test", signer=open_key(address), clock=town.clock))
        one = Renewing(notaries[-1], open_key(address), address, town.folder / "hub-next")
        directory = town.world.workers[0].directory
        workers.append(
            Renewals(
                {OPERATOR: one},
                town.desk.own,
                directory=directory,
                instance="VN-test",
                clock=town.clock,
                asks=number == 0,
            )
        )
    old = notaries[0].x5t
    async with open_office(town):
        await workers[1].turn()
        assert not (town.folder / "hub-next").exists(), "the worker that leads asks"
        await workers[0].take()
        assert not (town.folder / "hub-next").exists(), "taking asks nobody"
        await workers[0].turn()
    (line,) = town.authority.journal.lines
    assert (line.agency, line.replaces) == (OPERATOR, old)
    town.register(pem_of(line.certificate), agency=OPERATOR)
    for one in workers:
        await one.take()
    assert [one.x5t for one in notaries] == [line.x5t, line.x5t]


async def test_doctor_says_when_a_next_certificate_waits(town: LinkTown):
    settings = NodeSettings.model_construct(link=town.settings, agencies=(), trust=TrustSettings())
    now = datetime.fromtimestamp(town.clock() / 1000, UTC)
    assert [(one.check, one.health) for one in _renewals(settings, now)] == [("link.renewal", Health.GOOD)]
    async with open_office(town):
        await town.link.turn()
    (found,) = _renewals(settings, now)
    assert (found.health, "the next certificate is there" in found.text) == (Health.WARNING, True), found.text
    hub = HubSettings.model_construct(
        renewal=RenewalSettings(socket=town.folder / "ca.sock", folder=town.folder / "hub-next"),
        operator=CONSUMER,
        seal=town.address,
        trust=TrustSettings(),
    )
    assert [(one.check, one.health) for one in _renewals(hub, now)] == [("renewal.folder", Health.GOOD)]
