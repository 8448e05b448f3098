"""What can go wrong, as a closed, numbered, published list (RFC 9457 problem details).

Promises: a number is never reused; a problem carries numbers, rules, places and parameters, never the
offending value and never a citizen's data. Leaves out: the texts (`schemas.problem_texts`) and how a
problem becomes an answer on HTTP, on the link or in SOAP (`bus.problems`).
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final

import msgspec

from schemas.words import MAX_LINE, Line, Token


class FaultAt(StrEnum):
    """Where the fault lies, so that nobody has to guess whom to call."""

    CONSUMER_SYSTEM = "consumer-system"
    CONSUMER_NODE = "consumer-node"
    HUB = "hub"
    PROVIDER_NODE = "provider-node"
    PROVIDER_SYSTEM = "provider-system"


_FIRST: Final = 100
_LAST: Final = 999


class Code(IntEnum):
    """The list: 1xx envelope, 2xx gate, 3xx shape, 4xx routing, 5xx provider, 6xx record, 7xx dossier, 8xx face.

    A number between 100 and 999 that is not in it was given by a newer peer: it is kept as it came, so that a fault
    reaches its asker through a hub that is one release behind.
    """

    @classmethod
    def _missing_(cls, value: object) -> Code | None:
        if not isinstance(value, int) or not _FIRST <= value <= _LAST:
            return None
        foreign = int.__new__(cls, value)
        foreign._name_ = f"UNLISTED_{value}"
        foreign._value_ = value
        return foreign

    ENVELOPE_MALFORMED = 101
    ENVELOPE_TOO_LARGE = 102
    ENVELOPE_VERSION = 103
    ENVELOPE_CRITICAL_EXTENSION = 104
    ENVELOPE_WRONG_INSTANCE = 105
    ENVELOPE_EXPIRED = 106
    ENVELOPE_LIFETIME = 107
    ENVELOPE_NOT_YET = 108
    ENVELOPE_KIND = 109
    SEAL_INVALID = 110
    SEAL_UNKNOWN_CERTIFICATE = 111
    SEAL_CERTIFICATE_NOT_VALID = 112
    SEAL_NOT_THE_CONSUMER = 113
    LINK_NOT_FOR_SEALER = 114
    PART_DIGEST = 115
    PART_TOO_LARGE = 116
    PART_MISSING = 117
    PART_MEDIA_TYPE = 118
    REPLAYED = 119
    CLOCK_OFF = 120
    ANSWER_TO_ANOTHER_QUESTION = 121
    REPLACED_BY_SUCCESSOR = 122
    PART_UNEXPECTED = 123

    NOT_AGREED = 201
    PURPOSE_NOT_AGREED = 202
    BASIS_NOT_AGREED = 203
    FIELDS_NOT_AGREED = 204
    ASSURANCE_TOO_LOW = 205
    QUOTA_USED_UP = 206
    DOSSIER_NOT_DECLARED = 207
    SUBJECT_NOT_PARTY = 208
    OFFICER_MISSING = 209
    PROCEDURE_NOT_AGREED = 210
    AGREEMENT_ENDED = 211
    CONSENT_NOT_ACCEPTED = 212
    SUBJECT_PLACEHOLDER = 213
    SUBJECT_NOT_NAMED = 214

    QUESTION_SHAPE = 301
    ANSWER_SHAPE = 302
    BODY_MALFORMED = 303
    BODY_TOO_LARGE = 304
    SCHEMA_VERSION = 305

    PROVIDER_NOT_REACHABLE = 401
    PEER_NOT_ON_THIS_WORKER = 402
    TOO_BUSY = 403
    DEADLINE_PASSED = 404
    NO_HUB = 405
    SNAPSHOT_TOO_OLD = 406
    OUTCOME_UNKNOWN = 407
    SEAL_KEY_AWAY = 408

    NO_MATCH = 501
    SEVERAL_MATCHES = 502
    SYSTEM_NOT_PERMITTED = 503
    SYSTEM_NOT_LICENSED = 504
    SYSTEM_BAD_QUESTION = 505
    SYSTEM_UNREACHABLE = 506
    SYSTEM_TIMEOUT = 507
    SYSTEM_OVERLOADED = 508
    SYSTEM_BAD_ANSWER = 509
    SYSTEM_FAULT = 510
    ADAPTER_MISSING = 511

    RECORD_NOT_WRITTEN = 601

    FORM_UNKNOWN = 701
    FORM_ASKS_WHAT_IS_HELD = 702
    OVERRIDE_REASON = 703
    DOSSIER_UNKNOWN = 704
    DOSSIER_CLOSED = 705
    ROLE_MISSING = 706
    DOSSIER_EXISTS = 707
    FIELD_NOT_BOUND = 708

    KEY_MISSING = 801
    KEY_WRONG = 802
    AGENCY_NOT_HERE = 803
    REQUEST_MALFORMED = 804
    NOT_FOUND = 805
    METHOD_NOT_ALLOWED = 806
    NOT_THIS_ROLE = 807
    REPORT_UNKNOWN = 808

    TOKEN_MISSING = 821
    TOKEN_REFUSED = 822
    TOKEN_USED = 823
    IDENTIFIED_TOO_WEAKLY = 824
    NOT_YOUR_OWN = 825
    TOO_MANY_LOOKS = 826
    ISSUER_NOT_REACHABLE = 827

    INTERNAL = 901


RETRY_HELPS: Final = frozenset(
    {
        Code.PROVIDER_NOT_REACHABLE,
        Code.PEER_NOT_ON_THIS_WORKER,
        Code.TOO_BUSY,
        Code.NO_HUB,
        Code.SNAPSHOT_TOO_OLD,
        Code.SEAL_KEY_AWAY,
        Code.SYSTEM_UNREACHABLE,
        Code.SYSTEM_OVERLOADED,
        Code.RECORD_NOT_WRITTEN,
        Code.QUOTA_USED_UP,
        Code.TOO_MANY_LOOKS,
        Code.ISSUER_NOT_REACHABLE,
    },
)
"""Problems after which the same request may succeed later. A timeout is not here: its outcome is not known."""


class Problem(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One problem as it is sealed and recorded: numbers and parameters, no text.

    Attributes:
        code: a number of `Code`.
        params: short words and numbers that the text names (an agency id, a limit); never a citizen's data.
        rule: the violated rule (a JSON Schema keyword, an XSD rule, a registry rule).
        place: JSON pointer, XPath or line of the violation.
        fault_at: where the fault lies.
        correlation: the id that the agency's system gave its request, carried end to end.
        retry: whether the same request may succeed later.
    """

    code: Code
    params: dict[Line, Line | int] = {}
    rule: Line | None = None
    place: Line | None = None
    fault_at: FaultAt | None = None
    correlation: Token | None = None
    retry: bool = False


class ProblemError(Exception):
    """A problem on its way to the edge that answers it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.code:d} {problem.code.name.lower().replace('_', '-')}")
        self.problem = problem
        self.exchange: str | None = None
        """The exchange that it ended, where it ended one."""


def problem(
    code: Code,
    *,
    fault_at: FaultAt | None = None,
    rule: str | None = None,
    place: str | None = None,
    correlation: str | None = None,
    **params: str | int,
) -> ProblemError:
    """Build the error for one problem; whether a retry helps follows from the list."""
    return ProblemError(
        Problem(
            code=code,
            params=params,
            rule=rule,
            place=place[:MAX_LINE] if place else place,
            fault_at=fault_at,
            correlation=correlation,
            retry=code in RETRY_HELPS,
        ),
    )
