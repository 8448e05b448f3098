"""A bundle's page of commands: the same steps with openssl, sha256sum, jq and Python's joserfc, without our programs.

Promises: every command on the page works as it stands, in a shell (bash) inside the unpacked bundle, and ends with
another code than 0 where a step does not hold; a test runs them. The page follows from the bundle alone.
Leaves out: whose the anchors are; the reader compares their SHA-256 with what they got elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final, NamedTuple

from signing.bundle import PIECES, Bundle
from signing.pages import both, heading, page
from signing.sealtext import SealTextError, header, parts


class Step(NamedTuple):
    """One step: what it shows, in both languages, and its commands."""

    vi: str
    en: str
    commands: str


_TREE: Final = """\
cat > "$WORK/tree.py" <<'END'
# RFC 9162 section 2.1.3.2: the root to which a leaf and its path lead.
import base64, hashlib, sys
def sha(data): return hashlib.sha256(data).digest()
def root(leaf, index, size, path):
    fn, sn, r = index, size - 1, sha(b"\\0" + leaf)
    assert 0 <= index < size
    for p in path:
        assert sn > 0
        if fn % 2 or fn == sn:
            r = sha(b"\\1" + p + r)
            while fn % 2 == 0 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = sha(b"\\1" + r + p)
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    return r
def b64(text): return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
END
digest() { openssl dgst -sha256 -binary "$1" | basenc --base64url -w0 | tr -d =; }
must() { if "$@"; then echo "holds"; else echo "DOES NOT HOLD: $*"; return 1; fi; }"""

_SEAL: Final = """\
python3 - {piece} "$WORK/{agency}.pub.pem" {key} {alg} <<'END'
import json, os, sys
sys.path.insert(0, os.environ["WORK"])
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey
from tree import b64, root
piece, public, kind, alg = sys.argv[1:]
key = {{"EC": ECKey, "RSA": RSAKey}}[kind].import_key(open(public, "rb").read())
registry = jws.JWSRegistry(algorithms=[alg], strict_check_header=False)
seal = jws.deserialize_compact(open(f"{{piece}}/seal.txt", "rb").read(), key, registry=registry)
payload, place = json.loads(seal.payload), json.load(open(f"{{piece}}/place.json"))
envelope = open(f"{{piece}}/envelope.json", "rb").read()
reached = root(envelope, place["index"], payload["size"], [b64(one) for one in place["path"]])
assert place["size"] == payload["size"] and reached == b64(payload["root"]), "not the sealed envelope"
print(piece, "sealed at", seal.headers()["iat"])
END"""

_LEAF: Final = """\
must test "$(openssl dgst -sha256 -mac HMAC -macopt hexkey:$(cat leaves/{leaf}.salt.txt) -binary \
leaves/{leaf}.details.json | basenc --base64url -w0 | tr -d =)" = "$(jq -r .commit leaves/{leaf}.json)"
must test "$(digest leaves/{leaf}.json)" = "$(jq -rj .receipt.{leaf}.leaf receipt/envelope.json | tr -- -_ +/ \
| awk '{{ while (length % 4) $0 = $0 "="; print }}' | base64 -d | openssl dgst -sha256 -binary \
| basenc --base64url -w0 | tr -d =)"
must test "$(jq -r .envelope leaves/{leaf}.details.json)" = "$(digest {piece}/envelope.json)"
must test "$(jq -r .seal leaves/{leaf}.details.json)" = "$(digest {piece}/seal.txt)\""""

_NOTE: Final = """\
python3 - <<'END'
import base64, os, sys
sys.path.insert(0, os.environ["WORK"])
from tree import root
note = open("log/checkpoint.txt", "rb").read()
body, _, signatures = note.rpartition(b"\\n\\n")
origin, size, tree_root = body.decode().split("\\n")[:3]
for leaf in ("asked", "outcome"):
    head = open(f"log/{leaf}.tlog-proof", "rb").read().partition(b"\\n\\n")[0].decode().split("\\n")
    path = [base64.b64decode(line) for line in head[2:]]
    index = int(head[1].removeprefix("index "))
    reached = root(open(f"leaves/{leaf}.json", "rb").read(), index, int(size), path)
    assert reached == base64.b64decode(tree_root), "the record is not in the published tree"
    print("record", index, "of", origin, "at size", size)
END"""

_KEY: Final = """\
python3 - "$(jq -r .log_key manifest.json)" <<'END'
import base64, os, sys
work = os.environ["WORK"]
_, key_id, key = sys.argv[1].split("+", 2)
key = base64.b64decode(key)[1:]
note = open("log/checkpoint.txt", "rb").read()
body, _, lines = note.rpartition(b"\\n\\n")
blobs = [base64.b64decode(one.rsplit(" ", 1)[1]) for one in lines.decode().splitlines()]
signature = next(blob[4:] for blob in blobs if blob[:4].hex() == key_id)
open(work + "/log.der", "wb").write(bytes.fromhex("302a300506032b6570032100") + key)
open(work + "/log.body", "wb").write(body + b"\\n")
open(work + "/log.sig", "wb").write(signature)
END
openssl pkeyutl -verify -pubin -keyform DER -inkey "$WORK/log.der" -rawin -in "$WORK/log.body" \
  -sigfile "$WORK/log.sig\""""


_STAMP: Final = """\
openssl ts -reply -token_in -in log/time-stamp-{number}.tst -token_out -text | grep -E '^(Time stamp|TSA|Policy)'
if test -n "${{TSA_ROOT:-}}"; then
  openssl ts -verify -token_in -in log/time-stamp-{number}.tst -data log/checkpoint.txt -CAfile "$TSA_ROOT"
fi"""

_LISTED: Final = """\
python3 -m zipfile -e days/{name} "$WORK/{name}"
for piece in {pieces}; do
  name="$(jq -r .id question/envelope.json)/$piece/seal.txt"
  printf '%s  %s\\n' "$(sha256sum < $piece/seal.txt | cut -d' ' -f1)" "$name"
done | grep --line-regexp --fixed-strings --file=- "$WORK/{name}/digests.sha256\""""


def steps(bundle: Bundle) -> list[Step]:
    """The steps that this bundle's pieces allow, in their order; each builds on those before."""
    last = (*_leaves(bundle), *_log(bundle), *_days(bundle))
    return [*_files(), *_bodies(bundle), *_certificates(bundle), *_seals(bundle), *last]


def commands_page(bundle: Bundle) -> bytes:
    """The page `commands.html`."""
    intro = both(
        "Giải nén gói vào một thư mục, mở bash trong thư mục đó và chạy lần lượt. Cần: openssl 3, coreutils, jq, "
        "Python 3 với joserfc (pip install joserfc). Mỗi lệnh đúng kết thúc với mã 0.",
        "Unpack the bundle into a folder, open bash there and run these one after the other. Needed: openssl 3, "
        "coreutils, jq, Python 3 with joserfc (pip install joserfc). A command whose step holds ends with code 0.",
    )
    told = "".join(
        heading(f"{number}. {step.vi}", step.en) + f'<pre class="commands">{escape(step.commands)}</pre>\n'
        for number, step in enumerate(steps(bundle), start=1)
    )
    return page("Tự kiểm tra bằng công cụ công khai", "Check it with public tools", intro + told)


def _files() -> Iterator[Step]:
    check = """jq -r '.files[] | "\\(.sha256)  \\(.name)"' manifest.json | sha256sum --check --strict --quiet"""
    yield Step("Các tệp đúng như bảng kê", "The files are those of the manifest", check)
    prepare = f'export WORK="$(mktemp -d)"\n{_TREE}'
    yield Step("Chuẩn bị", "Prepare", prepare)


def _bodies(bundle: Bundle) -> Iterator[Step]:
    lines = [
        f'must test "$(digest {name}/part-{part})" = "$(jq -r \'.parts[] | select(.id == "{part}") | .sha256\' '
        f'{name}/envelope.json)"'
        for name, piece in bundle.pieces.items()
        for part in sorted(piece.parts)
    ]
    if lines:
        yield Step("Phần đính kèm đúng mã băm đã đóng dấu", "The bodies have the sealed digests", "\n".join(lines))


def _certificates(bundle: Bundle) -> Iterator[Step]:
    if not bundle.certificates or not bundle.authorities:
        return
    at = bundle.at_ms // 1000
    lines = [
        "# compare these with what you got elsewhere",
        "for one in authorities/*.pem; do openssl x509 -in $one -noout -fingerprint -sha256 -subject; done",
        'cat authorities/*.pem > "$WORK/authorities.pem"',
        "for one in certificates/*.pem; do",
        f'  openssl verify -attime {at} -CAfile "$WORK/authorities.pem" $one',
        '  openssl x509 -in $one -noout -pubkey > "$WORK/$(basename $one .pem).pub.pem"',
        "done",
    ]
    yield Step("Chứng thư số nối tới gốc tin cậy", "The certificates chain to the anchors", "\n".join(lines))


def _seals(bundle: Bundle) -> Iterator[Step]:
    numbers: dict[str, int] = {}
    named = {}
    for x5t, one in bundle.certificates.items():
        numbers[one.agency] = numbers.get(one.agency, 0) + 1
        named[x5t] = f"{one.agency}-{numbers[one.agency]}"
    lines = []
    for name in PIECES:
        if name not in bundle.pieces:
            continue
        try:
            head = header(parts(bundle.pieces[name].sealed.seal)[0])
        except SealTextError:
            continue
        if head.x5t in named:
            kind = "EC" if head.alg in {"ES256", "ES384"} else "RSA"
            lines.append(_SEAL.format(piece=name, agency=named[head.x5t], key=kind, alg=head.alg))
    if lines:
        yield Step(
            "Con dấu số (JWS) và vị trí trong lô", "The seals (JWS), and the place in the batch", "\n".join(lines)
        )


def _leaves(bundle: Bundle) -> Iterator[Step]:
    receipt = bundle.pieces["receipt"].envelope if "receipt" in bundle.pieces else None
    if receipt is None or receipt.receipt is None or bundle.pieces.keys() != set(PIECES):
        return
    lines = [_LEAF.format(leaf=leaf, piece=piece) for leaf, piece in (("asked", "question"), ("outcome", "reply"))]
    lines.append('must test "$(jq -r .in_reply_to.sha256 reply/envelope.json)" = "$(digest question/envelope.json)"')
    lines.append('must test "$(jq -r .in_reply_to.sha256 receipt/envelope.json)" = "$(digest question/envelope.json)"')
    lines.append('must test "$(jq .asked leaves/outcome.json)" = "$(jq .receipt.asked.index receipt/envelope.json)"')
    yield Step(
        "Bản ghi trong biên nhận mở ra đúng câu hỏi và câu trả lời này",
        "The receipt's records open to this question and this reply",
        "\n".join(lines),
    )


def _log(bundle: Bundle) -> Iterator[Step]:
    if bundle.log is None:
        return
    yield Step("Sổ cái đã công bố hai bản ghi", "The ledger has published both records", _NOTE)
    if bundle.log_key:
        yield Step("Sổ cái đã ký điểm kiểm", "The ledger has signed the checkpoint", _KEY)
    stamps = [_STAMP.format(number=number) for number in range(1, len(bundle.log.time_stamps) + 1)]
    if stamps:
        title = "Dấu thời gian cho điểm kiểm (đặt TSA_ROOT là tệp gốc của tổ chức cấp dấu thời gian)"
        yield Step(title, "Time-stamps over the checkpoint (TSA_ROOT names the authority's root)", "\n".join(stamps))


def _days(bundle: Bundle) -> Iterator[Step]:
    """The lists are judged by any tool for ASiC-E; here only what they name."""
    pieces = " ".join(name for name in PIECES if name in bundle.pieces)
    lines = [_LISTED.format(name=name, pieces=pieces) for name in sorted(bundle.days)]
    if lines:
        vi = "Danh sách mã băm trong ngày nêu các con dấu số (chữ ký: kiểm tra bằng công cụ ASiC-E bất kỳ)"
        en = "The days' lists name these seals (judge the lists' signatures with any ASiC-E tool)"
        yield Step(vi, en, "\n".join(lines))
