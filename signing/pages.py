"""A bundle's verdict as a page for people: Vietnamese and English, one file, no script, nothing fetched.

Promises: the page follows from the bundle alone, so that a check can hold it against one made anew; whatever stands in
the bundle is escaped; people whom the exchange is about are not on it. It judges by the trust that the bundle itself
offers, and says so: whoever needs certainty runs the check with trust of their own.
Leaves out: the commands for public tools (`signing.commands`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from html import escape
from typing import Final

from schemas.envelope import Envelope
from schemas.text import moment, moment_ms
from signing.bundle import Bundle
from signing.dispute import judge, offered
from signing.examine import Finding, digest, overall
from signing.receipt import Opened, ReceiptError, open_receipt
from signing.verdict import Status
from signing.words import ANSWERS, STATUSES, STEPS, about, reason

_ANCHORS: Final = 2
_UTC7_MS: Final = 7 * 3600 * 1000
_STYLE: Final = """
:root { color-scheme: light; }
body { font: 16px/1.5 "Be Vietnam Pro", "Noto Sans", "Segoe UI", Roboto, "DejaVu Sans", sans-serif; color: #1b2430;
  background: #f4f5f7; margin: 0; }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.5rem 4rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2.25rem 0 .5rem; }
.en { color: #5a6675; } h1 .en, h2 .en { display: block; font-size: .8em; font-weight: 400; }
.answer { border-left: .5rem solid; padding: .9rem 1.2rem; margin: 1.5rem 0; background: #fff; font-size: 1.25rem; }
.answer .en { display: block; font-size: .85em; }
.answer.passed { border-color: #1d7a46; } .answer.failed { border-color: #b3261e; }
.answer.indeterminate { border-color: #a86400; } td.status { width: 13rem; overflow-wrap: normal; }
td.passed { color: #1d7a46; } td.failed { color: #b3261e; font-weight: 700; } td.indeterminate { color: #8a5200; }
table { border-collapse: collapse; width: 100%; background: #fff; }
th, td { text-align: left; vertical-align: top; padding: .5rem .7rem; border-bottom: 1px solid #dde2e8; }
th { font-weight: 600; width: 16rem; } th .en { font-weight: 400; } th[colspan] { background: #e9edf2; }
td { overflow-wrap: anywhere; } code, pre { font: .86em/1.5 "DejaVu Sans Mono", Consolas, monospace; }
pre { background: #fff; border: 1px solid #dde2e8; padding: .8rem 1rem; overflow-x: auto; margin: .5rem 0 1rem; }
.note { background: #fff7e0; border: 1px solid #ead9a4; padding: .8rem 1rem; margin: 1rem 0; }
@media (max-width: 40rem) { tr, th, td, td.status { display: block; width: auto; }
  th:not([colspan]), td:not(.status):not(:last-child) { border-bottom: 0; padding-bottom: 0; } }
@media print { body { background: #fff; font-size: 11pt; } main { padding: 0; } pre { white-space: pre-wrap; } }
"""


def page(title_vi: str, title_en: str, body: str) -> bytes:
    """A whole self-contained page; `body` is HTML already."""
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!DOCTYPE html>\n<html lang="vi">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title_vi)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f'<h1>{escape(title_vi)}<span class="en" lang="en">{escape(title_en)}</span></h1>\n{body}'
        "</main>\n</body>\n</html>\n"
    ).encode()


def both(vi: str, en: str, tag: str = "p") -> str:
    """A paragraph in both languages."""
    return f'<{tag}>{escape(vi)}<br><span class="en" lang="en">{escape(en)}</span></{tag}>\n'


def heading(vi: str, en: str) -> str:
    """A heading in both languages."""
    return f'<h2>{escape(vi)}<span class="en" lang="en">{escape(en)}</span></h2>\n'


def verdict_page(bundle: Bundle) -> bytes:
    """The page `verdict.html`."""
    findings = [_as_offered(one) for one in judge(bundle, offered(bundle), bundle.at_ms)]
    return page(
        "Kết luận về bằng chứng của một giao dịch trao đổi",
        "Verdict on the evidence of one exchange",
        _answer(overall(findings), bundle.at_ms) + _exchange(bundle) + _steps(findings) + _next(),
    )


def _as_offered(finding: Finding) -> Finding:
    """The anchors are nobody's own here."""
    if finding.step != _ANCHORS:
        return finding
    return replace(finding, about="anchors as the bundle offers them")


def _answer(status: Status, at_ms: int) -> str:
    said = ANSWERS[status]
    shown = f'<div class="answer {status.value}">{escape(said["vi"])}'
    shown += f'<span class="en" lang="en">{escape(said["en"])}</span></div>\n'
    vi = (
        f"Xét tại thời điểm {moment(at_ms)} (UTC), theo gốc tin cậy, danh bạ và khóa sổ cái nằm ngay trong gói này. "
        "Trang này do bên xuất gói lập. Để chắc chắn, hãy chạy lienthong-check với gốc tin cậy lấy từ nguồn khác."
    )
    en = (
        f"Judged as at {moment(at_ms)} (UTC), by the anchors, registry and ledger key in this very bundle. This page "
        "was made by whoever exported the bundle. To be certain, run lienthong-check with trust of your own."
    )
    return shown + f'<div class="note">{both(vi, en)}</div>\n'


def _exchange(bundle: Bundle) -> str:
    question = bundle.pieces["question"].envelope if "question" in bundle.pieces else None
    reply = bundle.pieces["reply"].envelope if "reply" in bundle.pieces else None
    rows = [*_asked(bundle, question), *_answered(bundle, reply), *_recorded(bundle)]
    body = "".join(
        f'<tr><th>{escape(vi)}<br><span class="en" lang="en">{escape(en)}</span></th><td>{escape(value)}</td></tr>\n'
        for vi, en, value in rows
        if value
    )
    return heading("Giao dịch trao đổi", "The exchange") + f"<table>\n{body}</table>\n"


def _asked(bundle: Bundle, question: Envelope | None) -> Iterable[tuple[str, str, str]]:
    if question is None:
        return
    consumer = question.consumer.agency if question.consumer else question.sealer
    yield "Mã giao dịch", "Exchange", question.id
    yield "Bên hỏi", "Asked by", _named(bundle, consumer)
    yield "Bên cung cấp", "Asked of", _named(bundle, (question.service or "").partition("/")[0])
    yield "Dịch vụ, thao tác", "Service, operation", f"{question.service} · {question.operation}"
    yield "Mục đích", "Purpose", question.purpose or ""
    yield "Căn cứ pháp lý", "Legal basis", question.basis or ""
    yield "Thủ tục hành chính", "Procedure", question.procedure or ""
    yield "Thời điểm hỏi", "Asked at", _time(question.created)
    yield "SHA-256 của câu hỏi", "SHA-256 of the question", digest(bundle.pieces["question"].sealed.envelope)


def _answered(bundle: Bundle, reply: Envelope | None) -> Iterable[tuple[str, str, str]]:
    if reply is None:
        return
    told = f"{reply.kind.value} {int(reply.problem.code)}" if reply.problem else reply.kind.value
    yield "Kết quả", "Reply", told
    yield "Bên đóng dấu câu trả lời", "Reply sealed by", _named(bundle, reply.sealer)
    yield "Thời điểm trả lời", "Replied at", _time(reply.created)
    yield "SHA-256 của câu trả lời", "SHA-256 of the reply", digest(bundle.pieces["reply"].sealed.envelope)


def _recorded(bundle: Bundle) -> Iterable[tuple[str, str, str]]:
    opened = _opened(bundle)
    if opened is None:
        return
    asked, outcome = opened.asked, opened.outcome
    yield "Sổ cái", "Ledger", opened.origin
    yield "Bản ghi câu hỏi", "Record of the question", f"{asked.index} · {_time(asked.record.time)}"
    yield "Bản ghi kết quả", "Record of the outcome", f"{outcome.index} · {_time(outcome.record.time)}"


def _opened(bundle: Bundle) -> Opened | None:
    receipt = bundle.pieces.get("receipt")
    try:
        return open_receipt(receipt.envelope) if receipt and receipt.envelope else None
    except ReceiptError:
        return None


def _named(bundle: Bundle, agency: str) -> str:
    found = bundle.registered.agencies.get(agency)
    return f"{found.name.vi} / {found.name.en} ({agency})" if found else agency


def _time(text: str) -> str:
    """In UTC as written, and in Vietnam's time."""
    try:
        local = moment(moment_ms(text) + _UTC7_MS)
    except ValueError:
        return text
    return f"{local[8:10]}/{local[5:7]}/{local[:4]} {local[11:19]} (UTC+7) · {text}"


def _steps(findings: list[Finding]) -> str:
    rows = []
    for number in sorted({one.step for one in findings}):
        title = STEPS[number]
        rows.append(
            f'<tr><th colspan="2">{number}. {escape(title["vi"])} '
            f'<span class="en" lang="en">{escape(title["en"])}</span></th></tr>\n'
        )
        rows += [_row(one) for one in findings if one.step == number]
    return heading("Từng bước kiểm tra", "Step by step") + f"<table>\n{''.join(rows)}</table>\n"


def _row(finding: Finding) -> str:
    status = finding.verdict.status
    cells = []
    for language in ("vi", "en"):
        why = reason(finding, language, closed=True)
        mark = STATUSES[status][language]
        cells.append((about(finding, language), f"{mark}: {why}" if why else mark))
    (about_vi, mark_vi), (about_en, mark_en) = cells
    return (
        f'<tr><td>{escape(about_vi)}<br><span class="en" lang="en">{escape(about_en)}</span></td>'
        f'<td class="status {status.value}">{escape(mark_vi)}<br>'
        f'<span class="en" lang="en">{escape(mark_en)}</span></td></tr>\n'
    )


def _next() -> str:
    vi = "Cách tự kiểm tra bằng công cụ công khai (openssl, sha256sum, jq, Python): xem commands.html."
    en = "How to check by yourself with public tools (openssl, sha256sum, jq, Python): see commands.html."
    return heading("Tự kiểm tra", "Check it yourself") + both(vi, en)
