"""The simple types that XSD 1.0 part 2 declares itself (clauses 3.2 and 3.3).

Derived string types carry their lexical form as a pattern, integers a mark and bounds. Leaves out the types that XSD
1.1 adds: a schema that names one is not compared (``registry.evolution.xsd.newer``).
"""

from __future__ import annotations

from typing import Final

from registry.evolution.xsd.model import Bound, Facets, SimpleType, Where
from registry.evolution.xsd.names import XS, clark

NMTOKEN: Final = r"\c+"
NAME: Final = r"\i\c*"
NCNAME: Final = r"[\i-[:]][\c-[:]]*"
LANGUAGE: Final = r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*"

BUILTIN: Final[dict[str, SimpleType]] = {}
"""Clark name → type."""


def _add(local: str, base: SimpleType | None, facets: Facets, primitive: str = "") -> SimpleType:
    name = clark(XS, local)
    found = SimpleType(name, Where(), base, "atomic", primitive or (base.primitive if base else local), facets)
    BUILTIN[name] = found
    return found


ANY_SIMPLE: Final = _add("anySimpleType", None, Facets(whitespace="preserve"))
STRING: Final = _add("string", ANY_SIMPLE, Facets(whitespace="preserve"), "string")

_PRIMITIVES: Final = (
    "boolean decimal float double duration dateTime time date gYearMonth gYear gMonthDay gDay gMonth"
    " hexBinary base64Binary anyURI QName NOTATION"
)
for _name in _PRIMITIVES.split():
    _add(_name, ANY_SIMPLE, Facets(), _name)

_normalized: Final = _add("normalizedString", STRING, Facets(whitespace="replace"))
_token: Final = _add("token", _normalized, Facets())
_add("language", _token, Facets(patterns=((LANGUAGE,),)))
_nmtoken: Final = _add("NMTOKEN", _token, Facets(patterns=((NMTOKEN,),)))
_name_type: Final = _add("Name", _token, Facets(patterns=((NAME,),)))
_ncname: Final = _add("NCName", _name_type, Facets(patterns=((NAME,), (NCNAME,))))
_listable: Final = {local: _add(local, _ncname, _ncname.facets) for local in ("ID", "IDREF", "ENTITY")}

for _plural, _item in (("NMTOKENS", _nmtoken), ("IDREFS", _listable["IDREF"]), ("ENTITIES", _listable["ENTITY"])):
    BUILTIN[clark(XS, _plural)] = SimpleType(
        clark(XS, _plural), Where(), ANY_SIMPLE, "list", "", Facets(minimum=1), item=_item
    )

_INTEGERS: Final[tuple[tuple[str, str, int | None, int | None], ...]] = (
    ("integer", "decimal", None, None),
    ("nonPositiveInteger", "integer", None, 0),
    ("negativeInteger", "nonPositiveInteger", None, -1),
    ("long", "integer", -(2**63), 2**63 - 1),
    ("int", "long", -(2**31), 2**31 - 1),
    ("short", "int", -(2**15), 2**15 - 1),
    ("byte", "short", -(2**7), 2**7 - 1),
    ("nonNegativeInteger", "integer", 0, None),
    ("unsignedLong", "nonNegativeInteger", 0, 2**64 - 1),
    ("unsignedInt", "unsignedLong", 0, 2**32 - 1),
    ("unsignedShort", "unsignedInt", 0, 2**16 - 1),
    ("unsignedByte", "unsignedShort", 0, 2**8 - 1),
    ("positiveInteger", "nonNegativeInteger", 1, None),
)
for _name, _base, _low, _high in _INTEGERS:
    _add(
        _name,
        BUILTIN[clark(XS, _base)],
        Facets(
            low=None if _low is None else Bound(str(_low)),
            high=None if _high is None else Bound(str(_high)),
            fraction=0,
            integer=True,
        ),
    )


def builtin(local: str) -> SimpleType:
    """The built-in simple type called ``local``."""
    return BUILTIN[clark(XS, local)]


def is_a(found: SimpleType, ancestor: SimpleType) -> bool:
    """Whether ``found`` is ``ancestor`` or derives from it by restriction."""
    step: SimpleType | None = found
    while step is not None:
        if step is ancestor:
            return True
        step = step.base
    return False


BELOW: Final = {
    name: tuple(one for one in BUILTIN.values() if is_a(one, ancestor)) for name, ancestor in BUILTIN.items()
}
"""Clark name → the built-in types that are it or derive from it."""
