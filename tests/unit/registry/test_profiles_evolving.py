"""Shipped profiles under the registry's comparison: an added field is compatible, a document shows a missing one."""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any

import profile_judges
import pytest

from bus.registry.profiles import shipped
from registry.evolution import limits
from registry.evolution.budget import Budget
from registry.evolution.formats import format_of
from registry.evolution.port import FormatName, Policy
from registry.evolution.verdict import Compatible, Incompatible, Verdict

if TYPE_CHECKING:
    from registry.profiles.model import Profile

ALL = [profile for _, profile in sorted(shipped().profiles.items())]
KINDS = {"json": FormatName.JSON, "xsd": FormatName.XSD}
OPTIONAL = re.compile(r'^ *<xs:element name="[A-Za-z_]+" type="[^"]+" minOccurs="0"/>\n', re.MULTILINE)


def named(profile: Profile) -> str:
    return profile.ref


def text_of(profile: Profile) -> str:
    return next(data.decode() for name, data in profile.files.items() if name.endswith((".json", ".xsd")))


def without_one(profile: Profile) -> str | None:
    """The schema without one optional field at its widest place; None where it has none."""
    text = text_of(profile)
    if profile.kind == "xsd":
        return OPTIONAL.sub("", text, count=1) if OPTIONAL.search(text) else None
    document: Any = copy.deepcopy(json.loads(text))
    free = [name for name in document["properties"] if name not in document["required"]]
    if not free:
        return None
    del document["properties"][free[0]]
    return json.dumps(document)


def included(profile: Profile, writer: str, reader: str) -> Verdict:
    kind, budget = format_of(KINDS[profile.kind]), Budget(limits.COMPARE_STEPS)
    parsed = [kind.parse(text, {}, Budget(limits.PARSE_STEPS)) for text in (writer, reader)]
    return kind.included(parsed[0], parsed[1], Policy(), budget)


@pytest.mark.parametrize("profile", ALL, ids=named)
def test_a_profile_is_read_and_takes_its_own_documents(profile: Profile):
    assert isinstance(included(profile, text_of(profile), text_of(profile)), Compatible)


@pytest.mark.parametrize("profile", [one for one in ALL if without_one(one)], ids=named)
def test_a_field_that_comes_is_compatible_and_one_that_goes_is_shown(profile: Profile):
    less, whole = without_one(profile) or "", text_of(profile)
    assert isinstance(included(profile, less, whole), Compatible)
    gone = included(profile, whole, less)
    assert isinstance(gone, Incompatible)
    assert gone.witness is not None
    shown = gone.witness.text.encode()
    assert profile_judges.broken(profile, shown) == set()
    assert [violation for violation in profile.violations(shown) if violation.rule != "not-agreed"] == []
