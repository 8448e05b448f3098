"""With what days are sealed, from settings: the seal's key, and the services that make its lists last.

Promises: keys are opened only when there is something to sign. Leaves out: sealing (`bus.batches`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from bus.batches import Sealing
from bus.clock import SteadyClock
from bus.keystore import open_key
from bus.keystore.following import in_force
from bus.keystore.pem import certificates_in
from bus.signatures import Services
from config.evidence import EvidenceSettings
from config.node import AgencySettings
from config.secrets import read_secret
from signing.keys import Signer
from signing.second_seal import SecondKey, load_key
from signing.xades_policy import SignatureTrust


def sealing_for(evidence: EvidenceSettings | None, agency: AgencySettings) -> Sealing:
    """How an agency's days are sealed: with the key in force. Errors as `sealing_of`."""
    return sealing_of(evidence, lambda: in_force(agency.renewal, agency.id, agency.seal, SteadyClock()()))


def sealing_of(evidence: EvidenceSettings | None, seal: str | Callable[[], Signer]) -> Sealing:
    """How days are sealed.

    Args:
        evidence: the services; None makes level B, which does not outlast the seal's certificate.
        seal: the key's address, or what opens it.

    Raises:
        PemFileError: a file that the settings name cannot be read.
    """
    signer = partial(open_key, seal) if isinstance(seal, str) else seal
    if evidence is None:
        return Sealing(signer)
    anchors, authorities, between = (
        tuple(der for path in paths for der in certificates_in(path))
        for paths in (evidence.anchors, evidence.authority_anchors, evidence.issuers)
    )
    services = Services(
        time_stamps=evidence.authorities,
        ocsp=evidence.ocsp,
        lists=evidence.revocation_lists,
        issuers=(*between, *anchors, *authorities),
        timeout_s=evidence.timeout_seconds,
    )
    trust = SignatureTrust(anchors, authorities, between)
    second = None if evidence.second_seal is None else partial(_second, evidence.second_seal)
    return Sealing(signer, services, trust, evidence.entries_per_container, second)


def _second(file: Path) -> SecondKey:
    return load_key(read_secret(file))
