"""Settings of subjects, contexts and the whole: compatibility, modes, and which of them counts.

Promises: the narrowest setting wins: a subject's, its context's, the whole's, the default. Leaves out: storing them.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final

import msgspec

from registry.evolution.levels import Level
from registry.evolution.port import Policy, Strictness


class Mode(StrEnum):
    """What may be done to a subject."""

    READWRITE = "READWRITE"
    READONLY = "READONLY"
    READONLY_OVERRIDE = "READONLY_OVERRIDE"
    IMPORT = "IMPORT"
    """Only schemas that bring their id and version, unchecked."""
    FORWARD = "FORWARD"
    """Nothing is registered here: another registry leads."""


class Metadata(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is said about a schema beside its text."""

    tags: dict[str, list[str]] | None = None
    properties: dict[str, str] | None = None
    sensitive: list[str] | None = None


class Config(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """Settings of one scope; None is not set here.

    Attributes:
        required_with_default: ours: see `registry.evolution.port.Policy`.
    """

    alias: str | None = None
    normalize: bool | None = None
    validate_fields: bool | None = None
    validate_new_schemas: bool | None = None
    validate_rules: bool | None = None
    compatibility_level: Level | None = None
    compatibility_policy: Strictness | None = None
    compatibility_group: str | None = None
    required_with_default: bool | None = None
    default_metadata: Metadata | None = None
    override_metadata: Metadata | None = None
    default_rule_set: dict[str, Any] | None = None
    override_rule_set: dict[str, Any] | None = None

    @property
    def level(self) -> Level:
        """The level that counts; BACKWARD where none is set."""
        return self.compatibility_level or Level.BACKWARD

    @property
    def policy(self) -> Policy:
        """The switches for comparisons."""
        return Policy(self.compatibility_policy or Strictness.STRICT, bool(self.required_with_default))


UNSET: Final = Config()


def effective(scopes: Iterable[Config | None]) -> Config:
    """The settings that count, from the narrowest scope to the widest; an alias is never inherited."""
    found: dict[str, Any] = {}
    for place, scope in enumerate(scopes):
        if scope is None:
            continue
        for name in Config.__struct_fields__:
            value = getattr(scope, name)
            if value is not None and not (place and name == "alias"):
                found.setdefault(name, value)
    return Config(**found)


def merged_metadata(given: Metadata | None, config: Config) -> Metadata | None:
    """A schema's metadata with the scope's defaults below and its overrides above."""
    layers = [one for one in (config.default_metadata, given, config.override_metadata) if one is not None]
    if not layers:
        return None
    if len(layers) == 1:
        return layers[0]
    tags: dict[str, list[str]] = {}
    properties: dict[str, str] = {}
    sensitive: dict[str, None] = {}
    for layer in layers:
        tags |= layer.tags or {}
        properties |= layer.properties or {}
        sensitive |= dict.fromkeys(layer.sensitive or ())
    return Metadata(tags or None, properties or None, list(sensitive) or None)


def merged_rules(given: dict[str, Any] | None, config: Config) -> dict[str, Any] | None:
    """A schema's rule set likewise; rules of one name replace each other."""
    layers = [one for one in (config.default_rule_set, given, config.override_rule_set) if one]
    if len(layers) < 2:  # noqa: PLR2004 - nothing to merge
        return layers[0] if layers else None
    merged: dict[str, Any] = {}
    for kind in dict.fromkeys(kind for layer in layers for kind in layer):
        rules: dict[str, Any] = {}
        for layer in layers:
            for number, rule in enumerate(layer.get(kind) or ()):
                rules[rule.get("name", f"#{number}") if isinstance(rule, dict) else f"#{number}"] = rule
        merged[kind] = list(rules.values())
    return merged
