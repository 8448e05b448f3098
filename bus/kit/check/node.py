"""The node beside the adapter: can the agency seal what the adapter finds, and can it keep it?

Promises: nothing is written; a trial signature is over random bytes that mean nothing and is thrown away.
Leaves out: all else about a node, which `lienthong doctor` tells.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import time
from collections.abc import Mapping
from typing import Final

from bus.clock import SteadyClock
from bus.keystore import KeyAddressError, open_key
from bus.kit.check.facts import NodeFact
from bus.kit.check.target import Target
from bus.ledger.keys import LedgerKeyError, read_vault_key
from bus.node.archive import ArchiveKeyError, SqlArchive
from bus.storage.port import StoreError
from config.node import AgencySettings
from config.secrets import SecretError
from registry.snapshot import Snapshot
from signing.chain import CertificateError, SealCertificate, load_seal_certificate
from signing.keys import Signer, accepted_spelling, verify

DAY_S: Final = 86_400.0
_GIB: Final = 1 << 30
_TRIAL_BYTES: Final = 64


async def node_facts(target: Target, snapshot: Snapshot | None) -> Mapping[str, NodeFact]:
    """By the name of the judge that needs each; empty without a node's settings."""
    agency = _agency(target)
    if agency is None:
        return {}
    found = await asyncio.to_thread(_seal, agency, snapshot)
    return {**found, **await _archive(agency)}


def _agency(target: Target) -> AgencySettings | None:
    """The agency whose service the adapter answers for."""
    if target.node is None or target.service is None:
        return None
    owner = target.service.partition("/")[0]
    return next((one for one in target.node.agencies if one.id == owner), None)


def _seal(agency: AgencySettings, snapshot: Snapshot | None) -> dict[str, NodeFact]:
    try:
        signer = open_key(agency.seal)
        certificate = load_seal_certificate(signer.certificate, agency=agency.id, alg=signer.alg)
    except (KeyAddressError, CertificateError, SecretError) as error:
        return {"seal-key": NodeFact(holds=False, word=type(error).__name__)}
    left = (certificate.not_after_ms / 1000 - time.time()) / DAY_S
    found = {
        "seal-key": NodeFact(holds=True, word=certificate.alg.value, figure=left),
        "seal-trial": _trial(signer, certificate),
    }
    if snapshot is not None:
        listed = snapshot.certificate(certificate.x5t)
        found["seal-registered"] = NodeFact(listed is not None and listed.agency == agency.id)
    return found


def _trial(signer: Signer, certificate: SealCertificate) -> NodeFact:
    data = os.urandom(_TRIAL_BYTES)
    signature = accepted_spelling(certificate.alg, signer.sign(data))
    return NodeFact(verify(certificate.public_key, certificate.alg, signature, data), certificate.alg.value)


async def _archive(agency: AgencySettings) -> dict[str, NodeFact]:
    folder = agency.archive
    if not folder.is_dir():
        return {"archive-opens": NodeFact(holds=False, word="MissingStoreError")}
    mode = stat.S_IMODE(folder.stat().st_mode)
    return {
        "archive-opens": await _opens(agency),
        "archive-closed": NodeFact(not mode & stat.S_IRWXO, f"{mode:04o}"),
        "free-space": NodeFact(holds=True, figure=shutil.disk_usage(folder).free / _GIB),
    }


async def _opens(agency: AgencySettings) -> NodeFact:
    try:
        archive = await SqlArchive.open(agency.archive, read_vault_key(agency.archive_key), SteadyClock())
    except (StoreError, ArchiveKeyError, LedgerKeyError, SecretError) as error:
        return NodeFact(holds=False, word=type(error).__name__)
    await archive.close()
    return NodeFact(holds=True)
