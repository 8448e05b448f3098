"""What a judgement of signed files says to people, in Vietnamese; English is how `signing` writes it.

Promises: every step that holds has its sentence; of the rules behind a refusal, those of the list below.
Leaves out: the indications (`signing.words`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

RULES: Final[Mapping[str, str]] = {
    # container
    "container: a name stands twice": "tệp chứa có hai tệp cùng tên",
    "container: two names differ in capitals alone": "hai tên tệp chỉ khác nhau ở chữ hoa, chữ thường",
    "container: a name that is no plain relative path": "tên tệp không phải đường dẫn tương đối đơn giản",
    "container: bytes between its entries, or entries over one another": "tệp ZIP có dữ liệu chen giữa các mục",
    "container: bytes before, between or behind its parts": "tệp ZIP có dữ liệu thừa ở đầu, giữa hoặc cuối",
    "container: a local header says otherwise than the directory": "phần đầu mục không khớp với mục lục của tệp ZIP",
    "container: its first file is mimetype, application/vnd.etsi.asic-e+zip": "tệp đầu tiên không phải mimetype ASiC-E",
    "META-INF holds something that no signature covers": "META-INF có tệp mà không chữ ký nào bảo vệ",
    "the manifest is missing": "thiếu bảng kê META-INF/manifest.xml",
    "the manifest does not list exactly the files that are here": "bảng kê không khớp với các tệp hiện có",
    # references
    "a file is referred to twice": "một tệp được tham chiếu hai lần",
    "a file that was signed for is not in the container": "thiếu tệp đã được ký",
    "the container holds a file that was not signed for": "có tệp chưa được ký",
    "the manifest gives a file another media type than was signed for": "bảng kê nêu kiểu tệp khác với kiểu đã ký",
    "a part of the message was time-stamped and not signed for": "có phần chỉ được đóng dấu thời gian mà không được ký",
    "the message was not signed for": "thông điệp chưa được ký",
    "name exactly the files that it is over": "hãy nêu đúng các tệp mà chữ ký này bao trùm (--data)",
    "name the one file that it is over": "hãy nêu tệp mà dấu thời gian này thuộc về (--data)",
    # signature
    "a file is not what was signed for": "một tệp đã bị thay đổi sau khi ký",
    "the signed properties are not what was signed for": "thuộc tính đã ký bị thay đổi",
    "the first certificate is not the one that was signed for": "chứng thư số không phải chứng thư đã ký kèm",
    "the signature algorithm is not the key's, or the key is outside the closed list": (
        "thuật toán không hợp với khóa, hoặc khóa không nằm trong danh mục"
    ),
    # time-stamps
    "no anchors of time-stamping authorities were brought": "hãy nêu gốc của bên cấp dấu thời gian (--tsa-anchor)",
    "the time-stamp's certificate has expired, and no newer time-stamp covers it": (
        "chứng thư của dấu thời gian đã hết hạn và chưa có dấu thời gian mới hơn bảo vệ"
    ),
    "more than one signature time-stamp": "có nhiều hơn một dấu thời gian của chữ ký",
    "the time-stamping authority's certificate was revoked": "chứng thư của bên cấp dấu thời gian đã bị thu hồi",
    "time-stamped under another policy": "dấu thời gian được cấp theo chính sách khác",
    "the signature is older than its certificate": "chữ ký có trước khi chứng thư số có hiệu lực",
    "no proof that the signature existed before its certificate expired": (
        "chưa chứng minh được chữ ký có trước khi chứng thư số hết hạn"
    ),
    "the signer's own time is after the moment at which the signature existed": (
        "thời điểm do người ký tự nêu muộn hơn thời điểm đã chứng minh"
    ),
    # evidence
    "no evidence that the certificate was not revoked": "không có chứng cứ rằng chứng thư số chưa bị thu hồi",
    "revoked, says the OCSP evidence": "đã bị thu hồi, theo OCSP",
    "revoked, says the CRL evidence": "đã bị thu hồi, theo danh sách thu hồi",
    "the OCSP evidence is from before the time-stamp": "chứng cứ OCSP có trước dấu thời gian",
    "the CRL evidence is from before the time-stamp": "danh sách thu hồi có trước dấu thời gian",
    "the OCSP evidence is from after this moment": "chứng cứ OCSP có sau thời điểm kiểm tra",
    "the OCSP evidence was made too late after the time-stamp": "chứng cứ OCSP có quá muộn sau dấu thời gian",
    "OCSP: the responder's certificate is not for OCSP signing": "chứng thư của bên trả lời không dành cho OCSP",
    "an algorithm was retired before a proof that it had been used earlier": (
        "thuật toán đã hết hạn dùng trước khi có chứng minh rằng đã dùng sớm hơn"
    ),
    # lists of digests
    "a signed list is by no certificate that is registered for a party of the exchange": (
        "danh sách không do chứng thư số đã đăng ký của một bên trong giao dịch ký"
    ),
    "a signed list names no seal of this exchange": "danh sách không nêu con dấu số nào của giao dịch này",
    "the batch holds no message of that name": "danh sách không nêu tệp này",
    "the batch holds no message of these bytes": "danh sách không có mã băm của tệp này",
    # trusted lists
    "name the certificate that signs the list (--list-signer)": "hãy nêu chứng thư ký danh sách (--list-signer)",
    "signed by a certificate that is not pinned": "do một chứng thư khác ký",
    "another certificate is signed for": "chữ ký nêu một chứng thư khác",
    "the certificate was not valid when the list was signed": "chứng thư không có hiệu lực khi danh sách được ký",
    "the list is not the one that was signed": "danh sách đã bị thay đổi sau khi ký",
    "the algorithm is not the key's": "thuật toán không phải của khóa này",
    "the signature does not hold": "chữ ký không đúng",
    "the list was issued after this moment": "danh sách được ban hành sau thời điểm kiểm tra",
    "a newer list is due: this one speaks no more": "đã đến hạn danh sách mới: danh sách này không còn hiệu lực",
    # second seals
    "the second seal is not in its one spelling": "con dấu thứ hai không đúng dạng duy nhất của nó",
    "bring the second seal's public key (--second-key)": "hãy nêu khóa công khai của con dấu thứ hai (--second-key)",
    "by a key that you did not bring": "do một khóa khác với khóa bạn nêu",
    "name the one container or list that it is over (--data)": "hãy nêu tệp chứa hoặc danh sách đó (--data)",
    "the second seal is over another list": "con dấu thứ hai thuộc về một danh sách khác",
    # older formats
    "present, not verified: an algorithm outside the closed list, such as SHA-1": (
        "có, không được kiểm tra: thuật toán không nằm trong danh mục, chẳng hạn SHA-1"
    ),
    "present, not verified: it carries no certificate": "có, không được kiểm tra: không kèm chứng thư số",
    "present, not verified: transforms decide what it covers": (
        "có, không được kiểm tra: phép biến đổi quyết định phần được ký"
    ),
    "present, not verified: no rule of its format says what it must cover": (
        "có, không được kiểm tra: định dạng không quy định phải ký những gì"
    ),
}

ABOUT: Final[tuple[tuple[str, str], ...]] = (
    (r"^container of (\d+) files$", r"tệp chứa có \1 tệp"),
    (r"^X-Road container of (\d+) files$", r"tệp chứa X-Road có \1 tệp"),
    (r"^(\d+) files, (\d+) signatures, nothing else$", r"\1 tệp, \2 chữ ký, không có gì khác"),
    (r"^message and (\d+) attachments$", r"thông điệp và \1 phần đính kèm"),
    (r"^signature file at level (\S+), (\S+)$", r"tệp chữ ký ở mức \1, \2"),
    (r"^references: (\d+) files, each once$", r"tham chiếu: \1 tệp, mỗi tệp một lần"),
    (r"^digests of (\d+) references$", r"mã băm của \1 tham chiếu"),
    (r"^signer not revoked, says the (\S+) evidence of (.*)$", r"người ký chưa bị thu hồi, theo \1 lúc \2"),
    (r"^signer (.*)$", r"người ký \1"),
    (r"^issuer (\d+) not revoked, says the (\S+) evidence of (.*)$", r"đơn vị cấp \1 chưa bị thu hồi, theo \2 lúc \3"),
    (r"^signature value$", "giá trị chữ ký"),
    (r"^archive time-stamp of (.*) by (.*)$", r"dấu thời gian lưu trữ \1 của \2"),
    (r"^signature time-stamp of (.*) by (.*)$", r"dấu thời gian của chữ ký \1 của \2"),
    (r"^level (\S+), at least (\S+) asked for$", r"mức \1, yêu cầu ít nhất \2"),
    (r"^chain of (\d+) certificates to (.*)$", r"chuỗi \1 chứng thư tới \2"),
    (r"^algorithms, at the moments that are proven$", "thuật toán, tại các thời điểm đã chứng minh"),
    (r"^signing time (\S+), the signer's own word$", r"thời điểm ký \1, do người ký tự nêu"),
    (r"^XML signature (\d+)$", r"chữ ký XML số \1"),
    (
        r"^signed list (\S+), level (\S+): (\d+) of (\d+) seals; its time not judged$",
        r"danh sách đã ký \1, mức \2: \3 trên \4 con dấu số; chưa xét thời điểm",
    ),
    (r"^signed list (\S+), level (\S+): (\d+) of (\d+) seals$", r"danh sách đã ký \1, mức \2: \3 trên \4 con dấu số"),
    (r"^trusted list (\d+), (\d+) services$", r"danh sách tin cậy số \1, \2 dịch vụ"),
    (r"^trusted list$", "danh sách tin cậy"),
    (r"^one enveloped signature, (\S+)$", r"một chữ ký trong danh sách, \1"),
    (r"^signer of the list, as pinned$", "bên ký danh sách đúng như đã ghim"),
    (r"^digests of the list and of the signed properties$", "mã băm của danh sách và của thuộc tính đã ký"),
    (r"^issued (\S+), the next one due (\S+)$", r"ban hành \1, hạn danh sách sau \2"),
    (r"^second seal, ML-DSA-65$", "con dấu thứ hai, ML-DSA-65"),
    (r"^second seal$", "con dấu thứ hai"),
    (r"^public key ([0-9a-f]+)$", r"khóa công khai \1"),
    (r"^digest of the list$", "mã băm của danh sách"),
    (r"^signed list (\S+)$", r"danh sách đã ký \1"),
    (r"^list of (\d+) digests$", r"danh sách \1 mã băm"),
    (r"^listed: (.*)$", r"có trong danh sách: \1"),
)
