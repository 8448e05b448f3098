"""A world in which certificates end soon, and the operator's authority on its socket: for tests of renewal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from wires import until
from world import World
from world_registry import CONSUMER

from bus.certification.authority import Authority
from bus.certification.journal import Journal
from bus.certification.process import serve
from bus.hub.renewals import RenewalDesk
from bus.hub.routes import Speaker
from bus.ids import new_id
from bus.keystore import open_key
from bus.link.messages import Message
from bus.node.renewals import Renewals, Renewing
from bus.notary import Notary
from config.secrets import write_secret
from schemas.sealed import pack
from signing.jws import seal
from signing.keys import load_signer
from signing.outside import new_key
from signing.renewal import IssuingPolicy, renewal

DAY_MS = 86_400_000


class Town:
    """A world in which one agency's certificate has 20 days left, and an authority that renews."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.world = World()
        self.world.now_ms += 345 * DAY_MS
        issued = self.world.pki.seals[CONSUMER]
        write_secret(folder / "seal.key.pem", issued.key)
        (folder / "seal.pem").write_bytes(issued.certificate)
        self.address = f"file:{folder}/seal.key.pem?certificate={folder}/seal.pem"
        self.signer = open_key(self.address)
        self.notary = Notary(agency=CONSUMER, instance="VN-test", signer=self.signer, clock=self.clock)
        self.journal = folder / "issued.jsonl"
        self.authority = self.another_authority()
        directory = self.world.workers[0].directory
        self.desk = RenewalDesk(folder / "ca.sock", directory=directory, ledger=self.world.ledger, clock=self.clock)
        self.speaker = Speaker(self.world.pki.peer(CONSUMER).x5t, directory, self.clock)
        self.renewals = Renewals(
            {CONSUMER: Renewing(self.notary, self.signer, self.address, folder / "next")},
            self.call,
            directory=directory,
            instance="VN-test",
            clock=self.clock,
        )

    def clock(self) -> int:
        return self.world.now_ms

    def another_authority(self) -> Authority:
        dev = self.world.pki.dev
        signer = load_signer(dev.issuing_key, dev.issuing)
        journal = Journal(self.journal)
        return Authority(signer, tuple(dev.anchors), "VN-test", IssuingPolicy(), journal, self.clock)

    async def call(self, message: Message, _timeout_s: float) -> Message:
        return await self.desk(self.speaker, message)

    def asked(
        self, *, agency: str = CONSUMER, request_id: str = "", instance: str = "VN-test", by: object = None
    ) -> bytes:
        _, request = new_key(agency)
        data = renewal(agency, instance, request_id or new_id(), self.clock(), request)
        return pack(seal([data], by or self.signer, instance="VN-test", now_ms=self.clock())[0])

    def register(self, pem: bytes, agency: str = CONSUMER, use: str = "seal") -> None:
        before = self.world.pki.files()
        entry = f'[[certificate]]\nagency = "{agency}"\nuse = "{use}"\nfile = "certificates/next.pem"\n'
        text = before["certificates.toml"] + b"\n" + entry.encode()
        self.world.pki.files = lambda: before | {"certificates/next.pem": pem, "certificates.toml": text}
        self.world.publish()


@asynccontextmanager
async def open_office(town: Town) -> AsyncIterator[None]:
    stop = asyncio.Event()
    serving = asyncio.create_task(serve(town.authority, town.folder / "ca.sock", stop))

    async def stands() -> bool:
        return (town.folder / "ca.sock").exists()

    await until(stands, 10)
    try:
        yield
    finally:
        stop.set()
        await serving
