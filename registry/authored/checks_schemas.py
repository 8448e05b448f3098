"""Rules between schemas and the dictionary: every value of a shaped service is a term of the right type.

Promises to judge each version once, and only those that a shaped service uses. Leaves out the file's own form
(``schema_files``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeGuard

if TYPE_CHECKING:
    from registry.authored.known import Known
    from registry.authored.schema_files import ParsedSchema
    from registry.shapes import Object
    from schemas.positions import Path

_JSON_TYPES: Final[dict[str, frozenset[str]]] = {
    "string": frozenset({"string"}),
    "date": frozenset({"string"}),
    "code": frozenset({"string"}),
    "boolean": frozenset({"boolean"}),
    "number": frozenset({"number", "integer"}),
    "object": frozenset({"object", "array"}),
}


def check(known: Known) -> None:
    """Tell every mistake of the schemas that shaped services use."""
    for ref in sorted(_used(known)):
        schema = known.schemas.get(ref)
        if schema is None:
            continue
        if schema.frame is None:
            _xsd(known, schema)
        else:
            _json(known, schema)


def _used(known: Known) -> set[str]:
    services = (item.table for item in known.services.values() if item.table.shape == "shaped")
    return {ref for service in services for o in service.operation for ref in (o.question, o.answer) if ref}


def _xsd(known: Known, schema: ParsedSchema) -> None:
    for item in schema.file.fields:
        known.term(item, ("term",), item.table.term)
    if not schema.fields:
        file = schema.file.terms_file or schema.file.file.replace(".xsd", ".terms.toml")
        known.book.tell_at(file, (), "missing-file", name=file)


def _json(known: Known, schema: ParsedSchema) -> None:
    book, file = known.book, schema.file.file
    for fault in schema.frame.faults if schema.frame else ():
        book.tell_key(file, fault.path, fault.rule, keyword=fault.keyword)
    for path, term in schema.frame.leaves if schema.frame else ():
        if known.missing("dictionary", term, known.terms):
            book.tell_at(file, (*path, "x-term"), "unknown-term", name=term)
        elif item := known.terms.get(term):
            _type(known, schema, path, item.table.type, term)
            _enum(known, schema, path, item.table.codelist)


def _type(known: Known, schema: ParsedSchema, path: Path, wanted: str, term: str) -> None:
    declared = _types(_at(schema.document or {}, path))
    if declared - _JSON_TYPES[wanted]:
        known.book.tell_key(schema.file.file, (*path, "type"), "term-type", name=term, wanted=wanted)


def _enum(known: Known, schema: ParsedSchema, path: Path, codelist: str | None) -> None:
    leaf = _at(schema.document or {}, path)
    values = leaf.get("enum", []) if _is_object(leaf) else []
    if codelist is None or codelist not in known.codes or not isinstance(values, list):
        return
    for number, value in enumerate(values):
        if value is not None and value not in known.codes[codelist]:
            place = (*path, "enum", number)
            known.book.tell_at(schema.file.file, place, "unknown-code", codelist=codelist, name=value)


def _types(leaf: object) -> frozenset[str]:
    """JSON types that a leaf may have, null aside; a list of values counts as its elements."""
    if not _is_object(leaf):
        return frozenset()
    declared = leaf.get("type", [])
    names = frozenset(map(str, declared if isinstance(declared, list) else [declared])) - {"null"}
    if names == {"array"} and "items" in leaf:
        return _types(leaf["items"])
    return names


def _at(document: Object, path: Path) -> object:
    node: object = document
    for step in path:
        node = node[step] if _is_object(node) and isinstance(step, str) else None
    return node


def _is_object(value: object) -> TypeGuard[Object]:
    return isinstance(value, dict)
