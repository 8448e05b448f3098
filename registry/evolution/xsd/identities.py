"""Identity constraints: when two of them are surely the same (XSD 1.0 part 1, clause 3.11).

Promises: constraints of equal ``sense`` judge the same nodes by the same fields. Leaves out comparing different ones:
a reader's constraint that the writer does not have is a doubt (``registry.evolution.xsd.elementwise``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from registry.evolution.xsd.model import Identity
from registry.evolution.xsd.reading import child, children

if TYPE_CHECKING:
    from registry.evolution.xsd.build import Build
    from registry.evolution.xsd.tables import Raw
    from schemas.xml import Element

_NAME: Final = re.compile(r"([\w.\-]+):(?=[\w*])(?!:)")
_AXIS: Final = re.compile(r"\s+")


def identities(build: Build, raw: Raw, node: Element) -> tuple[Identity, ...]:
    """The constraints that stand in an ``element``."""
    found = tuple(
        Identity((*_own(raw, inner), *_referred(raw, inner)), raw.document.where(inner))
        for inner in children(node, "unique", "key", "keyref")
    )
    if found:
        build.schema.identities = True
        build.budget.spend(len(found), "schema")
    return found


def _own(raw: Raw, node: Element) -> tuple[str, ...]:
    selector = child(node, "selector")
    fields = (_path(raw, field) for field in children(node, "field"))
    return (node.tag.rpartition("}")[2], "" if selector is None else _path(raw, selector), *fields)


def _path(raw: Raw, node: Element) -> str:
    """The XPath with names in Clark's way and without blanks."""
    bare = _AXIS.sub("", node.get("xpath", ""))
    return _NAME.sub(lambda found: "{" + raw.document.resolve(node, f"{found[1]}:x")[1:].rpartition("}")[0] + "}", bare)


def _referred(raw: Raw, node: Element) -> tuple[str, ...]:
    """What a ``keyref`` refers to, wherever in its document that stands."""
    written = node.get("refer")
    if written is None:
        return ()
    local = written.strip().rpartition(":")[2]
    for root in (raw.document.root,):
        for key in root.iter("{*}key", "{*}unique"):
            if key.get("name") == local:
                return ("refers", *_own(raw, key))
    return ("refers", raw.document.resolve(node, written))
