"""The word of an independent validator: a witness is shown to nobody before it is accepted and refused as claimed.

Promises validators that fetch nothing, assert formats and run patterns in linear time where the pattern allows it (a
bounded number of steps where it looks around).
"""

from __future__ import annotations

from functools import cached_property
from typing import Final

import jsonschema_rs

from registry.evolution.json.costs import LOOKS, looks
from registry.evolution.json.dialect import VALIDATORS, Draft
from registry.evolution.json.reading import Value
from registry.evolution.json.resources import ROOT, Resources

_DRAFTS: Final = {
    Draft.D4: jsonschema_rs.Draft4,
    Draft.D6: jsonschema_rs.Draft6,
    Draft.D7: jsonschema_rs.Draft7,
    Draft.D2019: jsonschema_rs.Draft201909,
    Draft.D2020: jsonschema_rs.Draft202012,
}
_LINEAR: Final = jsonschema_rs.RegexOptions(size_limit=1 << 22, dfa_size_limit=1 << 23)
_LOOKING: Final = jsonschema_rs.FancyRegexOptions(backtrack_limit=100_000)
_TOLD: Final = 5_000
"""Looks at subschemas while errors are gathered: each alternative that fails is told with all its own."""


class Confirming:
    """A schema's validator, built when it is first asked."""

    def __init__(self, resources: Resources) -> None:
        self._resources: Final = resources
        self._last: tuple[Value, int] | None = None

    def accepts(self, value: Value) -> bool | None:
        """Whether the schema accepts a value; None where the validator cannot say, or would be at it too long."""
        if self._validator is None or self._looks(value) > LOOKS:
            return None
        try:
            return self._validator.is_valid(value)
        except ValueError:
            return None

    def errors(self, value: Value) -> list[jsonschema_rs.ValidationError]:
        """What is wrong with a value; nothing where the validator would have too much to tell."""
        if self._validator is None or self._looks(value) > _TOLD:
            return []
        try:
            return list(self._validator.iter_errors(value))
        except ValueError:
            return []

    def _looks(self, value: Value) -> int:
        # The same document is asked about twice in a row: is it refused, and why.
        if self._last is None or self._last[0] is not value:
            self._last = value, looks(self._resources, value)
        return self._last[1]

    @cached_property
    def _validator(self) -> jsonschema_rs.Validator | None:
        for patterns in (_LINEAR, _LOOKING):
            try:
                return self._built(patterns)
            except (ValueError, jsonschema_rs.ReferencingError):
                continue
        return None

    def _built(self, patterns: jsonschema_rs.RegexOptions | jsonschema_rs.FancyRegexOptions) -> jsonschema_rs.Validator:
        resources = self._resources
        others = [(uri, value) for uri, value in resources.documents.items() if value is not resources.value]
        registry = jsonschema_rs.Registry(others, draft=_DRAFTS[resources.draft]) if others else None
        return VALIDATORS[resources.draft](
            resources.value,
            validate_formats=True,
            registry=registry,
            mask="…",
            base_uri=ROOT,
            pattern_options=patterns,
            offline=True,
        )
