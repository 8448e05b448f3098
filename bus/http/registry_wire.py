"""Bodies of the schema registry's face: requests read, versions shown.

Promises: members of the wrong type are 422, unknown ones are passed over; what is shown has the members that stock
clients read, and none that is empty. Leaves out: HTTP.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from bus.registration import errors
from bus.registration.judge import kind_of
from bus.registration.register import Offered
from bus.registration.registry import MAX_VERSION
from bus.registration.stored import Content, Version
from registry.evolution.levels import Level
from registry.evolution.port import FormatName, Strictness
from registry.registered.identity import Reference
from registry.registered.settings import Config, Metadata, Mode
from registry.registered.tags import Tagged

_Positive = Annotated[int, Meta(ge=-1, le=MAX_VERSION)]


class SchemaIn(msgspec.Struct, frozen=True, rename="camel"):
    """A schema as clients send it."""

    schema: str | None = None
    schema_type: str | None = None
    references: list[ReferenceIn] | None = None
    metadata: Metadata | None = None
    rule_set: dict[str, Any] | None = None
    id: _Positive | None = None
    version: _Positive | None = None
    schema_tags_to_add: list[TagsIn] | None = None
    schema_tags_to_remove: list[TagsIn] | None = None


class ReferenceIn(msgspec.Struct, frozen=True):
    """A reference as clients send it."""

    name: str
    subject: str
    version: Annotated[int, Meta(ge=-1, le=MAX_VERSION)]


class EntityIn(msgspec.Struct, frozen=True, rename="camel"):
    """A place in a schema as clients name it."""

    entity_path: str
    entity_type: str | None = None


class TagsIn(msgspec.Struct, frozen=True, rename="camel"):
    """Tags for one place."""

    schema_entity: EntityIn
    tags: list[str]


class TagSchemaIn(msgspec.Struct, frozen=True, rename="camel"):
    """Tags, metadata and rules for a version that is there."""

    new_version: _Positive | None = None
    metadata: Metadata | None = None
    rule_set: dict[str, Any] | None = None
    tags_to_add: list[TagsIn] | None = None
    tags_to_remove: list[TagsIn] | None = None


class ConfigIn(msgspec.Struct, frozen=True, rename="camel"):
    """Settings as clients send them; UNSET is not given, None takes one back."""

    compatibility: str | msgspec.UnsetType | None = msgspec.UNSET
    compatibility_level: str | msgspec.UnsetType | None = msgspec.UNSET
    compatibility_policy: str | msgspec.UnsetType | None = msgspec.UNSET
    compatibility_group: str | msgspec.UnsetType | None = msgspec.UNSET
    alias: str | msgspec.UnsetType | None = msgspec.UNSET
    normalize: bool | msgspec.UnsetType | None = msgspec.UNSET
    validate_fields: bool | msgspec.UnsetType | None = msgspec.UNSET
    validate_new_schemas: bool | msgspec.UnsetType | None = msgspec.UNSET
    validate_rules: bool | msgspec.UnsetType | None = msgspec.UNSET
    required_with_default: bool | msgspec.UnsetType | None = msgspec.UNSET
    default_metadata: Metadata | msgspec.UnsetType | None = msgspec.UNSET
    override_metadata: Metadata | msgspec.UnsetType | None = msgspec.UNSET
    default_rule_set: dict[str, Any] | msgspec.UnsetType | None = msgspec.UNSET
    override_rule_set: dict[str, Any] | msgspec.UnsetType | None = msgspec.UNSET


class ModeIn(msgspec.Struct, frozen=True):
    """A mode as clients send it."""

    mode: str | None = None


SCHEMA_MEMBERS: Final = frozenset({*SchemaIn.__struct_encode_fields__, "subject", "propagateSchemaTags"})
CONFIG_MEMBERS: Final = frozenset(ConfigIn.__struct_encode_fields__)
MODE_MEMBERS: Final = frozenset(ModeIn.__struct_encode_fields__)
TAG_MEMBERS: Final = frozenset({*TagSchemaIn.__struct_encode_fields__, "rulesToMerge", "rulesToRemove"})
_RULE_SETS: Final = ("migrationRules", "domainRules", "encodingRules")


def offered(body: dict[str, Any], *, normalize: bool) -> Offered:
    """A schema from a request's body.

    Raises:
        RegistrationError: 422, 42201, 42210.
    """
    given = _converted(body, SchemaIn)
    kind = kind_of(given.schema_type)
    _check_rules(given.rule_set)
    references = tuple(Reference(one.name, one.subject, one.version) for one in given.references or ())
    metadata = given.metadata if given.metadata != Metadata() else None
    content = Content(kind, given.schema or "", references, metadata, given.rule_set or None)
    tags = (_tags(given.schema_tags_to_add), _tags(given.schema_tags_to_remove))
    return Offered(content, normalize, _brought(given.id), _brought(given.version), *tags)


def tagging(body: dict[str, Any]) -> Offered:
    """Tags, metadata and rules from a request's body; the schema is the version's own.

    Raises:
        RegistrationError: 422, 42210.
    """
    given = _converted(body, TagSchemaIn)
    _check_rules(given.rule_set)
    content = Content(FormatName.AVRO, "", metadata=given.metadata, rules=given.rule_set)
    return Offered(content, added=_tags(given.tags_to_add), removed=_tags(given.tags_to_remove))


def config_in(body: dict[str, Any]) -> dict[str, Any]:
    """Settings from a request's body: those that are given.

    Raises:
        RegistrationError: 422, 42203.
    """
    given = _converted(body, ConfigIn)
    found = {name: value for name in Config.__struct_fields__ if (value := getattr(given, name)) is not msgspec.UNSET}
    level = given.compatibility if given.compatibility is not msgspec.UNSET else given.compatibility_level
    if level is not msgspec.UNSET:
        found["compatibility_level"] = _one_of(Level, level)
    if "compatibility_policy" in found:
        found["compatibility_policy"] = _one_of(Strictness, found["compatibility_policy"])
    if not found:
        raise errors.invalid_level()
    return found


def mode_in(body: dict[str, Any]) -> Mode:
    """A mode from a request's body.

    Raises:
        RegistrationError: 422, 42204.
    """
    try:
        return Mode((_converted(body, ModeIn).mode or "").upper())
    except ValueError:
        raise errors.invalid_mode() from None


def shown(version: Version) -> dict[str, Any]:
    """A version as clients read it; AVRO goes without saying."""
    told: dict[str, Any] = {"subject": version.subject.text, "version": version.version, "id": version.id}
    told["guid"] = version.guid
    told |= content_shown(version.content)
    told["ts"] = version.time_ms
    if version.deleted:
        told["deleted"] = True
    return told


def content_shown(content: Content) -> dict[str, Any]:
    """A schema without its place."""
    told: dict[str, Any] = {}
    if content.type is not FormatName.AVRO:
        told["schemaType"] = content.type
    if content.references:
        told["references"] = content.references
    if content.metadata is not None:
        told["metadata"] = content.metadata
    if content.rules is not None:
        told["ruleSet"] = content.rules
    told["schema"] = content.text
    return told


def _tags(given: list[TagsIn] | None) -> tuple[Tagged, ...]:
    return tuple(Tagged(one.schema_entity.entity_path, one.tags) for one in given or ())


def _brought(number: int | None) -> int | None:
    return number if number is not None and number > 0 else None


def _check_rules(rules: dict[str, Any] | None) -> None:
    for kind in _RULE_SETS:
        listed = (rules or {}).get(kind)
        if listed is None:
            continue
        if not isinstance(listed, list) or not all(isinstance(rule, dict) for rule in listed):
            raise errors.invalid_rules(f"{kind} is a list of rules")
        names = [rule.get("name") for rule in listed]
        if not all(isinstance(name, str) and name for name in names):
            raise errors.invalid_rules("Found rule with empty name")
        if len(set(names)) != len(names):
            raise errors.invalid_rules("Found rule with duplicate name")


def _one_of(kind: type[Level | Strictness], text: object) -> Level | Strictness | None:
    if text is None:
        return None
    try:
        return kind(str(text).upper())
    except ValueError:
        raise errors.invalid_level() from None


def _converted(body: dict[str, Any], kind: Any) -> Any:  # noqa: ANN401 - a class and its instance
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        raise errors.unprocessable(str(error)) from None
