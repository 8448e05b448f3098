"""Trust policies: which logs, which witnesses, and how many of them make a checkpoint count.

Promises: a policy is read exactly as specified or refused with its line; `judge` passes only a note that one of the
logs has signed and a quorum has cosigned; unknown keys' lines are ignored. Up to 64 logs, witnesses and groups each.
Leaves out: asking witnesses (`bus.ledger.cosigning`); how old a cosignature may be.

Source: c2sp.org/tlog-policy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from signing.checkpoint import Checkpoint, NoteError, NoteVerifier, SignatureLine, check, parse
from signing.cosignature import CosignatureVerifier
from signing.verdict import PASSED, Indication, Verdict, because

NONE: Final = "none"
MAX_POLICY_BYTES: Final = 256 * 1024
_MAX_EACH: Final = 64
_LOG_WORDS: Final = (2, 3)
_WITNESS_WORDS: Final = (3, 4)
_GROUP_WORDS: Final = 4


class PolicyError(ValueError):
    """Not a policy; the message names line and rule."""


@dataclass(frozen=True, slots=True)
class Witness:
    """One witness of a policy: its name there, its key, and where it takes checkpoints (submission prefix)."""

    name: str
    verifier: CosignatureVerifier
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Met when at least `threshold` of its members (witnesses and groups) are."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cosigned:
    """Whose cosignatures on a note hold: witness name in the policy → time, seconds since the epoch."""

    times: dict[str, int] = field(default_factory=dict)
    lines: tuple[SignatureLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as read.

    Attributes:
        logs: keys of the logs; empty where they are known from elsewhere.
        witnesses: by name.
        groups: in the order of definition.
        quorum: the witness or group that must be met; `none` for no cosignature at all.
    """

    logs: tuple[NoteVerifier, ...] = ()
    witnesses: dict[str, Witness] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str = NONE

    @classmethod
    def from_text(cls, text: bytes) -> Policy:
        """Read a policy file.

        Raises:
            PolicyError: not as specified.
        """
        return _Reader(text).read()

    def met(self, witnessed: set[str]) -> bool:
        """Whether these witnesses make a quorum."""
        if self.quorum == NONE:
            return True
        reached = set(witnessed) & set(self.witnesses)
        for group in self.groups.values():  # each names only what stands before it
            if len(reached.intersection(group.members)) >= group.threshold:
                reached.add(group.name)
        return self.quorum in reached

    def cosigned(self, checkpoint: Checkpoint, lines: tuple[SignatureLine, ...]) -> Cosigned:
        """Which witnesses' cosignatures hold over this checkpoint; a witness that signed twice counts once."""
        times: dict[str, int] = {}
        kept: list[SignatureLine] = []
        for witness in self.witnesses.values():
            for line in lines:
                time_s = witness.verifier.verify(line, checkpoint.body)
                if time_s is not None and witness.name not in times:
                    times[witness.name] = time_s
                    kept.append(line)
        return Cosigned(times, tuple(kept))

    def _forged(self, checkpoint: Checkpoint, lines: tuple[SignatureLine, ...]) -> bool:
        """Whether a line bears a known witness' name and id, and does not hold (c2sp.org/signed-note: refuse)."""
        known = {(one.verifier.name, one.verifier.key_id): one.verifier for one in self.witnesses.values()}
        claimed = ((known.get((line.name, line.key_id)), line) for line in lines)
        return any(key is not None and key.verify(line, checkpoint.body) is None for key, line in claimed)

    def judge(self, note: bytes, logs: tuple[NoteVerifier, ...] = ()) -> tuple[Verdict, Checkpoint | None]:
        """Judge a checkpoint: 1 to 4 as `checkpoint.check`, 5 the quorum.

        Args:
            note: the signed note.
            logs: further log keys that the reader brings.
        """
        verdict, checkpoint = check(note, (*self.logs, *logs))
        if checkpoint is None:
            return verdict, None
        _, lines = parse(note)
        if self._forged(checkpoint, lines):
            detail = "a known witness' cosignature does not hold"
            return because(Indication.SIG_CRYPTO_FAILURE, "5 quorum", detail), None
        if not self.met(set(self.cosigned(checkpoint, lines).times)):
            detail = "not cosigned by a quorum of the policy's witnesses"
            return because(Indication.SIG_CONSTRAINTS_FAILURE, "5 quorum", detail), None
        return PASSED, checkpoint


class _Reader:
    """One pass over the lines."""

    def __init__(self, text: bytes) -> None:
        if len(text) > MAX_POLICY_BYTES:
            raise PolicyError(f"policy: at most {MAX_POLICY_BYTES} bytes")
        if any((octet < 0x20 and octet not in b"\t\n") or octet == 0x7F for octet in text):  # noqa: PLR2004 - the specification's octets
            raise PolicyError("policy: of control characters only tab and newline")
        if text and not text.endswith(b"\n"):
            raise PolicyError("policy: the last line is not ended")
        # Octets, not characters: what is no UTF-8 still is a name, and never the same as another (surrogateescape).
        self._lines = text.decode("utf-8", "surrogateescape").split("\n")
        self._logs: list[NoteVerifier] = []
        self._witnesses: dict[str, Witness] = {}
        self._groups: dict[str, Group] = {}
        self._members: set[str] = set()
        self._quorum: str | None = None

    def read(self) -> Policy:
        for number, line in enumerate(self._lines, start=1):
            words = [word for word in line.replace("\t", " ").split(" ") if word]
            if not words or words[0].startswith("#"):
                continue
            try:
                self._line(words)
            except (NoteError, PolicyError) as error:
                raise PolicyError(f"policy, line {number}: {error}") from error
        if self._quorum is None:
            raise PolicyError("policy: exactly one quorum line")
        return Policy(tuple(self._logs), self._witnesses, self._groups, self._quorum)

    def _line(self, words: list[str]) -> None:
        match words[0]:
            case "log" if len(words) in _LOG_WORDS:
                self._log(words[1])
            case "witness" if len(words) in _WITNESS_WORDS:
                self._witness(words)
            case "group" if len(words) >= _GROUP_WORDS:
                self._group(words[1], words[2], words[3:])
            case "quorum" if len(words) == 2:  # noqa: PLR2004 - the word and the name
                if self._quorum is not None:
                    raise PolicyError("exactly one quorum line")
                self._quorum = words[1] if words[1] == NONE else self._known(words[1])
            case _:
                raise PolicyError("not a log, witness, group or quorum line of the right length")

    def _log(self, vkey: str) -> None:
        log = NoteVerifier.from_text(vkey)
        if any(log.public_key == other.public_key for other in self._logs):
            raise PolicyError("a log stands twice")
        self._logs.append(log)
        self._few(len(self._logs))

    def _witness(self, words: list[str]) -> None:
        name = self._fresh(words[1])
        verifier = CosignatureVerifier.from_text(words[2])
        if any(verifier.public_key == other.verifier.public_key for other in self._witnesses.values()):
            raise PolicyError("a witness stands twice")
        self._witnesses[name] = Witness(name, verifier, words[3] if len(words) == _WITNESS_WORDS[1] else None)
        self._few(len(self._witnesses))

    def _group(self, name: str, threshold: str, members: list[str]) -> None:
        self._fresh(name)
        for member in members:
            if self._known(member) in self._members:
                raise PolicyError("a name is a member once at most")
            self._members.add(member)
        self._groups[name] = Group(name, _threshold(threshold, len(members)), tuple(members))
        self._few(len(self._groups))

    def _fresh(self, name: str) -> str:
        if name == NONE or name in self._witnesses or name in self._groups:
            raise PolicyError("this name is taken")
        return name

    def _known(self, name: str) -> str:
        if name not in self._witnesses and name not in self._groups:
            raise PolicyError("no witness or group of this name stands before this line")
        return name

    def _few(self, count: int) -> None:
        if count > _MAX_EACH:
            raise PolicyError(f"at most {_MAX_EACH} of a kind")


def _threshold(word: str, members: int) -> int:
    if word in {"any", "all"}:
        return 1 if word == "any" else members
    if not word.isascii() or not word.isdigit() or word.startswith("0") or not 1 <= int(word) <= members:
        raise PolicyError("a threshold is any, all, or a number from 1 to the number of members")
    return int(word)
