"""One complete exchange as an evidence file: a question, its answer, the receipt, both leaves in a published log."""

from dataclasses import dataclass, field, replace

from seal_kit import INSTANCE, NOW_MS, certificate, pki, signer

from schemas.envelope import Envelope, InReplyTo, Kind, Leaf, Part, Party, Receipt, Subject, encode
from schemas.record import Details, LeafType, Record, commit, encode_details, encode_leaf
from schemas.sealed import Sealed
from schemas.text import b64url_encode, moment
from signing import jws
from signing.checkpoint import NoteKey, seal
from signing.evidence import Evidence, LogProof, Registered
from signing.examine import Trust, digest
from signing.merkle import inclusion_path, leaf_hash, root

CONSUMER, PROVIDER, OPERATOR = "a200003", "a100001", "a100000"
SERVICE = "a100001/population/person"
ORIGIN = "ledger.example/vn-test"
CITIZEN = "097195001234"
BODY = b'{"exists":true}'
LOG_KEY = NoteKey(ORIGIN, bytes(range(32)))
SALT = bytes(32)
IDS = [f"01934567-89ab-7cde-8f01-00000000000{i}" for i in range(3)]


def sealed_by(agency: str, envelope: Envelope, now_ms: int = NOW_MS) -> Sealed:
    return jws.seal([encode(envelope)], signer(agency), instance=INSTANCE, now_ms=now_ms)[0]


def head(kind: Kind, number: int, sealer: str) -> dict[str, object]:
    return {
        "v": 1,
        "instance": INSTANCE,
        "kind": kind,
        "id": IDS[number],
        "created": moment(NOW_MS),
        "expires": moment(NOW_MS + 60_000),
        "sealer": sealer,
    }


def question(**changes: object) -> Envelope:
    members = {
        "consumer": Party(CONSUMER),
        "service": SERVICE,
        "operation": "read",
        "purpose": "dossier",
        "basis": "278/2025",
        "schema": "subject@1",
        "subjects": (Subject("citizen", CITIZEN, CONSUMER),),
        "parts": (Part("body", "application/json", len(BODY), digest(BODY)),),
    }
    return Envelope(**{**head(Kind.QUESTION, 0, CONSUMER), **members, **changes})


def answer(to: Sealed, **changes: object) -> Envelope:
    members = {
        "consumer": Party(CONSUMER),
        "service": SERVICE,
        "operation": "read",
        "schema": "subject@1",
        "in_reply_to": InReplyTo(digest(to.envelope), IDS[0]),
        "parts": (Part("body", "application/json", len(BODY), digest(BODY)),),
    }
    return Envelope(**{**head(Kind.ANSWER, 1, PROVIDER), **members, **changes})


def leaf_of(kind: LeafType, sealed: Sealed, sealer: str, exchange: str, **members: object) -> tuple[bytes, bytes]:
    """The bytes of one leaf and of its details."""
    details = encode_details(Details(exchange, sealer, digest(sealed.envelope), digest(sealed.seal)))
    record = {
        "consumer": CONSUMER,
        "provider": PROVIDER,
        "service": SERVICE,
        "purpose": "dossier",
        "time": moment(NOW_MS + 20),
        **members,
    }
    return encode_leaf(Record(v=1, type=kind, commit=commit(details, SALT), **record)), details


def in_receipt(index: int, leaf: tuple[bytes, bytes]) -> Leaf:
    return Leaf(index, b64url_encode(leaf[0]), b64url_encode(SALT), b64url_encode(leaf[1]))


@dataclass
class Exchange:
    """The pieces; a test changes one and asks for the file."""

    asked: Sealed = field(default_factory=lambda: sealed_by(CONSUMER, question()))
    answered: Sealed | None = None
    receipt_sealer: str = OPERATOR
    outcome_members: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.answered = self.answered or sealed_by(PROVIDER, answer(self.asked))
        self.asked_leaf = leaf_of(LeafType.ASKED, self.asked, CONSUMER, IDS[0])
        members = {"outcome": "answered", "asked": 2, **self.outcome_members}
        self.outcome_leaf = leaf_of(LeafType.OUTCOME, self.answered, PROVIDER, IDS[1], **members)

    def receipt(self, **changes: object) -> Sealed:
        body = Receipt(
            ORIGIN, 1, in_receipt(2, self.asked_leaf), in_receipt(4, self.outcome_leaf), moment(NOW_MS + 60_000)
        )
        members = {"in_reply_to": InReplyTo(digest(self.asked.envelope), IDS[0]), "receipt": body, **changes}
        envelope = Envelope(**{**head(Kind.RECEIPT, 2, self.receipt_sealer), **members})
        return sealed_by(self.receipt_sealer, envelope)

    def log(self, key: NoteKey = LOG_KEY) -> LogProof:
        leaves = [b"first", b"second", self.asked_leaf[0], b"between", self.outcome_leaf[0], b"after"]
        hashes = [leaf_hash(leaf) for leaf in leaves]
        note = seal(key.verifier.name, len(hashes), root(hashes), key)
        return LogProof(note, inclusion_path(hashes, 2), inclusion_path(hashes, 4))

    def evidence(self, **changes: object) -> Evidence:
        whole = Evidence(
            instance=INSTANCE,
            sealed=(self.asked, self.answered),
            certificates=tuple(Registered(certificate(one).der) for one in (CONSUMER, PROVIDER, OPERATOR)),
            intermediates=tuple(pki().intermediates),
            anchors=tuple(pki().anchors),
            parts=(BODY,),
            receipt=self.receipt(),
            log=self.log(),
        )
        return replace(whole, **changes)


def trust(**changes: object) -> Trust:
    """A reader who has brought everything."""
    whole = Trust(anchors=tuple(pki().anchors), log_keys=(LOG_KEY.verifier,), operator=OPERATOR)
    return replace(whole, **changes)
