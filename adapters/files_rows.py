"""Rows out of files: JSON, JSON lines, CSV and XML become records, indexed by their key fields.

Promises: a file has one reading or is refused as a whole, with rule and line or row and never a value; every row is an
object that bears its keys; rows are capped while reading.
Leaves out: what the fields mean (field maps do that), and other encodings than UTF-8.
Source: RFC 8259, JSON Lines 1.0, RFC 4180, XML 1.0.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final, Literal

import orjson
from lxml import etree
from pydantic import Field

from adapters import values
from adapters.files_disk import FileRuleError
from adapters.mapping import SourcePath
from adapters.operation import Strict
from adapters.values import ABSENT, ValueRuleError
from schemas.json import JsonError, read
from schemas.xml import XmlError, XmlLimits, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from adapters.files_manifest import Format
    from schemas.xml import Element

Row = dict[str, object]
BOM: Final = b"\xef\xbb\xbf"
ELEMENTS_PER_ROW: Final = 100
"""How many elements a row of XML may weigh, on average."""


class Table(Strict):
    """How the file of one table is read."""

    rows: SourcePath | None = None
    """JSON: place of the list of records; without it the file itself is the list."""
    element: str | None = Field(default=None, pattern=r"^[^\s{}:]{1,100}$")
    """XML: local name of a record's element; without it each child of the root is one."""
    delimiter: Literal[",", ";", "\t", "|"] = ","
    """CSV: what stands between two fields."""


class Index:
    """Records of one table by the text of their keys; each is kept as compact JSON."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._paths = [(key, values.path(key)) for key in keys]
        self._found: dict[tuple[str, ...], list[bytes]] = {}

    def add(self, row: Row, at: str) -> None:
        """Take one record.

        Raises:
            FileRuleError: `key`: a key field is missing, or neither text, whole number nor boolean.
        """
        key = tuple(self._text(row, name, path, at) for name, path in self._paths)
        self._found.setdefault(key, []).append(orjson.dumps(row))

    def rows(self, key: tuple[str, ...], limit: int) -> list[object]:
        """The records under these texts, at most so many."""
        return [orjson.loads(row) for row in self._found.get(key, [])[:limit]]

    def _text(self, row: Row, name: str, path: values.Steps, at: str) -> str:
        try:
            value = values.at(row, path)
        except ValueRuleError:
            value = ABSENT
        text = key_text(value)
        if text is None:
            raise FileRuleError("key", f"{at} {name}")
        return text


def key_text(value: object) -> str | None:
    """A value as keys are compared: text trimmed, whole numbers in digits; None when it is no key at all."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return value.strip() or None if isinstance(value, str) else None


def rows_of(data: bytes, form: Format, table: Table, max_rows: int) -> Iterator[tuple[int, Row]]:
    """Each record with its number, from 1.

    Raises:
        FileRuleError: the file cannot be read as declared, or holds more than `max_rows`.
    """
    for number, row in enumerate(_READERS[form](data.removeprefix(BOM), table, max_rows), 1):
        if number > max_rows:
            raise FileRuleError("too-many-rows")
        if not isinstance(row, dict):
            raise FileRuleError("not-an-object", f"row {number}")
        yield number, row


def document(data: bytes, form: Format, table: Table, max_rows: int) -> object:
    """A whole file as one reply: JSON as it is, anything else as its list of records."""
    if form == "json":
        return _json(data.removeprefix(BOM))
    return [row for _, row in rows_of(data, form, table, max_rows)]


def _json(data: bytes) -> object:
    try:
        return read(data)
    except JsonError as error:
        raise FileRuleError(error.rule, f"line {error.line}") from None


def _of_json(data: bytes, table: Table, _: int) -> Iterator[object]:
    found = _json(data)
    if table.rows is not None:
        try:
            found = values.at(found, values.path(table.rows))
        except ValueRuleError as error:
            raise FileRuleError(error.rule, table.rows) from None
    if not isinstance(found, list):
        raise FileRuleError("not-a-list", table.rows or "")
    yield from found


def _of_lines(data: bytes, _table: Table, _: int) -> Iterator[object]:
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip():
            try:
                yield read(line)
            except JsonError as error:
                raise FileRuleError(error.rule, f"line {number}") from None


def _of_csv(data: bytes, table: Table, _: int) -> Iterator[object]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise FileRuleError("not-utf-8") from None
    if "\x00" in text:
        raise FileRuleError("csv", "a NUL")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=table.delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if not header or "" in header or len(set(header)) != len(header):
            raise FileRuleError("csv", "line 1")
        for fields in reader:
            if not fields:
                continue
            if len(fields) != len(header):
                raise FileRuleError("csv", f"line {reader.line_num}")
            yield dict(zip(header, fields, strict=True))
    except csv.Error:
        raise FileRuleError("csv", f"line {reader.line_num}") from None


def _of_xml(data: bytes, table: Table, max_rows: int) -> Iterator[object]:
    limits = XmlLimits(max_bytes=len(data), max_elements=max_rows * ELEMENTS_PER_ROW)
    try:
        root = parse(data, limits)
    except XmlError as error:
        raise FileRuleError(error.rule, f"line {error.line}") from None
    records = root.iterchildren() if table.element is None else root.iter(f"{{*}}{table.element}")
    return (_plain(element) for element in records)


def _plain(element: Element) -> object:
    """Children and attributes by their local names; one that repeats becomes a list; a leaf is its text."""
    children = list(element)
    if not children and not element.attrib:
        return element.text or ""
    found: dict[str, object] = {etree.QName(str(name)).localname: value for name, value in element.attrib.items()}
    for child in children:
        name, value = etree.QName(child).localname, _plain(child)
        before = found.get(name)
        if name not in found:
            found[name] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            found[name] = [before, value]
    return found


_READERS: Final = {"json": _of_json, "jsonl": _of_lines, "csv": _of_csv, "xml": _of_xml}


def key_of(keys: Mapping[str, str], request: Mapping[str, object]) -> tuple[str, ...] | None:
    """The texts to look up, in the order of the keys; None where the question does not give one of them."""
    texts = [key_text(request.get(field)) for field in keys.values()]
    found = [text for text in texts if text is not None]
    return tuple(found) if len(found) == len(texts) else None
