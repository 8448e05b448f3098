"""The embedded bus's state folder, made once: keys, signed registry, ledger, archives, the sample nation's data.

Promises: a second run changes nothing that stands; a run that was cut short is taken up where it stopped; everything
secret is readable by this user only. Leaves out: anything fit for production.

    pki/                 development certificates      registry/source|keys|repository
    ledger/              store and keys; guard/ledger  archive/AGENCY  archive/AGENCY.key
    sample/              the sample agencies' own data api-keys/AGENCY.toml  api-keys/AGENCY.one-stop
    schemas/             registered schemas, their keys
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bus.app.audit import AuditFiles, audit_files
from bus.keystore.development import DevelopmentKeys, make_development_keys
from bus.ledger.keys import new_vault_key, read_vault_key
from bus.ledger.process import LedgerFiles
from bus.ledger.tools import init
from bus.node.archive import create_archive
from bus.registry.files import read_folder
from bus.registry.keys import create_role_keys, load_role_keys
from bus.registry.publish import create_repository, publish
from bus.sample.store import MANIFEST, build
from bus.storage.port import StoreExistsError
from config.apikeys import new_api_key
from config.auditors import Role, new_auditor
from config.registrants import Grant, Right, new_registrant
from config.secrets import read_secret, write_secret
from registry.snapshot import Snapshot
from registry.snapshot import compile as compile_registry

API_KEY_DAYS: Final = 3_650
SCHEMAS_ADMIN: Final = "admin"
Progress = Callable[[str, int], None]
"""Told what is being made, and how much more of it is done."""


@dataclass(frozen=True, slots=True)
class State:
    """Where things stand in a state folder."""

    folder: Path
    origin: str

    @property
    def keys(self) -> DevelopmentKeys:
        """The development PKI."""
        return DevelopmentKeys(self.folder / "pki")

    @property
    def source(self) -> Path:
        """The authored registry, certificates included."""
        return self.folder / "registry" / "source"

    @property
    def role_keys(self) -> Path:
        """The keys that sign the registry."""
        return self.folder / "registry" / "keys"

    @property
    def repository(self) -> Path:
        """The signed registry."""
        return self.folder / "registry" / "repository"

    @property
    def sample(self) -> Path:
        """The sample agencies' own data."""
        return self.folder / "sample"

    @property
    def ledger(self) -> LedgerFiles:
        """The ledger's parts; the guard stands apart from what a backup takes."""
        return LedgerFiles(
            origin=self.origin,
            store_url=f"sqlite:///{self.folder / 'ledger' / 'ledger.sqlite3'}",
            guard_file=self.folder / "guard" / "ledger.json",
            note_key_file=self.folder / "ledger" / "note.key",
            vault_key_file=self.folder / "ledger" / "vault.key",
            tiles_folder=self.folder / "ledger" / "tiles",
        )

    def archive(self, agency: str) -> Path:
        """An agency's evidence."""
        return self.folder / "archive" / agency

    def archive_key(self, agency: str) -> bytes:
        """The key that encrypts it, 32 bytes."""
        return read_vault_key(self.folder / "archive" / f"{agency}.key")

    def api_keys(self, agency: str) -> Path:
        """The digests of an agency's API keys."""
        return self.folder / "api-keys" / f"{agency}.toml"

    @property
    def auditor_keys(self) -> Path:
        """The digests of auditors' API keys."""
        return self.folder / "api-keys" / "auditors.toml"

    @property
    def audit(self) -> AuditFiles:
        """The ledger's search: tables, pseudonym keys, auditors."""
        folder = self.folder / "audit"
        return audit_files(folder, self.ledger, folder / "auditors.toml")

    @property
    def schemas(self) -> Path:
        """The registry of schemas: its tables, the file of its keys."""
        return self.folder / "schemas"

    @property
    def registrants(self) -> Path:
        """The digests of the registry of schemas' keys."""
        return self.schemas / "registrants.toml"

    def api_key(self, agency: str, system: str) -> str:
        """A development API key in the clear; only the embedded bus keeps one."""
        return read_secret(self.folder / "api-keys" / f"{agency}.{system}").decode()


def prepare_keys(state: State, source: Path, now: datetime, hub_names: Iterable[str]) -> Snapshot:
    """Certificates for every living agency, written into the registry's source; what the folder compiles to.

    Raises:
        RegistryError: the authored folder has mistakes.
    """
    if not (state.source / "instance.toml").exists():
        shutil.copytree(source, state.source, dirs_exist_ok=True)
    snapshot = compile_registry(read_folder(state.source))
    now_ms = int(now.timestamp() * 1000)
    living = [agency for agency in snapshot.agencies() if agency.valid(now_ms)]
    linked = [agency.id for agency in living if agency.hosted_by is None]
    make_development_keys(
        state.keys.folder,
        now=now,
        agencies=[agency.id for agency in living],
        nodes=linked,
        hub_names=tuple(hub_names),
    )
    if not (state.source / "certificates.toml").exists():
        _write_certificates(state, [agency.id for agency in living], linked)
    return compile_registry(read_folder(state.source))


def _write_certificates(state: State, sealing: list[str], linked: list[str]) -> None:
    folder = state.source / "certificates"
    folder.mkdir(exist_ok=True)
    keys = state.keys
    anchors = {"root.pem": keys.root, "issuing.pem": keys.issuing}
    for name, path in anchors.items():
        (folder / name).write_bytes(path.read_bytes())
    text = ["anchors = [" + ", ".join(f'"certificates/{name}"' for name in anchors) + "]\n"]
    certificates = [(agency, "seal", keys.seal_certificate(agency)) for agency in sealing]
    certificates += [(agency, "link", keys.link_certificate(agency)) for agency in linked]
    for agency, use, path in certificates:
        name = f"{agency}-{use}.pem"
        (folder / name).write_bytes(_first_pem(path.read_bytes()))
        text.append(f'[[certificate]]\nagency = "{agency}"\nuse = "{use}"\nfile = "certificates/{name}"\n')
    (state.source / "certificates.toml").write_text("\n".join(text), encoding="utf-8")


def _first_pem(chain: bytes) -> bytes:
    """The certificate itself, without the issuers that TLS shows after it."""
    end = b"-----END CERTIFICATE-----\n"
    return chain[: chain.index(end) + len(end)]


def prepare_registry(state: State, now: datetime) -> None:
    """Role keys, repository, first publication."""
    if not state.role_keys.exists():
        create_role_keys(state.role_keys)
    keys = load_role_keys(state.role_keys)
    if not (state.repository / "metadata" / "root.json").exists() and not any(
        state.repository.glob("metadata/*.root.json")
    ):
        create_repository(state.repository, keys, now=now)
    if not (state.repository / "metadata" / "timestamp.json").exists():
        publish(read_folder(state.source), state.repository, keys, now=now)


def prepare_ledger(state: State) -> None:
    """The ledger's store, guard and keys."""
    files = state.ledger
    if not files.guard_file.exists():
        init(files)


def prepare_agency(state: State, agency: str) -> None:
    """An agency's archive with its key."""
    key_file = state.folder / "archive" / f"{agency}.key"
    if not key_file.exists():
        new_vault_key(key_file)
    with suppress(StoreExistsError):  # made by an earlier run: kept
        create_archive(state.archive(agency))


def prepare_api_key(state: State, agency: str, system: str, now: datetime) -> None:
    """An API key of an agency's system; the embedded bus keeps it in the clear beside its digest."""
    plain = state.folder / "api-keys" / f"{agency}.{system}"
    if plain.exists():
        return
    text, _ = new_api_key(state.api_keys(agency), system=system, days=API_KEY_DAYS, now=now, note="embedded")
    write_secret(plain, text.encode() + b"\n")


def prepare_auditor(state: State, now: datetime) -> None:
    """An auditor's API key for the ledger's entries, kept likewise."""
    plain = state.folder / "api-keys" / "auditor"
    if plain.exists():
        return
    text, _ = new_api_key(state.auditor_keys, system="auditor", days=API_KEY_DAYS, now=now, note="embedded")
    write_secret(plain, text.encode() + b"\n")


def prepare_audit(state: State, operator: str, now: datetime) -> None:
    """The national auditor of the embedded bus, whose key is kept in the clear in `audit/auditor.key`."""
    plain = state.folder / "audit" / "auditor.key"
    if plain.exists():
        return
    text, _ = new_auditor(
        state.audit.auditors,
        name="national-auditor",
        agency=operator,
        scope="nation",
        role=Role.AUDITOR,
        days=API_KEY_DAYS,
        now=now,
        note="embedded",
    )
    write_secret(plain, text.encode() + b"\n")


def prepare_schemas(state: State, operator: str, now: datetime) -> None:
    """The key that may do everything in the registry of schemas, kept in the clear in `schemas/admin.key`."""
    plain = state.schemas / "admin.key"
    if plain.exists():
        return
    text, _ = new_registrant(
        state.registrants,
        name=SCHEMAS_ADMIN,
        agency=operator,
        rights=[Grant(subjects=":*:", may=tuple(Right))],
        days=API_KEY_DAYS,
        now=now,
        note="embedded",
    )
    write_secret(plain, text.encode() + b"\n")


def prepare_sample(state: State, people: int, seed: int, progress: Progress) -> None:
    """The sample agencies' own data; made anew only where it is missing or cut short."""
    if not (state.sample / MANIFEST).exists():
        build(state.sample, people, seed, lambda done: progress("people", done))


def today() -> datetime:
    """Now, aware."""
    return datetime.now(UTC)
