"""Other people's validators over the shipped profiles: python-jsonschema and xmlschema, and a look for real numbers."""

from __future__ import annotations

import io
import json
import re
from functools import cache
from typing import TYPE_CHECKING

import jsonschema
import xmlschema

from schemas.ids import CitizenNumber, IdentifierError, TaxNumber

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.profiles.model import Profile

_MOMENT = re.compile(r"(19|20)[0-9]{2}(0[0-9]|1[0-2])([0-2][0-9]|3[01])[0-9]{4}")


def broken(profile: Profile, data: bytes) -> set[tuple[str, str]]:
    """Rule and place of what an independent validator finds wrong; for XML the kind of error and its path."""
    if profile.kind == "json":
        errors = _json(profile.ref, json.dumps(profile.schema.document)).iter_errors(json.loads(data))
        return {pair for error in errors for pair in _pairs(error)}
    main = profile.schema.main
    assert main is not None
    found = _xsd(profile.schema.files[main]).iter_errors(io.BytesIO(data))
    return {(type(error).__name__, str(error.path)) for error in found}


@cache
def _json(_ref: str, schema: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(
        json.loads(schema), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )


@cache
def _xsd(source: bytes) -> xmlschema.XMLSchema10:
    return xmlschema.XMLSchema10(source.decode(), allow="none", defuse="always")


def _pairs(error: jsonschema.ValidationError) -> Iterator[tuple[str, str]]:
    place = "".join(f"/{step}" for step in error.absolute_path)
    if error.validator == "required":
        yield from (("required", f"{place}/{name}") for name in error.validator_value if name not in error.instance)
    else:
        yield str(error.validator), place


def real_numbers(data: bytes) -> set[str]:
    """Where a number stands that somebody real might have: its offset, never the number."""
    found = set()
    for run in re.finditer(r"(?<![0-9])[0-9]{10,12}(?![0-9])", data.decode()):
        if not _MOMENT.fullmatch(run[0]) and _could_be_real(run[0]):
            found.add(f"at {run.start()}")
    return found


def _could_be_real(digits: str) -> bool:
    try:
        if len(digits) == 12:
            return not CitizenNumber.parse(digits).reserved
        return TaxNumber.parse(digits) is not None and not digits.startswith("99")
    except IdentifierError:
        return False


def unbound(profile: Profile) -> set[str]:
    """Paths of an XSD profile that can hold a value and are bound to no term, by xmlschema's own model."""
    main = profile.schema.main
    assert main is not None
    schema = _xsd(profile.schema.files[main])
    return {path for root in schema.elements.values() for path in _unbound(root, root.local_name, profile)}


def _unbound(element: xmlschema.XsdElement, path: str, profile: Profile) -> Iterator[str]:
    bound = profile.schema.fields
    if path in bound:
        return
    if element.type.has_simple_content() or element.type.mixed:
        yield path
    for name in element.attributes:
        if f"{path}/@{name}" not in bound:
            yield f"{path}/@{name}"
    for child in element.iterchildren():
        if isinstance(child, xmlschema.XsdElement):
            yield from _unbound(child, f"{path}/{child.local_name}", profile)
