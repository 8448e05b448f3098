"""How a keyword of JSON Schema is shown by pairs of schemas, and the words that those are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

DRAFTS: Final = (4, 6, 7, 2019, 2020)
URIS: Final = {
    4: "http://json-schema.org/draft-04/schema#",
    6: "http://json-schema.org/draft-06/schema#",
    7: "http://json-schema.org/draft-07/schema#",
    2019: "https://json-schema.org/draft/2019-09/schema",
    2020: "https://json-schema.org/draft/2020-12/schema",
}
EXACT: Final = "exact"
CASES: Final = "exact by cases"
SAMPLES: Final = "confirmed only"
UNKNOWN: Final = "unknown"
NOTHING: Final = "says nothing"

Schema = dict[str, Any] | bool


@dataclass(frozen=True)
class Keyword:
    """One row.

    Attributes:
        drafts: those that have it.
        decided: one of the five words above.
        remark: for the manual.
        wider: (narrow, wide, rule): all of narrow's documents are wide's; not the other way round, by that rule.
        equal: pairs with the same documents.
        unknown: (writer, reader, rule): not decided, and why.
    """

    name: str
    drafts: tuple[int, ...]
    decided: str
    remark: str = ""
    wider: tuple[tuple[Schema, Schema, str], ...] = ()
    equal: tuple[tuple[Schema, Schema], ...] = ()
    unknown: tuple[tuple[Schema, Schema, str], ...] = ()


def since(draft: int) -> tuple[int, ...]:
    return tuple(one for one in DRAFTS if one >= draft)


def until(draft: int) -> tuple[int, ...]:
    return tuple(one for one in DRAFTS if one <= draft)


def strings(**words: Any) -> Schema:  # noqa: ANN401 - any keyword
    return {"type": "string", **words}


def numbers(**words: Any) -> Schema:  # noqa: ANN401 - any keyword
    return {"type": "number", **words}


def integers(**words: Any) -> Schema:  # noqa: ANN401 - any keyword
    return {"type": "integer", **words}


def arrays(**words: Any) -> Schema:  # noqa: ANN401 - any keyword
    return {"type": "array", **words}


def objects(**words: Any) -> Schema:  # noqa: ANN401 - any keyword
    return {"type": "object", **words}


STRING, INTEGER, NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}
A, AB = {"a": STRING}, {"a": STRING, "b": INTEGER}
NEVER: Final[Schema] = {"not": {}}
LOOK: Final = {"pattern": "^(?!a)"}
