"""The published envelope vectors, judged twice: by `schemas.envelope`, and by a reader made of docs/envelope.md alone.

The second reader takes words, members and kinds from the page's own tables, so that what is not written there is not
known to it; only json, re and datetime of the standard library help it.
"""

import json
import re
import runpy
from base64 import urlsafe_b64decode
from datetime import datetime
from pathlib import Path
from typing import ClassVar

import pytest

from schemas.envelope import decode, encode
from schemas.problems import ProblemError

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "envelope.md").read_text(encoding="utf-8")
VECTORS = json.loads((HERE / "vectors" / "envelope-v1.json").read_text())
CASES = VECTORS["cases"]
NAMES = [f"{number} {one['name']}" for number, one in enumerate(CASES)]


def bytes_of(case: dict[str, object]) -> bytes:
    text = str(case["bytes"])
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_our_reader_says_what_the_vector_says(case: dict[str, object]):
    try:
        said = {"reading": json.loads(encode(decode(bytes_of(case))))}
    except ProblemError as error:
        said = {"refused": int(error.problem.code)}
    assert case == case | said


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_reader_made_of_the_page_agrees(case: dict[str, object]):
    try:
        said = {"reading": SecondReader().read(bytes_of(case))}
    except RefusedError as error:
        said = {"refused": error.number}
    assert case == case | said


def test_the_stored_vectors_are_those_of_the_code():
    made = runpy.run_path(str(HERE / "vectors" / "make_envelope_v1.py"))["vectors"]()
    assert json.loads(json.dumps(made)) == VECTORS


class RefusedError(Exception):
    def __init__(self, number: int) -> None:
        self.number = number


def table(name: str) -> list[list[str]]:
    """The cells of one table of the page, without its head."""
    found = re.search(rf"<!-- table: {name} -->\n(.*?)<!-- end -->", PAGE, re.DOTALL)
    assert found is not None
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in found[1].splitlines()[2:]]


class SecondReader:
    """docs/envelope.md §1 to §4 and §6, and nothing else."""

    WORDS: ClassVar = {name.strip("| "): re.compile(cell.strip("` |"), re.DOTALL) for name, cell in table("words")}
    STRUCTS: ClassVar = {
        name: {row[0].strip("`| "): (row[1], row[2] == "required") for row in table(name)}
        for name in re.findall(r"^### ([a-z-]+)$", PAGE, re.MULTILINE)
    }
    KINDS: ClassVar = {
        kind: {row[0].strip("`| "): row[at] for row in table("kinds")[:-1]}
        for at, kind in enumerate(STRUCTS["envelope"]["kind"][0].replace("`", "").split(", "), start=1)
    }
    HEADER = {name for name, (_, required) in STRUCTS["envelope"].items() if required} | {"correlation", "ext", "crit"}

    def read(self, data: bytes) -> object:
        document = self.parse(data)
        if isinstance(document, dict) and type(document.get("v")) is int and document["v"] > 2:
            raise RefusedError(103)
        found = self.struct(document, "envelope")
        self.extensions(found)
        self.kind(found)
        self.times(found)
        parts = found.get("parts", [])
        self.must(len({part["id"] for part in parts}) == len(parts))
        self.must(not any("enc" in part for part in parts))
        return found

    def must(self, holds: object, number: int = 101) -> None:
        if not holds:
            raise RefusedError(number)

    def parse(self, data: bytes) -> object:
        def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
            self.must(len({name for name, _ in pairs}) == len(pairs))
            return dict(pairs)

        self.must(0 < len(data) <= 16_384, 102)
        try:
            text = data.decode("utf-8")
            document = json.loads(text, object_pairs_hook=once)
            json.dumps(document, ensure_ascii=False).encode("utf-8")
        except (ValueError, RecursionError):
            raise RefusedError(101) from None
        self.must(not text.startswith("\ufeff"))
        self.must(self.depth(document) <= 254)
        return document

    def depth(self, value: object) -> int:
        if not isinstance(value, dict | list):
            return 0
        inner = value.values() if isinstance(value, dict) else value
        return 1 + max((self.depth(one) for one in inner), default=0)

    def struct(self, value: object, name: str) -> dict[str, object]:
        members = self.STRUCTS[name]
        self.must(isinstance(value, dict) and value.keys() <= members.keys())
        self.must(all(one in value for one, (_, required) in members.items() if required))
        found = {one: self.form(value[one], members[one][0]) for one in value}
        defaults = {"assurance": "none", "retry": False}
        return {one: got for one, got in found.items() if got not in ([], {}) and defaults.get(one, ...) != got}

    def form(self, value: object, form: str) -> object:
        if form == "any JSON":
            return value
        if form.startswith("object: "):
            key, _, inner = form.removeprefix("object: ").partition(" → ")
            self.must(isinstance(value, dict))
            return {self.form(one, key): self.form(got, inner) for one, got in value.items()}
        if found := re.fullmatch(r"list of (?:at most (\d+) )?(.+)", form):
            self.must(isinstance(value, list) and len(value) <= int(found[1] or 1 << 30))
            return [self.form(one, found[2]) for one in value]
        if found := re.fullmatch(r"\[([a-z-]+)\]\(#\1\)", form):
            return self.struct(value, found[1])
        return self.single(value, form)

    def single(self, value: object, form: str) -> object:
        if " or " in form:
            one, _, other = form.partition(" or ")
            return self.single(value, one if isinstance(value, str) == (one in self.WORDS) else other)
        if form.startswith("`"):
            self.must(value in form.replace("`", "").split(", "))
        elif found := re.fullmatch(r"integer(?: from (\d+))?(?: to (\d+))?", form):
            self.must(type(value) is int and int(found[1] or -(1 << 63)) <= value <= int(found[2] or 1 << 63))
        elif form == "boolean":
            self.must(isinstance(value, bool))
        else:
            word, _, limit = form.partition(" of at most ")
            self.must(isinstance(value, str) and self.WORDS[word].fullmatch(value))
            self.must(len(value) <= int(limit.removesuffix(" characters") or 1 << 30))
            self.must(word != "moment" or self.moment(value))
        return value

    def moment(self, text: str) -> datetime:
        try:
            return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")  # noqa: DTZ007 - both ends are UTC
        except ValueError:
            raise RefusedError(101) from None

    def extensions(self, found: dict[str, object]) -> None:
        crit = found.get("crit", [])
        self.must(len(set(crit)) == len(crit) and set(crit) <= found.get("ext", {}).keys())
        self.must(not crit, 104)

    def kind(self, found: dict[str, object]) -> None:
        column = self.KINDS[found["kind"]]
        self.must(all(column[name] for name in found.keys() - self.HEADER), 109)
        self.must(all(name in found for name, cell in column.items() if cell == "must"), 109)

    def times(self, found: dict[str, object]) -> None:
        lives = (self.moment(found["expires"]) - self.moment(found["created"])).total_seconds()
        self.must(0 < lives <= (300 if found["kind"] == "question" else 35 * 86_400), 107)
