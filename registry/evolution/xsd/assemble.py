"""From the documents of a schema to its components.

Promises: everything global is built, whether or not a document can reach it, so that all mistakes of a schema are
found when it is registered. Leaves out the validator's own compiler, which is asked next (``compiled``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.evolution.xsd.attributes import attribute_set, global_attribute
from registry.evolution.xsd.build import Build
from registry.evolution.xsd.complex_types import complex_type
from registry.evolution.xsd.elements import global_element
from registry.evolution.xsd.model import Schema
from registry.evolution.xsd.order import Order
from registry.evolution.xsd.particles import GROUPS, model
from registry.evolution.xsd.ranks import Ranks
from registry.evolution.xsd.reading import child
from registry.evolution.xsd.simple_types import simple_type
from registry.evolution.xsd.source import XS_
from registry.evolution.xsd.substitution import fill_derived, fill_substitutes
from registry.evolution.xsd.tables import tables_of

if TYPE_CHECKING:
    from registry.evolution.budget import Budget
    from registry.evolution.xsd.source import Sources
    from registry.evolution.xsd.tables import Key


def assembled(sources: Sources, budget: Budget) -> Schema:
    """Build all components.

    Raises:
        SchemaError: they do not make a schema.
    """
    declared = tables_of(sources.links)
    build = Build(declared, budget, complex_type)
    # ① types and groups, what they need first
    order = Order(declared)
    for key in declared:
        if key[0] not in {"element", "attribute"}:
            for needed in order.visit(key):
                _build(build, needed)
    # ② elements and attributes, and everything local that was left for later
    for (kind, name), raw in declared.items():
        if kind == "element":
            global_element(build, name, raw)
        elif kind == "attribute":
            global_attribute(build, name, raw)
    build.finish()
    # ③ what follows from all of them
    schema = build.schema
    schema.where = sources.main.where(sources.main.root)
    schema.types.update(
        {raw.said: build.types[name] for (kind, name), raw in declared.items() if kind == "type" and raw.said}
    )
    schema.namespaces = frozenset(link.document.target for link in sources.links)
    fill_substitutes(schema, budget)
    fill_derived(schema, budget)
    Ranks(schema, budget, build.declarations).settle()
    return schema


def _build(build: Build, key: Key) -> None:
    kind, name = key
    raw = build.declared[key]
    if kind == "type":
        make = simple_type if raw.node.tag == f"{XS_}simpleType" else complex_type
        build.types[name] = make(build, raw, raw.node, raw.said)
    elif kind == "group":
        inner = child(raw.node, *GROUPS)
        build.groups[name] = None if inner is None else model(build, raw, inner)
    else:
        build.attribute_groups[name] = attribute_set(build, raw, raw.node)
