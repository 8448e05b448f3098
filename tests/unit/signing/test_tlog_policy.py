"""Trust policies as c2sp.org/tlog-policy has them: what reads, what does not, which witnesses make a quorum."""

import re
from itertools import combinations

import pytest

from signing.checkpoint import NoteKey, parse, seal
from signing.cosignature import CosignatureKey, CosignatureVerifier
from signing.merkle import EMPTY_ROOT
from signing.tlog_policy import Policy, PolicyError
from signing.verdict import Indication

LOG = NoteKey("log.test/one", bytes(range(32)))
OTHER = NoteKey("log.test/two", bytes(range(1, 33)))
WITNESSES = {name: CosignatureKey(f"{name}.test/w", name.encode() * 16) for name in ("x1", "x2", "x3", "y1")}
VKEYS = {name: key.verifier.text for name, key in WITNESSES.items()}
LINES = "".join(f"witness {name} {vkey} https://{name}.test\n" for name, vkey in VKEYS.items())
TEXT = f"# for auditors\nlog {LOG.verifier.text}\n{LINES}\tgroup X 2 x1 x2 x3\n group both  all X y1 \nquorum both\n"
POLICY = Policy.from_text(TEXT.encode())


def note(*witnesses: str, log: NoteKey = LOG) -> bytes:
    made = seal(log.verifier.name, 0, EMPTY_ROOT, log)
    checkpoint, _ = parse(made)
    return made + b"".join(WITNESSES[name].cosign(checkpoint, 1_800_000_000).text.encode() for name in witnesses)


def test_it_holds_logs_witnesses_groups_and_the_quorum():
    assert [log.text for log in POLICY.logs] == [LOG.verifier.text]
    assert POLICY.witnesses["x1"].url == "https://x1.test"
    assert (POLICY.groups["X"].threshold, POLICY.groups["both"].threshold, POLICY.quorum) == (2, 2, "both")


@pytest.mark.parametrize("count", range(5))
def test_a_quorum_is_two_of_x_and_y1(count: int):
    for chosen in combinations(WITNESSES, count):
        verdict, checkpoint = POLICY.judge(note(*chosen))
        assert verdict.passed == ("y1" in chosen and count >= 3), chosen
        assert (checkpoint is not None) == verdict.passed


def test_a_log_that_is_not_listed_counts_for_nothing():
    assert POLICY.judge(note("x1", "x2", "y1", log=OTHER))[0].reason is Indication.NO_SIGNING_CERTIFICATE_FOUND


def test_quorum_none_asks_for_no_witness():
    policy = Policy.from_text(f"log {LOG.verifier.text}\nquorum none\n".encode())
    assert policy.judge(note())[0].passed


def test_any_flipped_byte_of_a_cosigned_checkpoint_is_seen():
    whole = note("x1", "x2", "y1")
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1
        assert not POLICY.judge(bytes(flipped))[0].passed, place


def test_a_witness_that_signs_twice_counts_once():
    twice = note("x1", "y1") + note("x1").rsplit(b"\n\n", 1)[1].split(b"\n", 1)[1]
    assert not POLICY.judge(twice)[0].passed


def test_a_cosignature_of_the_log_key_type_does_not_count():
    as_log = NoteKey("y1.test/w", b"y1" * 16)
    made = seal("log.test/one", 0, EMPTY_ROOT, LOG, as_log)
    policy = Policy.from_text(f"log {LOG.verifier.text}\nwitness y1 {VKEYS['y1']}\nquorum y1\n".encode())
    assert policy.judge(made)[0].reason is Indication.SIG_CONSTRAINTS_FAILURE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "quorum none\nquorum none\n",
        "quorum none",
        "quorum x1\n",
        f"quorum x1\nwitness x1 {VKEYS['x1']}\n",
        f"witness none {VKEYS['x1']}\nquorum none\n",
        f"witness x1 {VKEYS['x1']}\nwitness x1 {VKEYS['x2']}\nquorum none\n",
        f"witness x1 {VKEYS['x1']}\nwitness x2 {VKEYS['x1']}\nquorum none\n",
        f"witness x1 {LOG.verifier.text}\nquorum none\n",
        f"log {VKEYS['x1']}\nquorum none\n",
        f"log {LOG.verifier.text}\nlog {LOG.verifier.text}\nquorum none\n",
        f"{LINES}group g 0 x1\nquorum none\n",
        f"{LINES}group g 02 x1 x2\nquorum none\n",
        f"{LINES}group g 3 x1 x2\nquorum none\n",
        f"{LINES}group g any\nquorum none\n",
        f"{LINES}group g any none\nquorum none\n",
        f"{LINES}group g any x1\ngroup h any x1 x2\nquorum h\n",
        f"{LINES}group g any h\ngroup h any x1\nquorum h\n",
        f"{LINES}group x1 any x2\nquorum x1\n",
        "quorum none\r\n",
        "lag none\nquorum none\n",
    ],
)
def test_what_is_not_as_specified_is_refused(text: str):
    with pytest.raises(PolicyError):
        Policy.from_text(text.encode())


def test_names_are_octets():
    kelvin = "\u212a"
    text = f"witness K {VKEYS['x1']}\nwitness {kelvin} {VKEYS['x2']}\nquorum {kelvin}\n"
    assert not Policy.from_text(text.encode()).met({"K"})
    Policy.from_text(b"witness \xff\xfe " + VKEYS["x1"].encode() + b"\nquorum \xff\xfe\n")


def test_a_witness_key_reads_back_and_never_as_a_log_key():
    key = WITNESSES["x1"]
    assert CosignatureKey.from_text(key.to_text()).verifier == key.verifier
    assert CosignatureVerifier.from_text(key.verifier.text) == key.verifier
    assert re.fullmatch(r"x1\.test/w\+[0-9a-f]{8}\+B[A-Za-z0-9+/=]+", VKEYS["x1"])
    with pytest.raises(ValueError, match="note key"):
        NoteKey.from_text(key.to_text())
