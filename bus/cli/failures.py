"""The one place where an error becomes a message and an exit code of the command line.

Promises: a known error says its rule, its place and how to mend it; an unknown one says its type and place only,
never its message, for foreign libraries quote the values that they refuse.
"""

import errno
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field

import typer
from rich.markup import escape

from adapters.port import DeclarationError
from bus.app.auditor import AuditRefusedError
from bus.app.evidence import NoEvidenceHereError
from bus.app.ledger_files import NoLedgerHereError
from bus.app.supervisor import PartFailedError
from bus.app.systems import SystemNotStartedError
from bus.app.trust import DevelopmentPkiError
from bus.audit.erasure import ErasureRefusedError
from bus.audit.pruning import PruningRefusedError
from bus.batches import NotSealedError
from bus.certification.journal import JournalError
from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.output import emit, err, table
from bus.hsm.life import SlotRefusedError
from bus.hsm.slot import KeyUnavailableError
from bus.keystore import KeyAddressError
from bus.keystore.pem import PemFileError
from bus.kit.sandbox.refused import SandboxError
from bus.ledger.keys import LedgerKeyError
from bus.ledger.port import LedgerError, LedgerUnreachableError
from bus.link.errors import LinkError, LinkRefusedError
from bus.net import TlsIdentityError
from bus.node.archive import ArchiveKeyError, ArchiveStoppedError
from bus.node.backup import BackupError
from bus.node.deletions import DeletionListError
from bus.node.export import SnapshotMissingError
from bus.registration.pool import PoolError
from bus.registry.files import FolderError
from bus.registry.follow import RegistryRefusedError
from bus.registry.keys import RoleKeysError
from bus.registry.publish import RepositoryStateError
from bus.storage.port import StoreError
from bus.usages.issuer import IssuerError
from config.keylines import ApiKeyError
from config.mistakes import ConfigError, ConfigMistake
from config.secrets import SecretError
from registry.mistakes import Mistake, RegistryError
from signing.keys import KeyRefusedError


@dataclass(frozen=True, slots=True)
class Failure:
    """One error as scripts and people get it."""

    code: Exit
    rule: str
    message: str
    mistakes: tuple[ConfigMistake | Mistake, ...] = field(default=())


_WrongUsage: type[Exception] = typer.BadParameter.__mro__[1]
"""What typer raises for every wrong command line; it gives no public name to it."""

# The first kind that fits counts: the narrower stands before the wider.
_KNOWN: Mapping[type[Exception], tuple[Exit, str]] = {
    KeyAddressError: (Exit.SECRET, "key"),
    KeyRefusedError: (Exit.SECRET, "key-refused"),
    SecretError: (Exit.SECRET, "secret"),
    PemFileError: (Exit.SECRET, "certificate"),
    TlsIdentityError: (Exit.SECRET, "tls-identity"),
    IssuerError: (Exit.SECRET, "e-id-issuer"),
    DevelopmentPkiError: (Exit.SECRET, "development-pki"),
    RoleKeysError: (Exit.SECRET, "registry-keys"),
    LedgerKeyError: (Exit.SECRET, "ledger-key"),
    FolderError: (Exit.CONFIG, "registry-folder"),
    DeclarationError: (Exit.CONFIG, "adapter"),
    SandboxError: (Exit.CONFIG, "sandbox"),
    NoLedgerHereError: (Exit.CONFIG, "no-ledger-here"),
    NoEvidenceHereError: (Exit.CONFIG, "no-evidence-here"),
    AuditRefusedError: (Exit.NO, "audit-refused"),
    ErasureRefusedError: (Exit.NO, "erasure-refused"),
    PruningRefusedError: (Exit.NO, "pruning-refused"),
    LedgerUnreachableError: (Exit.UNREACHABLE, "ledger-unreachable"),
    LinkError: (Exit.UNREACHABLE, "link"),
    LinkRefusedError: (Exit.NO, "link-refused"),
    RegistryRefusedError: (Exit.NO, "registry-refused"),
    ArchiveKeyError: (Exit.SECRET, "archive-key"),
    LedgerError: (Exit.STATE, "ledger"),
    StoreError: (Exit.STATE, "store"),
    ArchiveStoppedError: (Exit.STATE, "archive"),
    BackupError: (Exit.STATE, "backup"),
    JournalError: (Exit.STATE, "certification-journal"),
    KeyUnavailableError: (Exit.SECRET, "key-unavailable"),
    SlotRefusedError: (Exit.SECRET, "key-refused"),
    NotSealedError: (Exit.NO, "not-sealed"),
    DeletionListError: (Exit.STATE, "deletion-list"),
    SnapshotMissingError: (Exit.STATE, "registry-snapshot"),
    PoolError: (Exit.STATE, "comparison-processes"),
    SystemNotStartedError: (Exit.STATE, "sample-system"),
    RepositoryStateError: (Exit.STATE, "registry-repository"),
    ApiKeyError: (Exit.STATE, "api-key"),
    ConnectionError: (Exit.UNREACHABLE, "unreachable"),
    TimeoutError: (Exit.UNREACHABLE, "timeout"),
}


def failure_of(error: Exception) -> Failure:
    """How an error ends a command."""
    said = _said_by_itself(error)
    if said is not None:
        return said
    for kind, (code, rule) in _KNOWN.items():
        if isinstance(error, kind):
            return Failure(code, getattr(error, "rule", rule), str(error))
    if isinstance(error, OSError):
        return _of_the_machine(error)
    return Failure(Exit.INTERNAL, "internal", f"a fault of ours: {type(error).__qualname__} at {_place(error)}")


def _of_the_machine(error: OSError) -> Failure:
    """What the operating system refused: an address that somebody else has, or something about a file."""
    if error.errno == errno.EADDRINUSE:
        return Failure(Exit.STATE, "address-in-use", f"{error.strerror}: stop whoever listens there, or choose another")
    place = f"{error.filename}: " if error.filename else ""
    return Failure(Exit.STATE, "file", f"{place}{error.strerror or type(error).__name__}")


def _said_by_itself(error: Exception) -> Failure | None:
    """Errors of the command line, which know their own code or sentence."""
    if isinstance(error, CommandError):
        return Failure(error.code, error.rule, str(error))
    if isinstance(error, _WrongUsage):
        return Failure(Exit.USAGE, "usage", getattr(error, "format_message", error.__str__)())
    if isinstance(error, PartFailedError):
        return Failure(Exit(error.code) if error.code in set(Exit) else Exit.INTERNAL, "hub-part", str(error))
    if isinstance(error, typer.Abort):
        return Failure(Exit.NO, "declined", "nothing was done")
    if isinstance(error, ConfigError | RegistryError):
        return Failure(Exit.CONFIG, "mistakes", f"{len(error.mistakes)} mistake(s)", error.mistakes)
    return None


def report(error: Exception, *, as_json: bool) -> int:
    """Print an error for its reader and return the exit code."""
    failure = failure_of(error)
    if as_json:
        emit({"error": failure}, as_json=True)
        return failure.code
    console = err()
    if failure.mistakes:
        console.print(
            table(
                failure.message,
                ("place", "setting", "what is wrong", "rule"),
                (
                    (
                        f"{m.file}:{m.line}:{m.column}",
                        getattr(m, "setting", ""),
                        f"{m.message_en}\n{m.message_vi}",
                        m.rule,
                    )
                    for m in failure.mistakes
                ),
            )
        )
    else:
        console.print(f"[red]{escape(failure.message)}[/red] \\[{escape(failure.rule)}]", soft_wrap=True)
    return failure.code


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return "no place"
    last = frames[-1]
    return f"{last.filename}:{last.lineno} {last.name}"
