"""What an OpenAPI description offers, references resolved.

Promises: values; ``path`` of everything is its place in the JSON text. Annotations (summaries, descriptions, examples)
are left out.
Source: OpenAPI Specification 3.0.4 and 3.1.1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Json: TypeAlias = Any
Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent or answered: by media type, a schema (None: anything) and the rest that is said of it."""

    schemas: Mapping[str, Json]
    others: Mapping[str, Json]
    required: bool
    path: Path


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter. ``others`` is how it is written (style, explode, content …)."""

    name: str
    where: str
    required: bool
    schema: Json
    others: Mapping[str, Json]
    path: Path


@dataclass(frozen=True, slots=True)
class Response:
    """An answer."""

    body: Body
    others: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation: ``GET /people/{}``."""

    key: str
    parameters: Mapping[tuple[str, str], Parameter]
    body: Body | None
    responses: Mapping[str, Response]
    others: Mapping[str, Json]
    path: Path


@dataclass(frozen=True, slots=True)
class Description:
    """A description as it was read. ``components`` are its schemas, by name, as written."""

    version: str
    dialect: str
    value: Mapping[str, Json]
    operations: Mapping[str, Operation] = field(default_factory=dict)
    components: Mapping[str, Json] = field(default_factory=dict)
    is_alone: bool = True
    """Whether it is one file."""
