"""A Protobuf text as declarations.

Promises the grammar of proto2, proto3 and editions, the rules of the specification that one file alone shows (numbers,
labels, names used twice, what is reserved), and the line of whatever is wrong. Leaves out what names mean.
Source: Protocol Buffers language specification.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry.evolution import limits
from registry.evolution.protobuf import checks
from registry.evolution.protobuf.model import (
    INT32,
    LARGEST,
    SCALARS,
    Enum,
    Extend,
    Field,
    File,
    Message,
    Reserved,
    Service,
    Value,
)
from registry.evolution.protobuf.words import Words

if TYPE_CHECKING:
    from registry.evolution.budget import Budget
    from registry.evolution.protobuf.lexer import Token

_LABELS: Final = ("optional", "required", "repeated")
_KEYS: Final = SCALARS - {"double", "float", "bytes"}


class Parser(Words):
    """Reads one file."""

    def __init__(self, text: str, document: str, budget: Budget) -> None:
        super().__init__(text, document, budget)
        self._file = File(document)

    def file(self) -> File:
        """The whole file.

        Raises:
            SchemaError: it is none.
        """
        self._syntax()
        while self._next.kind != "end":
            self._top()
        return self._file

    # the file

    def _syntax(self) -> None:
        for word in ("syntax", "edition"):
            if self._next.text == word and self._eat(word):
                self._expect("=")
                line, said = self._next.line, self._string()
                if word == "syntax" and said not in {"proto2", "proto3"}:
                    raise self._broken("syntax-unknown", said, line)
                self._file.syntax = said if word == "syntax" else f"edition {said}"
                self._expect(";")
                return

    def _top(self) -> None:
        self._declared()
        file, package = self._file, self._file.package
        if self._eat("import"):
            kind = self._take().text if self._next.text in {"public", "weak"} else ""
            file.imports[self._string()] = kind
            self._expect(";")
        elif self._eat("package"):
            file.package = self._full_name()
            self._expect(";")
        elif self._eat("option"):
            file.options.append(self._option(";"))
        elif self._eat("message"):
            file.messages.append(self._message(package, 0))
        elif self._eat("enum"):
            file.enums.append(self._enum(package))
        elif self._eat("service"):
            file.services.append(self._service(package))
        elif self._eat("extend"):
            file.extends.append(self._extend(package, 0))
        else:
            self._expect(";")

    # messages

    def _message(self, scope: str, depth: int) -> Message:
        token = self._take("word")
        message = Message(_joined(scope, token.text), token.line)
        self._body(message, depth)
        return message

    def _body(self, message: Message, depth: int) -> None:
        if depth > limits.DEPTH:
            raise self._broken("too-deep", "", self._next.line)
        self._expect("{")
        while not self._eat("}"):
            self._declared()
            self._element(message, depth)
        checks.message(self._file, message)

    def _element(self, message: Message, depth: int) -> None:
        word = self._next.text
        if word == "option":
            self._take()
            message.options.append(self._option(";"))
        elif self._eat(";"):
            return
        elif word == "reserved":
            self._take()
            self._reserved(message.reserved, LARGEST)
        elif word == "extensions":
            self._take()
            message.extensions += self._ranges(LARGEST)
            self._compact_options()
            self._expect(";")
        elif word == "oneof":
            self._oneof(message, depth)
        else:
            self._member(message, depth)

    def _member(self, message: Message, depth: int) -> None:
        """A nested declaration, or a field; ``message`` and the like may also name a type of a field."""
        token = self._take() if self._next.text != "." else None
        if token is not None and token.kind == "word" and self._next.kind == "word":
            if token.text == "message":
                message.messages.append(self._message(message.name, depth + 1))
                return
            if token.text == "enum":
                message.enums.append(self._enum(message.name))
                return
            if token.text == "extend":
                message.extends.append(self._extend(message.name, depth))
                return
        self._field(message, token, "", depth)

    def _oneof(self, message: Message, depth: int) -> None:
        self._take()
        token = self._take("word")
        if token.text in message.oneofs:
            raise self._broken("name-twice", token.text, token.line)
        options = message.oneofs[token.text] = []
        self._expect("{")
        while not self._eat("}"):
            self._declared()
            if self._eat("option"):
                options.append(self._option(";"))
            elif not self._eat(";"):
                self._field(message, self._take() if self._next.text != "." else None, token.text, depth)

    def _field(self, message: Message, first: Token | None, oneof: str, depth: int) -> None:
        """A field whose first word was taken (None: it begins with a dot)."""
        label = ""
        if first is not None and first.text in _LABELS and (self._next.kind == "word" or self._next.text == "."):
            label = first.text
            first = self._take() if self._next.text != "." else None
        if first is not None and first.kind != "word":
            raise self._refuse(first)
        if first is not None and first.text == "map" and self._next.text == "<":
            self._map(message, label, oneof)
            return
        if first is not None and first.text == "group" and self._next.kind == "word":
            self._group(message, label, oneof, depth)
            return
        type_ = first.text if first is not None else ""
        while self._eat("."):
            type_ += "." + self._take("word").text
        self._finish(message, Field("", 0, label, type_, 0, oneof=oneof))

    def _map(self, message: Message, label: str, oneof: str) -> None:
        self._expect("<")
        key = self._take("word")
        self._expect(",")
        value = self._full_name()
        self._expect(">")
        if key.text not in _KEYS or label or oneof:
            raise self._refuse(key)
        self._finish(message, Field("", 0, "repeated", value, 0, key=key.text))

    def _group(self, message: Message, label: str, oneof: str, depth: int) -> None:
        if self._file.syntax != "proto2":
            raise self._broken("label-invalid", "group", self._next.line)
        token = self._take("word")
        self._expect("=")
        number = self._integer()
        options = self._compact_options()
        inner = Message(_joined(message.name, token.text), token.line)
        self._body(inner, depth + 1)
        message.messages.append(inner)
        name = token.text.lower()
        message.fields.append(
            Field(name, number, label, f".{inner.name}", token.line, "", oneof, group=True, options=options)
        )

    def _finish(self, message: Message, field: Field) -> None:
        """Name, number and options of a field."""
        name = self._take("word")
        self._expect("=")
        number = self._integer()
        options = self._compact_options()
        self._expect(";")
        message.fields.append(
            Field(name.text, number, field.label, field.type, name.line, field.key, field.oneof, options=options)
        )

    # enums, reserved, extensions, services

    def _enum(self, scope: str) -> Enum:
        token = self._take("word")
        enum = Enum(_joined(scope, token.text), token.line)
        self._expect("{")
        while not self._eat("}"):
            self._declared()
            if self._eat(";"):
                continue
            word = self._take("word")
            if word.text == "option" and self._next.text != "=":
                enum.options.append(self._option(";"))
            elif word.text == "reserved" and self._next.text != "=":
                self._reserved(enum.reserved, INT32 - 1)
            else:
                self._expect("=")
                number = self._integer()
                enum.values.append(Value(word.text, number, word.line, self._compact_options()))
                self._expect(";")
        checks.enum(self._file, enum)
        return enum

    def _reserved(self, reserved: Reserved, largest: int) -> None:
        if self._next.kind == "number" or self._next.text == "-":
            reserved.numbers += self._ranges(largest)
        else:
            while True:
                reserved.names.append(self._string() if self._next.kind == "string" else self._take("word").text)
                if not self._eat(","):
                    break
        self._expect(";")

    def _ranges(self, largest: int) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        while True:
            self._declared()
            line, first = self._next.line, self._integer()
            last = first
            if self._eat("to"):
                last = largest if self._eat("max") else self._integer()
            if last < first:
                raise self._broken("number-invalid", last, line)
            found.append((first, last))
            if not self._eat(","):
                return found

    def _extend(self, scope: str, depth: int) -> Extend:
        line = self._next.line
        holder = Message(scope, line)
        target = self._full_name()
        self._expect("{")
        while not self._eat("}"):
            self._declared()
            if not self._eat(";"):
                self._field(holder, self._take() if self._next.text != "." else None, "", depth)
        checks.message(self._file, holder)
        return Extend(target, scope, line, holder.fields)

    def _service(self, scope: str) -> Service:
        token = self._take("word")
        service = Service(_joined(scope, token.text), token.line)
        self._expect("{")
        while not self._eat("}"):
            self._declared()
            if self._eat("option"):
                service.options.append(self._option(";"))
            elif self._eat("rpc"):
                name = self._take("word")
                if name.text in service.methods:
                    raise self._broken("name-twice", name.text, name.line)
                service.methods[name.text] = self._method()
            else:
                self._expect(";")
        return service

    def _method(self) -> str:
        """``(stream A) returns (B)`` and its options, word by word."""
        found: list[str] = []
        for part in ("", "returns"):
            if part:
                self._expect(part)
            self._expect("(")
            stream = "stream " if self._next.text == "stream" and self._eat("stream") else ""
            found.append(f"({stream}{self._full_name()})")
            self._expect(")")
        if not self._eat(";"):
            self._expect("{")
            while not self._eat("}"):
                if not self._eat(";"):
                    self._expect("option")
                    option = self._option(";")
                    found.append(f"option {option.name} = {option.value};")
        return " ".join(found)


def _joined(scope: str, name: str) -> str:
    return f"{scope}.{name}" if scope else name
