"""Word by word through a Protobuf text: names, numbers, texts and options.

Promises that a word out of place is refused with its line. Leaves out declarations (``….parser``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry.evolution import limits
from registry.evolution.protobuf.lexer import Token, tokens
from registry.evolution.protobuf.model import Option
from registry.evolution.protobuf.refusals import refused

if TYPE_CHECKING:
    from registry.evolution.budget import Budget
    from registry.evolution.port import SchemaError

_OPENING: Final = {"{": "}", "[": "]", "<": ">"}


class Words:
    """A place in a text."""

    def __init__(self, text: str, document: str, budget: Budget) -> None:
        self._document: Final = document
        self._tokens: Final = tokens(text, document, budget)
        self._next = next(self._tokens)
        self._count = 0

    def _refuse(self, token: Token | None = None) -> SchemaError:
        token = token or self._next
        said = token.text if token.kind != "end" else "EOF"
        return refused("not-protobuf", said[:40], token.line, self._document)

    def _broken(self, rule: str, said: object, line: int) -> SchemaError:
        return refused(rule, str(said), line, self._document)

    def _take(self, kind: str = "") -> Token:
        token = self._next
        if token.kind == "end" or (kind and token.kind != kind):
            raise self._refuse()
        self._next = next(self._tokens)
        return token

    def _eat(self, text: str) -> bool:
        if self._next.text == text and self._next.kind != "string":
            self._take()
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._eat(text):
            raise self._refuse()

    def _declared(self) -> None:
        self._count += 1
        if self._count > limits.NODES:
            raise self._broken("too-many-nodes", "", self._next.line)

    def _string(self) -> str:
        found = self._take("string").text[1:-1]
        while self._next.kind == "string":
            found += self._take().text[1:-1]
        return found

    def _integer(self) -> int:
        sign = -1 if self._eat("-") else 1
        token = self._take("number")
        digits = token.text.lower()
        base = 16 if digits.startswith("0x") else 8 if digits.startswith("0") and digits.isdigit() else 10
        if not digits.removeprefix("0x").isalnum() or len(digits) > 20 or (base == 8 and set(digits) & set("89")):  # noqa: PLR2004 - 64 bits have 20 digits
            raise self._refuse(token)
        try:
            return sign * int(digits, base)
        except ValueError:
            raise self._refuse(token) from None

    def _full_name(self) -> str:
        """A name with dots, perhaps with one before it."""
        name = "." if self._eat(".") else ""
        name += self._take("word").text
        while self._eat("."):
            name += "." + self._take("word").text
        return name

    def _option(self, end: str) -> Option:
        """``name = value``, up to and with the end."""
        name = ""
        while not self._eat("="):
            name += self._take().text
            if not name or len(name) > 1_000:  # noqa: PLR2004 - far longer than a name
                raise self._refuse()
        value = self._value()
        if end:
            self._expect(end)
        return Option(name, value)

    def _value(self) -> str:
        """A constant or an aggregate, word by word."""
        found: list[str] = []
        closing: list[str] = []
        while True:
            token = self._take()
            if token.kind == "sign" and token.text in _OPENING:
                closing.append(_OPENING[token.text])
            elif closing and token.kind == "sign" and token.text == closing[-1]:
                closing.pop()
            found.append(token.text)
            if len(closing) > limits.DEPTH:
                raise self._broken("too-deep", "", token.line)
            if not closing and not (self._next.kind == "string" or self._is_sign(token) or self._continues()):
                return " ".join(found)

    def _is_sign(self, token: Token) -> bool:
        return token.kind == "sign" and token.text in "+-."

    def _continues(self) -> bool:
        return self._next.text == "." and self._next.kind == "sign"

    def _compact_options(self) -> tuple[Option, ...]:
        """``[a = 1, b = 2]``, if there are any."""
        found: list[Option] = []
        if self._eat("["):
            found.append(self._option(""))
            while self._eat(","):
                found.append(self._option(""))
            self._expect("]")
        return tuple(found)
