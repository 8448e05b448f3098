"""Shipped XSD schemas, broken at random: a schema, or an error of the schema; a verdict, whatever is compared.

``XSD_BREAK`` is how many are tried (default 100); ``XSD_BREAK_FROM`` the first seed.
"""

from __future__ import annotations

import copy
import os
from pathlib import Path
from random import Random

from lxml import etree
from xsd_pairs import compared, read, schema

from registry.evolution.port import SchemaError
from registry.evolution.verdict import Compatible, Incompatible, Unknown
from schemas.xml import Element, parse

TRIED = int(os.environ.get("XSD_BREAK", "100"))
FIRST = int(os.environ.get("XSD_BREAK_FROM", "0"))
ROOT = Path(__file__).parents[2]


def words(text: str) -> list[str]:
    return text.split()


XS = "{http://www.w3.org/2001/XMLSchema}"
KINDS = words("""
    element attribute complexType simpleType sequence choice all group attributeGroup any anyAttribute restriction
    extension list union simpleContent complexContent pattern enumeration length minLength maxLength totalDigits
    fractionDigits minInclusive maxExclusive whiteSpace unique key keyref selector field include import redefine
    notation annotation assert alternative openContent override
""")
VALUES = words("""
    0 1 2 -1 unbounded 99999999999999999999 true false xs:string xs:int xs:anyType xs:ID xs:IDREF xs:QName xs:nothing T
    Code lax skip strict ##any ##other ##local prohibited required optional #all extension qualified a b @a .//x (a+)+b
    [z-a] preserve collapse more.xsd xs: : {x}y
""")
NAMES = words("""
    name ref type base minOccurs maxOccurs use default fixed nillable abstract block final form value itemType
    memberTypes mixed substitutionGroup processContents namespace schemaLocation xpath refer targetNamespace
""")
MORE = {"more.xsd": schema('<xs:complexType name="T"/>')}


def break_once(random: Random, root: Element) -> None:
    nodes = list(root.iter(f"{XS}*"))
    node, other = random.choice(nodes), random.choice(nodes)
    what = random.randrange(6)
    parent = node.getparent()
    if what == 0:
        node.set(random.choice(NAMES), random.choice(VALUES))
    elif what == 1 and node.attrib:
        del node.attrib[random.choice(list(node.attrib))]
    elif what == 2 and parent is not None:
        parent.remove(node)
    elif what == 3:
        other.insert(random.randint(0, len(other)), copy.deepcopy(node))
    elif what == 4 and parent is not None:
        node.tag = f"{XS}{random.choice(KINDS)}"
    elif node.attrib:
        node.set(random.choice(list(node.attrib)), random.choice(VALUES))


def test_whatever_is_broken_there_is_an_answer():
    files = sorted(ROOT.glob("schemas/profiles/schemas/*/*.xsd"))
    texts = [file.read_text(encoding="utf-8") for file in files]
    originals = [read(text) for text in texts]
    said: list[type] = []
    for seed in range(FIRST, FIRST + TRIED):
        random = Random(seed)  # noqa: S311 - a hunt must be repeatable
        index = random.randrange(len(files))
        root = parse(texts[index].encode())
        for _ in range(random.choice((1, 1, 2, 4))):
            break_once(random, root)
        try:
            broken = read(etree.tostring(root, encoding="unicode"), MORE)
        except SchemaError as error:
            said.append(type(error))
            continue
        verdicts = [compared(originals[index], broken), compared(broken, originals[index])]
        assert all(isinstance(verdict, Compatible | Incompatible | Unknown) for verdict in verdicts)
        said += [type(verdict) for verdict in verdicts]
    assert {SchemaError, Compatible, Incompatible} <= set(said)
