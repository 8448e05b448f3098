"""A schema's text without what carries no meaning: comments, spacing between elements, order of attributes.

Promises: texts that are written alike in canonical form mean the same. Leaves out references: each is canonical by
itself.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from lxml import etree

from registry.evolution.xsd.source import XS_

if TYPE_CHECKING:
    from schemas.xml import Element


def canonical_text(root: Element) -> str:
    """Canonical XML 1.0 of the schema, blanks between its elements taken out."""
    bare = copy.deepcopy(root)
    for node in bare.iter(f"{XS_}*"):
        if node.tag in {f"{XS_}documentation", f"{XS_}appinfo"}:
            continue
        if node.text is not None and not node.text.strip():
            node.text = None
        for child in node:
            if child.tail is not None and not child.tail.strip():
                child.tail = None
    try:
        return etree.tostring(bare, method="c14n", with_comments=False).decode()
    except etree.C14NError:
        # canonical XML has no form for a namespace that is a relative address; such a text is its own
        return etree.tostring(bare, encoding="unicode")
