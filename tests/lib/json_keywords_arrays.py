"""Keywords of arrays, shown by pairs of schemas."""

from __future__ import annotations

from typing import Final

from json_keywords import CASES, DRAFTS, EXACT, INTEGER, NEVER, NUMBER, STRING, Keyword, arrays, objects, since, until

ARRAYS: Final = (
    Keyword(
        "items",
        DRAFTS,
        EXACT,
        "One schema for all items; a list of schemas up to 2019-09.",
        wider=(
            (arrays(items=INTEGER), arrays(items=NUMBER), "type-narrowed"),
            (arrays(items=STRING), arrays(), "type-added"),
            (arrays(items=objects(required=["a"])), arrays(items=objects()), "property-required-unknown"),
            (arrays(items=arrays(items=INTEGER)), arrays(items=arrays(items=NUMBER)), "type-narrowed"),
        ),
        equal=((arrays(items={}), arrays()), (arrays(items=NEVER), arrays(maxItems=0))),
    ),
    Keyword(
        "minItems",
        DRAFTS,
        EXACT,
        wider=(
            (arrays(minItems=2), arrays(minItems=1), "min-items-narrowed"),
            (arrays(minItems=1), arrays(), "min-items-added"),
        ),
        equal=((arrays(minItems=0), arrays()),),
    ),
    Keyword(
        "maxItems",
        DRAFTS,
        EXACT,
        wider=(
            (arrays(maxItems=1), arrays(maxItems=2), "max-items-narrowed"),
            (arrays(maxItems=1), arrays(), "max-items-added"),
        ),
        equal=((arrays(minItems=2, maxItems=1), NEVER),),
    ),
    Keyword(
        "uniqueItems",
        DRAFTS,
        EXACT,
        "Beside contains it may be unknown.",
        wider=(
            (arrays(uniqueItems=True), arrays(), "unique-items-added"),
            (arrays(uniqueItems=True, items={"enum": [1, 2]}), arrays(maxItems=2, items=NUMBER), "unique-items-added"),
            (arrays(maxItems=1, items=INTEGER), arrays(uniqueItems=True), "max-items-added"),
        ),
        equal=(
            (arrays(uniqueItems=False), arrays()),
            (arrays(uniqueItems=True, items={"type": "null"}), arrays(maxItems=1, items={"type": "null"})),
        ),
    ),
)
ITEMS_LISTED: Final = (
    Keyword(
        "additionalItems",
        until(2019),
        EXACT,
        "Only beside a list of items.",
        wider=(
            (
                arrays(items=[STRING], additionalItems=INTEGER),
                arrays(items=[STRING], additionalItems=NUMBER),
                "type-narrowed",
            ),
            (arrays(items=[STRING]), arrays(items=[{}]), "type-added"),
            (arrays(items=[STRING, INTEGER]), arrays(items=[STRING]), "type-added"),
            (arrays(items=[STRING], additionalItems=NEVER), arrays(maxItems=1), "type-added"),
        ),
        equal=(
            (arrays(items=INTEGER, additionalItems=STRING), arrays(items=INTEGER)),
            (arrays(items=[{}], additionalItems={}), arrays()),
        ),
    ),
    Keyword(
        "prefixItems",
        (2020,),
        EXACT,
        wider=(
            (arrays(prefixItems=[INTEGER]), arrays(prefixItems=[NUMBER]), "type-narrowed"),
            (arrays(prefixItems=[STRING, INTEGER]), arrays(prefixItems=[STRING]), "type-added"),
            (arrays(prefixItems=[STRING], items=False), arrays(prefixItems=[STRING]), "refused-everything"),
            (arrays(prefixItems=[STRING], items=INTEGER), arrays(prefixItems=[STRING], items=NUMBER), "type-narrowed"),
        ),
        equal=((arrays(prefixItems=[STRING], items=STRING), arrays(items=STRING)),),
    ),
    Keyword(
        "contains",
        since(6),
        EXACT,
        "Up to 6 counts at once.",
        wider=(
            (arrays(contains={"const": 1}), arrays(minItems=1), "contains-added"),
            (arrays(contains=INTEGER), arrays(contains=NUMBER), "contains-narrowed"),
            (
                arrays(allOf=[{"contains": {"const": 1}}, {"contains": {"const": 2}}]),
                arrays(minItems=2),
                "contains-added",
            ),
            (arrays(minItems=1, items=STRING), arrays(contains=STRING), "type-added"),
        ),
    ),
    Keyword(
        "minContains",
        since(2019),
        EXACT,
        wider=(
            (arrays(contains=STRING, minContains=2), arrays(contains=STRING), "min-contains-added"),
            (arrays(contains=STRING, minContains=3), arrays(minItems=3), "min-contains-added"),
        ),
        equal=((arrays(contains=STRING, minContains=0), arrays()),),
    ),
    Keyword(
        "maxContains",
        since(2019),
        EXACT,
        wider=(
            (arrays(contains=STRING, maxContains=1), arrays(contains=STRING), "max-contains-added"),
            (
                arrays(contains=STRING, maxContains=1, items=STRING),
                arrays(maxItems=1, minItems=1),
                "max-contains-added",
            ),
        ),
    ),
    Keyword(
        "unevaluatedItems",
        since(2019),
        CASES,
        "Up to 6 subschemas that may or may not hold; beside contains in 2019-09 unknown, since validators differ.",
        wider=(
            (arrays(allOf=[{"items": STRING}], unevaluatedItems=False), arrays(), "type-added"),
            (arrays(unevaluatedItems=INTEGER), arrays(unevaluatedItems=NUMBER), "unevaluated-items-narrowed"),
        ),
        equal=(
            (arrays(unevaluatedItems=False), arrays(maxItems=0)),
            (arrays(items=STRING, unevaluatedItems=False), arrays(items=STRING)),
        ),
    ),
)
