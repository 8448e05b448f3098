"""Judges of the group security."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from typing import Final

from adapters import values
from adapters.port import PeerFault
from adapters.watching import Statement
from bus.kit.check.asking import texts_in, texts_of
from bus.kit.check.facts import Asked, Ended, Facts
from bus.kit.check.node import DAY_S
from bus.kit.check.verdicts import NO_ANSWER, Judged, Verdict, idle, met, unmet, untold
from config.secrets import SecretError, read_secret
from signing.chain import CertificateError
from signing.servercert import ServerCertificate, describe

Limits = Mapping[str, float]
_SECRET_NAME: Final = re.compile(
    r"authori[sz]ation|cookie|api.?key|access.?key|token|secret|passw(or)?d|matkhau|mat_khau|credential", re.IGNORECASE
)
_DEMANDED: Final = "verify-full"
NO_TLS_HERE: Final = idle("không có TLS để xét", "there is no TLS here")


def secrets_closed(facts: Facts, _limits: Limits) -> Judged:
    """Each secret is a file of this account alone."""
    secrets = facts.target.secrets
    if not secrets:
        return idle("không dùng bí mật nào", "no secret is used")
    for name, path in secrets.items():
        try:
            read_secret(path)
        except SecretError as error:
            return unmet(f"{name}: {error.rule}", f"{name}: {error.rule}")
    return met(f"{len(secrets)} tệp", f"{len(secrets)} file(s)")


def no_secret_in_file(facts: Facts, _limits: Limits) -> Judged:
    """No fixed value stands under a name that secrets have."""
    found = sorted(_secret_places(facts.target.table))
    if not found:
        return met("không thấy", "none was found")
    few = ", ".join(found[:3])
    return unmet(f"có vẻ là bí mật: {few}", f"what looks like a secret: {few}")


def _secret_places(table: Mapping[str, object], at: str = "") -> Iterator[str]:
    """Fixed headers, constants of questions and tokens' extra fields; names of secrets are no secrets."""
    headers = table.get("headers")
    if isinstance(headers, Mapping):
        yield from (f"{at}headers.{name}" for name in headers if _SECRET_NAME.search(str(name)))
    token = table.get("token")
    extra = token.get("extra") if isinstance(token, Mapping) else None
    if isinstance(extra, Mapping):
        yield from (f"{at}token.extra.{name}" for name in extra if _SECRET_NAME.search(str(name)))
    operations = table.get("operations")
    for name, operation in operations.items() if isinstance(operations, Mapping) else ():
        lines = operation.get("question") if isinstance(operation, Mapping) else None
        for line in lines if isinstance(lines, list) else ():
            to = str(line.get("to", "")) if isinstance(line, Mapping) else ""
            if to and "constant" in line and _SECRET_NAME.search(to):
                yield f"{at}operations.{name}.question.{to}"


def encrypted(facts: Facts, _limits: Limits) -> Judged:
    """TLS, or a way that stays on the machine."""
    endpoint = facts.endpoint
    if endpoint is None:
        return idle("không có đường mạng", "there is no network in between")
    if endpoint.speaks == "http":
        if endpoint.is_here:
            return met("http, chỉ trong máy này", "http, on this machine only")
        return unmet(f"{endpoint.setting}: http không mã hóa", f"{endpoint.setting}: plain http")
    if endpoint.speaks == "postgresql":
        mode = str(facts.target.table.get("ssl_mode", _DEMANDED))
        return (
            met(f"ssl_mode {mode}", f"ssl_mode {mode}") if mode == _DEMANDED or endpoint.is_here else unmet(mode, mode)
        )
    return met("https", "https")


def _shaken(facts: Facts) -> Judged | None:
    """Why there is no TLS to judge; None when there is."""
    endpoint = facts.endpoint
    if endpoint is None or endpoint.speaks == "http" or _plain_database(facts):
        return NO_TLS_HERE
    if facts.tls is None:
        return untold("chưa bắt tay TLS", "no TLS handshake was made")
    if facts.tls.refused:
        reason = facts.tls.refused
        return unmet(f"bắt tay TLS hỏng: {reason}", f"the TLS handshake fails: {reason}")
    return None


def _plain_database(facts: Facts) -> bool:
    """A database on this machine that is reached without TLS, as declared."""
    endpoint = facts.endpoint
    declared = facts.target.table.get("ssl_mode")
    return endpoint is not None and endpoint.speaks == "postgresql" and endpoint.is_here and declared == "disable"


def tls_version(facts: Facts, _limits: Limits) -> Judged:
    """The context itself admits 1.2 and newer only: a handshake is the proof."""
    missing = _shaken(facts)
    if missing is not None or facts.tls is None:
        return missing or NO_TLS_HERE
    return met(facts.tls.version, facts.tls.version)


def _certificate(facts: Facts, limits: Limits) -> Judged | ServerCertificate:
    missing = _shaken(facts)
    if missing is not None or facts.tls is None:
        failed = missing is not None and missing.verdict is Verdict.UNMET
        nothing = untold("chưa thấy chứng thư: xem 3.4", "no certificate was seen: see 3.4")
        return nothing if failed else missing or NO_TLS_HERE
    rsa_bits, curve_bits = int(limits.get("rsa_bits", 0)), int(limits.get("curve_bits", 0))
    try:
        return describe(facts.tls.certificate, rsa_bits=rsa_bits, curve_bits=curve_bits)
    except CertificateError as error:
        return unmet(str(error), str(error))


def certificate_days(facts: Facts, limits: Limits) -> Judged:
    """Days left of the certificate that the system shows."""
    found = _certificate(facts, limits)
    if isinstance(found, Judged):
        return found
    days = int((found.not_after_s - time.time()) / DAY_S)
    said = (f"còn {days} ngày", f"{days} days left")
    return met(*said) if days >= limits["days"] else unmet(*said)


def certificate_strength(facts: Facts, limits: Limits) -> Judged:
    """Key and hash of the certificate that the system shows."""
    found = _certificate(facts, limits)
    if isinstance(found, Judged):
        return found
    said = f"{found.key}, {found.hash or 'EdDSA'}"
    return unmet(f"yếu: {said}", f"weak: {said}") if found.weak else met(said, said)


def impostor_refused(facts: Facts, _limits: Limits) -> Judged:
    """A certificate of nobody's trust is not taken."""
    return _stranger(facts, facts.impostor, facts.fooled)


def other_name_refused(facts: Facts, _limits: Limits) -> Judged:
    """A certificate of another name is not taken."""
    ended = facts.other_name
    return _stranger(facts, ended, ended is not None and ended.error is None)


def _stranger(facts: Facts, ended: Ended | None, taken: bool) -> Judged:  # noqa: FBT001 - the fact that decides
    missing = _shaken(facts)
    if missing is not None and missing.verdict is Verdict.IDLE:
        return missing
    if ended is None:
        return untold("cần TLS đúng và một người đã biết", "needs sound TLS and a known person")
    if taken or ended.error is None:
        return unmet("bị lừa: câu hỏi đã được gửi đi", "it was taken in: the question was sent")
    if ended.error.kind is PeerFault.UNREACHABLE:
        return met("từ chối, không gửi gì", "refused, nothing was sent")
    return unmet(f"lỗi khác: {ended.error}", f"another fault: {ended.error}")


def hostile_text(facts: Facts, _limits: Limits) -> Judged:
    """Every hostile question was refused, and none broke the adapter."""
    if not facts.hostile:
        return untold("cần một câu hỏi `nobody`", "needs a `nobody` sample")
    answered = sum(one.error is None and not one.is_no for one in facts.hostile)
    if answered:
        return unmet(f"{answered} chuỗi tìm thấy ai đó", f"{answered} text(s) found somebody")
    broken = [one.error for one in facts.hostile if one.error is not None and one.error.rule == "adapter-failed"]
    if broken:
        return unmet(f"{len(broken)} chuỗi làm hỏng bộ chuyển đổi", f"{len(broken)} text(s) broke the adapter")
    return met(f"{len(facts.hostile)} chuỗi", f"{len(facts.hostile)} texts")


def errors_without_values(facts: Facts, _limits: Limits) -> Judged:
    """No error and no log line quotes a sample."""
    if not facts.asked:
        return NO_ANSWER
    ends = [*facts.hostile, *facts.tampered.values()]
    errors = [*(one.error for one in facts.asked), *(one.error for one in ends)]
    said = [*facts.logged, *(f"{error} {error!r} {error.__cause__!r}" for error in errors if error is not None)]
    texts = texts_of(facts.samples)
    told = sum(any(text in line for text in texts) for line in said)
    if told:
        return unmet(f"{told} lỗi hoặc dòng nhật ký có dữ liệu", f"{told} error(s) or log line(s) hold values")
    return met(f"{len(said)} lỗi và dòng nhật ký", f"{len(said)} errors and log lines")


def about_whom_asked(facts: Facts, _limits: Limits) -> Judged:
    """The declaration compares, the statement chooses, or the answer says the identifier that was asked about."""
    if not facts.known:
        return NO_ANSWER
    silent = sorted({one.sample.operation for one in facts.known if not _says_whom(facts, one)})
    if silent:
        listed = ", ".join(silent)
        return unmet(f"không nói về ai: {listed}; khai `same`", f"does not say about whom: {listed}; declare `same`")
    return met("có đối chiếu", "it is compared")


def _says_whom(facts: Facts, one: Asked) -> bool:
    declared = values.at(facts.target.table, values.path(f"operations.{one.sample.operation}.answer"))
    if isinstance(declared, Mapping) and (declared.get("same") or declared.get("exists")):
        return True
    if one.found is None:
        return False
    if all(isinstance(value, bool) for value in one.found.body.values()):
        return True  # a mere yes or no: nobody else's data can be in it
    asked = {*texts_in(one.sample.body)}
    statements = [move.sent for move in one.seen.moves if isinstance(move.sent, Statement)]
    bound = {value for statement in statements for value in texts_in(statement.parameters)}
    return bool(asked & {*texts_in(one.found.body), *bound})  # a database itself chooses by what is bound
