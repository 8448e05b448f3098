"""The published record vectors: our reader, a second reader made of docs/record.md, and openssl."""

import hashlib
import hmac
import json
import re
import runpy
import shutil
import subprocess
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path

import msgspec
import pytest

from schemas.envelope import decode
from schemas.record import RecordFormatError, commit, decode_leaf
from schemas.text import b64url_decode
from signing.merkle import leaf_hash
from signing.receipt import open_receipt

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "record.md").read_text(encoding="utf-8")
VECTORS = json.loads((HERE / "vectors" / "record-v1.json").read_text())
LEAVES, COMMITMENTS = VECTORS["leaves"], VECTORS["commitments"]
NUMBERED = [str(number) for number in range(len(LEAVES))]


@pytest.mark.parametrize("leaf", LEAVES, ids=NUMBERED)
def test_our_reader_says_what_the_vector_says(leaf: dict[str, object]):
    data = str(leaf["bytes"]).encode()
    try:
        found = msgspec.to_builtins(decode_leaf(data))
    except RecordFormatError:
        found = None
    assert found == leaf["record"]
    assert leaf_hash(data).hex() == leaf["hash"]


@pytest.mark.parametrize("leaf", LEAVES, ids=NUMBERED)
def test_a_second_reader_agrees(leaf: dict[str, object]):
    assert second_reading(str(leaf["bytes"])) == leaf["record"]
    assert hashlib.sha256(b"\0" + str(leaf["bytes"]).encode()).hexdigest() == leaf["hash"]


@pytest.mark.parametrize("one", COMMITMENTS, ids=[str(number) for number in range(len(COMMITMENTS))])
def test_a_commitment_is_what_hmac_makes(one: dict[str, str]):
    details, salt = one["details"].encode(), bytes.fromhex(one["salt"])
    made = hmac.new(salt, details, hashlib.sha256).digest()
    assert urlsafe_b64encode(made).rstrip(b"=").decode() == one["commit"] == commit(details, salt)


@pytest.mark.parametrize("one", COMMITMENTS[:4], ids=["0", "1", "2", "3"])
def test_the_command_of_the_page_opens_a_commitment(one: dict[str, str]):
    """The very line that docs/record.md prints."""
    for tool in ("openssl", "basenc", "bash"):
        if shutil.which(tool) is None:
            pytest.skip(f"no {tool} on this machine")
    command = next(line.strip() for line in PAGE.splitlines() if "| openssl dgst" in line)
    environment = {"PATH": "/usr/bin:/bin", "DETAILS": one["details"], "SALT_HEX": one["salt"]}
    ran = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, check=True)
    assert ran.stdout.decode().strip() == one["commit"]


def test_the_receipt_opens_and_is_of_its_question():
    receipt, question = (decode(b64url_decode(VECTORS["receipt"][name])) for name in ("receipt", "question"))
    opened = open_receipt(receipt)
    assert opened.is_of(question)


def test_a_second_reader_opens_the_receipt():
    """docs/record.md §5, steps 2 to 4, and step 1 but for the seal."""
    raw = {name: unpadded(text) for name, text in VECTORS["receipt"].items()}
    receipt, question = json.loads(raw["receipt"]), json.loads(raw["question"])
    assert receipt["in_reply_to"]["sha256"] == digest(raw["question"])
    asked, outcome = (opened(receipt["receipt"][name]) for name in ("asked", "outcome"))
    assert (asked[0]["type"], outcome[0]["type"]) == (1, 2)
    assert outcome[0]["asked"] == receipt["receipt"]["asked"]["index"] < receipt["receipt"]["outcome"]["index"]
    for name in ("consumer", "provider", "service", "purpose"):
        assert asked[0][name] == outcome[0][name]
    assert asked[0]["consumer"] == question["consumer"]["agency"]
    assert (asked[0]["service"], asked[0]["purpose"]) == (question["service"], question["purpose"])
    assert (asked[1]["exchange"], asked[1]["sealer"]) == (question["id"], question["sealer"])
    assert asked[1]["envelope"] == digest(raw["question"])
    assert outcome[1]["envelope"] == digest(raw["answer"])
    assert outcome[0]["outcome"] == "answered"


def test_the_stored_vectors_are_those_of_the_code():
    made = runpy.run_path(str(HERE / "vectors" / "make_record_v1.py"))["fixed"]()
    assert json.loads(json.dumps(made)) == {name: got for name, got in VECTORS.items() if name != "receipt"}


MEMBERS = [
    [cell.strip("` ") for cell in row.strip("|").split(" | ")]
    for row in re.search(r"<!-- table: record -->\n(.*?)<!-- end -->", PAGE, re.DOTALL)[1].splitlines()[2:]
]
WORDS = {
    "moment": r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z",
    "agency": r"a[0-9]{6}",
    "digest": r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]",
    "service": r"a[0-9]{6}/[a-z][a-z0-9-]{0,39}/[a-z][a-z0-9-]{0,39}",
    "name": r"[a-z][a-z0-9-]{0,39}",
}


def second_reading(text: str) -> object:
    """§1: one spelling, members in the table's order; None where it is no leaf."""
    found = json.loads(text, object_pairs_hook=lambda pairs: pairs)
    names = [name for name, _ in found]
    record = dict(found)
    if names != [row[0] for row in MEMBERS if row[0] in record]:
        return None
    if json.dumps(record, separators=(",", ":"), ensure_ascii=False) != text:
        return None
    if not all(fits(record.get(name), form, needed == "required") for name, form, needed, _ in MEMBERS):
        return None
    return record if "2026-11-31" not in record["time"] else None


def fits(value: object, form: str, needed: bool) -> bool:  # noqa: FBT001 - a cell of the table
    if value is None:
        return not needed
    if form in WORDS:
        return isinstance(value, str) and re.fullmatch(WORDS[form], value) is not None
    if form == "boolean":
        return isinstance(value, bool)
    if bounds := re.fullmatch(r"integer from (\d+)(?: to (\d+))?", form):
        return type(value) is int and int(bounds[1]) <= value <= int(bounds[2] or 1 << 63)
    return str(value) in form.replace("`", "").split(", ")


def opened(leaf: dict[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    record, details = (unpadded(str(leaf[name])) for name in ("leaf", "details"))
    made = hmac.new(unpadded(str(leaf["salt"])), details, hashlib.sha256).digest()
    assert urlsafe_b64encode(made).rstrip(b"=").decode() == json.loads(record)["commit"]
    return json.loads(record), json.loads(details)


def digest(data: bytes) -> str:
    return urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def unpadded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
