"""What a judgement says to people, in Vietnamese and in English.

Promises: every step, every status and every indication has both languages; of the rules behind an indication those of
the closed list below have both, any other is shown in English beside its indication's sentence. Nothing here decides
anything. Leaves out: layout (`signing.pages`, `signing.__main__`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal

from schemas.text import Bilingual
from signing import words_signatures
from signing.examine import Finding
from signing.verdict import Indication, Status

Language = Literal["vi", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("vi", "en")

STEPS: Final[Mapping[int, Bilingual]] = {
    0: {"vi": "Tệp và bảng kê", "en": "The file and its manifest"},
    1: {"vi": "Chứng thư số dùng để đóng dấu", "en": "The certificates that sealed"},
    2: {"vi": "Gốc tin cậy", "en": "The anchors of trust"},
    3: {"vi": "Biên nhận của trục liên thông", "en": "The hub's receipt"},
    4: {"vi": "Hai bản ghi trong sổ cái mà biên nhận mở ra", "en": "The two ledger records that the receipt opens"},
    5: {"vi": "Con dấu số của câu hỏi và câu trả lời", "en": "The seals of question and reply"},
    6: {"vi": "Phần đính kèm", "en": "The bodies"},
    7: {"vi": "Các mảnh thuộc về nhau và đầy đủ", "en": "The pieces belong together and are all here"},
    8: {"vi": "Sổ cái đã công bố hai bản ghi", "en": "The ledger has published both records"},
    9: {"vi": "Danh bạ: cơ quan và chứng thư số", "en": "The registry of agencies and certificates"},
    10: {"vi": "Danh sách mã băm trong ngày, đã ký", "en": "The signed lists of the days on which it was kept"},
}

ANSWERS: Final[Mapping[Status, Bilingual]] = {
    Status.PASSED: {"vi": "CÓ: mọi bước đều đúng.", "en": "YES: every step holds."},
    Status.FAILED: {"vi": "KHÔNG: có bước sai.", "en": "NO: a step failed."},
    Status.INDETERMINATE: {"vi": "CHƯA RÕ: có bước chưa đủ căn cứ.", "en": "CANNOT TELL: a step is in doubt."},
}

STATUSES: Final[Mapping[Status, Bilingual]] = {
    Status.PASSED: {"vi": "đúng", "en": "holds"},
    Status.FAILED: {"vi": "SAI", "en": "FAILED"},
    Status.INDETERMINATE: {"vi": "chưa rõ", "en": "in doubt"},
}

INDICATIONS: Final[Mapping[Indication, Bilingual]] = {
    Indication.FORMAT_FAILURE: {"vi": "sai định dạng", "en": "not in its format"},
    Indication.HASH_FAILURE: {
        "vi": "mã băm không khớp: dữ liệu đã bị thay đổi",
        "en": "a digest differs: altered data",
    },
    Indication.SIG_CRYPTO_FAILURE: {"vi": "chữ ký không đúng", "en": "a signature does not hold"},
    Indication.EXPIRED: {"vi": "chứng thư số đã hết hạn", "en": "the certificate had expired"},
    Indication.NOT_YET_VALID: {"vi": "chứng thư số chưa có hiệu lực", "en": "the certificate was not valid yet"},
    Indication.SIG_CONSTRAINTS_FAILURE: {
        "vi": "không đáp ứng điều kiện đối với chữ ký",
        "en": "a condition on signatures is not met",
    },
    Indication.CHAIN_CONSTRAINTS_FAILURE: {
        "vi": "chưa xác định được chứng thư số thuộc về ai",
        "en": "it is not established whose the certificate is",
    },
    Indication.CRYPTO_CONSTRAINTS_FAILURE: {
        "vi": "thuật toán không nằm trong danh mục được dùng",
        "en": "an algorithm outside the closed list",
    },
    Indication.NO_SIGNING_CERTIFICATE_FOUND: {
        "vi": "không có chứng thư số hoặc khóa để kiểm tra",
        "en": "no certificate or key to check with",
    },
    Indication.NO_CERTIFICATE_CHAIN_FOUND: {
        "vi": "không có chuỗi chứng thư tới gốc tin cậy",
        "en": "no chain to an anchor of trust",
    },
    Indication.REVOKED_NO_POE: {
        "vi": "chứng thư số đã bị thu hồi, chưa chứng minh được con dấu số có trước đó",
        "en": "the certificate was revoked, and nothing proves that the seal is older",
    },
    Indication.OUT_OF_BOUNDS_NO_POE: {
        "vi": "chưa chứng minh được con dấu số có trước khi chứng thư số hết hạn",
        "en": "nothing proves that the seal is older than the certificate's end",
    },
    Indication.SIGNED_DATA_NOT_FOUND: {"vi": "thiếu dữ liệu để kiểm tra", "en": "something to check is missing"},
    Indication.TIMESTAMP_ORDER_FAILURE: {
        "vi": "các dấu thời gian không đúng thứ tự",
        "en": "moments stand in an order that cannot be",
    },
    Indication.REVOKED_CA_NO_POE: {
        "vi": "chứng thư của đơn vị cấp đã bị thu hồi, chưa chứng minh được chữ ký có trước đó",
        "en": "an issuer's certificate was revoked, and nothing proves that the signature is older",
    },
    Indication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE: {
        "vi": "thuật toán đã hết hạn dùng, chưa chứng minh được chữ ký có trước đó",
        "en": "an algorithm has been retired, and nothing proves that the signature is older",
    },
    Indication.TRY_LATER: {
        "vi": "chưa có chứng cứ về tình trạng thu hồi",
        "en": "evidence of non-revocation is missing or does not count",
    },
    Indication.GENERIC: {"vi": "không được kiểm tra", "en": "not judged"},
}

RULES: Final[Mapping[str, str]] = {
    # container and manifest
    "manifest: missing, or not of version 1": "bảng kê bị thiếu hoặc không phải phiên bản 1",
    "manifest: it does not name exactly the files that are here": "bảng kê không khớp với các tệp hiện có",
    "manifest: a file has not the digest or length that it names": "có tệp không đúng mã băm hoặc độ dài trong bảng kê",
    "bundle: a seal, a place or a proof does not read": "một con dấu số, vị trí hoặc bằng chứng không đọc được",
    "a file is not what the sealed pieces give": "có tệp không khớp với nội dung đã đóng dấu",
    "packed anew by another program: have the original file, or compare every file": (
        "tệp ZIP đã được đóng gói lại: hãy lấy tệp gốc hoặc so sánh từng tệp"
    ),
    "registry: roots, four metadata files and two sections, nothing else": "danh bạ thiếu hoặc thừa tệp",
    "registry: a section does not read": "một phần của danh bạ không đọc được",
    # registry
    "a metadata file is not in its one spelling": "một tệp danh bạ không được viết đúng dạng duy nhất",
    "a metadata file is not as TUF describes it": "một tệp danh bạ không đúng chuẩn TUF",
    "your root is not one of the snapshot's": "gốc danh bạ của bạn không thuộc bản danh bạ này",
    "the roots do not follow one another": "các gốc danh bạ không nối tiếp nhau",
    "fewer keys have signed than the registry's rules ask": "danh bạ chưa đủ số chữ ký theo quy định",
    "a key of the registry is of an unknown kind": "danh bạ có khóa thuộc loại chưa biết",
    "a signature of the registry does not hold": "một chữ ký của danh bạ không đúng",
    "the metadata files are not of one snapshot": "các tệp danh bạ không cùng một bản",
    "a file of the registry is not the signed one": "một tệp danh bạ không phải tệp đã được ký",
    # seals
    "the batch size is not the sealed one": "số phong bì trong lô không đúng như đã đóng dấu",
    "the path is not as long as index and size imply": "đường dẫn băm có độ dài không đúng",
    "the envelope is not at this place of the sealed batch": "phong bì không nằm ở vị trí này của lô đã đóng dấu",
    "sealed before the certificate was valid": "đóng dấu trước khi chứng thư số có hiệu lực",
    "sealed after the certificate expired": "đóng dấu sau khi chứng thư số hết hạn",
    "no proof that the seal existed before its certificate expired": (
        "chưa chứng minh được con dấu số có trước khi chứng thư số hết hạn"
    ),
    "no proof that the seal existed before its certificate was revoked": (
        "chưa chứng minh được con dấu số có trước khi chứng thư số bị thu hồi"
    ),
    "sealed for another instance": "đóng dấu cho một môi trường khác",
    "the signature does not hold": "chữ ký không đúng",
    "no registered certificate": "không có chứng thư số đã đăng ký",
    "the certificate is registered for another": "chứng thư số được đăng ký cho thuật toán khác",
    "sealed after the moment it is said to have existed": "đóng dấu sau thời điểm được cho là đã tồn tại",
    # certificates
    "the certificate's key is outside the closed list": "khóa của chứng thư số không nằm trong danh mục",
    "the certificate is not valid yet": "chứng thư số chưa có hiệu lực",
    "the certificate has expired": "chứng thư số đã hết hạn",
    "an issuer's key is too weak": "khóa của cơ quan cấp chứng thư quá yếu",
    # trust
    "only the file vouches for its anchors: compare their SHA-256, get them elsewhere, pass them in": (
        "chỉ chính tệp này bảo đảm cho gốc của nó: hãy lấy gốc từ nguồn khác và truyền vào"
    ),
    "say which agency runs the hub: the file cannot vouch for it": (
        "hãy nêu cơ quan vận hành trục: tệp không thể tự bảo đảm điều đó"
    ),
    "not sealed by the agency that runs the hub": "không do cơ quan vận hành trục đóng dấu",
    "the envelope is for another instance": "phong bì thuộc một môi trường khác",
    "the certificate does not name its agency: look its thumbprint up in the directory": (
        "chứng thư số không nêu cơ quan: hãy tra vân tay của nó trong danh bạ"
    ),
    "sealed with another agency's certificate": "đóng dấu bằng chứng thư số của cơ quan khác",
    # pieces
    "a body is not one that an envelope names": "có phần đính kèm mà không phong bì nào nêu",
    "an envelope that could name a body does not hold, or a named body is not in the file": (
        "thiếu phần đính kèm đã nêu, hoặc phong bì nêu nó không đúng"
    ),
    "its asked leaf is of another envelope": "bản ghi câu hỏi thuộc về một phong bì khác",
    "the envelope that it names by digest is not in the file": "phong bì được nêu không có trong tệp",
    "the envelope that it names says something else": "phong bì được nêu có nội dung khác",
    "the bundle holds no such piece": "gói bằng chứng không có mảnh này",
    "a named body is not in the bundle": "thiếu phần đính kèm đã nêu trong phong bì",
    "a body has not the digest or length that its envelope names": "phần đính kèm không đúng mã băm hoặc độ dài đã nêu",
    "not a question, a reply and a receipt": "không phải câu hỏi, câu trả lời và biên nhận",
    "not a receipt": "không phải biên nhận",
    "the leaves are not an asked and an outcome": "hai bản ghi không phải câu hỏi và kết quả",
    "the outcome settles another asked": "kết quả thuộc về một câu hỏi khác",
    "the two leaves name different parties or services": "hai bản ghi nêu các bên hoặc dịch vụ khác nhau",
    "a leaf or its details do not read": "bản ghi hoặc chi tiết không đọc được",
    "a commitment does not open": "cam kết của bản ghi không mở được bằng chi tiết và muối",
    # ledger
    "pass the ledger's public key in: the file cannot vouch for it": (
        "hãy truyền khóa công khai của sổ cái: tệp không thể tự bảo đảm điều đó"
    ),
    "the log's own key has not signed it": "khóa của chính sổ cái chưa ký điểm kiểm này",
    "a known key's signature does not hold": "chữ ký của một khóa đã biết không đúng",
    "no receipt of this ledger in the file": "tệp không có biên nhận của sổ cái này",
    "the leaf is not in the published tree": "bản ghi không có trong cây đã công bố",
    "the bundle holds no proof that the ledger has published the records": (
        "gói không có bằng chứng sổ cái đã công bố hai bản ghi (chưa kết nối được khi xuất)"
    ),
    "the bundle offers another key for the ledger than yours": "gói nêu khóa sổ cái khác với khóa của bạn",
    # time-stamps
    "the bundle holds no time-stamp over its checkpoint": "gói không có dấu thời gian cho điểm kiểm",
    "over 64 KiB": "lớn hơn 64 KiB",
    "not a time-stamp token in strict DER": "không phải dấu thời gian (RFC 3161) theo DER chặt chẽ",
    "its digest is outside the closed list": "thuật toán băm của nó không nằm trong danh mục",
    "the time-stamp is over other bytes": "dấu thời gian thuộc về dữ liệu khác",
    "the token holds not exactly one certificate of its signer": (
        "dấu thời gian không kèm đúng một chứng thư số của bên ký"
    ),
    "the signer's certificate is not signed for (ESSCertIDv2)": (
        "dấu thời gian không ký kèm chứng thư số của bên ký (ESSCertIDv2)"
    ),
    "another certificate is signed for than the token holds": "dấu thời gian ký cho một chứng thư số khác",
    "the content is not the one that is signed for": "nội dung không phải nội dung đã được ký",
    "the time-stamp is from after this moment": "dấu thời gian có sau thời điểm kiểm tra",
    "its signature algorithm is outside the closed list, or not its key's": (
        "thuật toán ký không nằm trong danh mục hoặc không hợp với khóa"
    ),
    "OpenSSL does not take it": "OpenSSL không chấp nhận",
    # days' archives
    "a checkpoint is of another log": "một điểm kiểm thuộc về sổ cái khác",
    "a consistency path is missing": "thiếu bằng chứng nhất quán giữa hai điểm kiểm",
    "a checkpoint does not go on from the one before": "một điểm kiểm không nối tiếp điểm kiểm trước",
    "the archive holds no time-stamp": "tệp lưu trữ không có dấu thời gian",
    "time-stamps do not rise with the sizes that they are over": "dấu thời gian không tăng theo số bản ghi",
    "they are of different logs": "các tệp thuộc về các sổ cái khác nhau",
    "a day between them is missing: it goes on from another day": "thiếu một ngày ở giữa",
    "one goes on from another checkpoint than the day before ended with": (
        "một ngày nối tiếp điểm kiểm khác với điểm kiểm cuối của ngày trước"
    ),
    "certificate: a time-stamp needs a critical extended key usage of timeStamping alone": (
        "chứng thư số không chỉ dành riêng cho dấu thời gian"
    ),
    "certificate: a time-stamping key signs time-stamps and nothing else": (
        "khóa cấp dấu thời gian không được dùng cho việc khác"
    ),
    **words_signatures.RULES,
}
"""The closed list of rules with their Vietnamese; English is how `signing` writes them."""

_ABOUT: Final = tuple(
    (re.compile(pattern), text)
    for pattern, text in (
        (r"^evidence file$", "tệp bằng chứng"),
        (r"^ZIP container$", "tệp ZIP"),
        (r"^manifest: (\d+) files$", r"bảng kê: \1 tệp"),
        (r"^manifest$", "bảng kê"),
        (r"^files that follow from the sealed pieces(.*)$", r"các tệp suy ra từ nội dung đã đóng dấu\1"),
        (r"^registry by your own root$", "danh bạ theo gốc của bạn"),
        (r"^registry by the root that the bundle offers, (.*)$", r"danh bạ theo gốc mà gói nêu, \1"),
        (r"^certificate (\d+)", r"chứng thư số \1"),
        (r"^anchors as the bundle offers them$", "gốc tin cậy như gói nêu"),
        (r"^anchors: (\d+) of your own$", r"gốc tin cậy: \1 gốc của bạn"),
        (r"^anchors that the file offers: none$", "gốc tin cậy mà tệp nêu: không có"),
        (r"^anchors that the file offers: (.*)$", r"gốc tin cậy mà tệp nêu: \1"),
        (r"^receipt: operator$", "biên nhận: cơ quan vận hành"),
        (r"^receipt: question$", "biên nhận: về câu hỏi này"),
        (r"^receipt: outcome$", "biên nhận: về kết quả này"),
        (r"^leaves of the receipt$", "các bản ghi trong biên nhận"),
        (r"^leaves (\d+) and (\d+) of (.*), recorded (.*)$", r"bản ghi \1 và \2 của \3, ghi lúc \4"),
        (r"^envelope (\S+): seal of (.*)$", r"phong bì \1: đóng dấu lúc \2"),
        (r"^envelope (\S+): seal$", r"phong bì \1: con dấu số"),
        (r"^envelope (\S+): certificate chain$", r"phong bì \1: chuỗi chứng thư"),
        (r"^envelope (\S+): reading$", r"phong bì \1: đọc"),
        (r"^envelope (\S+): reply$", r"phong bì \1: trả lời cho"),
        (r"^envelope (\S+): (\S+) (\S+) of (\S+)$", r"phong bì \1: \2 \3 của \4"),
        (r"^(\d+) of (\d+) bodies$", r"\1 trên \2 phần đính kèm"),
        (r"^question: part (.*)$", r"câu hỏi: phần đính kèm \1"),
        (r"^reply: part (.*)$", r"câu trả lời: phần đính kèm \1"),
        (r"^question, reply and receipt$", "câu hỏi, câu trả lời và biên nhận"),
        (r"^ledger$", "sổ cái"),
        (r"^ledger key$", "khóa của sổ cái"),
        (r"^checkpoint of (.*) at size (\d+)$", r"điểm kiểm của \1, \2 bản ghi"),
        (r"^checkpoint$", "điểm kiểm"),
        (r"^witnesses$", "nhân chứng"),
        (r"^day's archive of (\S+), (.*)$", r"lưu trữ ngày \1 của \2"),
        (r"^day's archive$", "lưu trữ ngày"),
        (r"^(\d+) checkpoints, no witness asked for$", r"\1 điểm kiểm, không đòi nhân chứng"),
        (r"^(\d+) checkpoints, each with the policy's quorum$", r"\1 điểm kiểm, đủ số nhân chứng"),
        (r"^from (\d+) to (\d+) records$", r"từ \1 đến \2 bản ghi"),
        (r"^goes on from (\d+) records of (.*)$", r"nối tiếp \1 bản ghi của ngày \2"),
        (r"^(\d+) days in a row, (\S+) to (\S+)$", r"\1 ngày liên tiếp, \2 đến \3"),
        (r"^time-stamps$", "các dấu thời gian"),
        (r"^time-stamp of (.*) by (.*)$", r"dấu thời gian \1 của \2"),
        (r"^time-stamp$", "dấu thời gian"),
        (r"^leaves$", "các bản ghi"),
        (r"^leaf (\d+)$", r"bản ghi \1"),
        *words_signatures.ABOUT,
    )
)
_KINDS: Final = {"question": "câu hỏi", "answer": "câu trả lời", "fault": "báo lỗi", "receipt": "biên nhận"}


def about(finding: Finding, language: Language) -> str:
    """What was looked at."""
    if language == "en":
        return finding.about
    for pattern, text in _ABOUT:
        if match := pattern.match(finding.about):
            said = match.expand(text) + finding.about[match.end() :]
            return re.sub(r"(: )(question|answer|fault|receipt) ", lambda m: f"{m[1]}{_KINDS[m[2]]} ", said)
    return finding.about


def reason(finding: Finding, language: Language, *, closed: bool = False) -> str:
    """Why a step does not hold; empty where it does.

    Args:
        finding: what a step found.
        language: for whom.
        closed: only sentences of this file, so that the text is the same whatever libraries are installed.
    """
    verdict = finding.verdict
    if verdict.reason is None:
        return ""
    sentence = INDICATIONS[verdict.reason][language]
    known = verdict.detail in RULES
    if known:
        rule = RULES[verdict.detail] if language == "vi" else verdict.detail
        return f"{sentence}: {rule}"
    return sentence if closed or not verdict.detail else f"{sentence} ({verdict.detail})"
