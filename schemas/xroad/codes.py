"""X-Road's error codes in both of their spellings, and the body of a REST error.

Promises: a closed list (X-Road's of 7.7); one code has one spelling in each style; a status follows from the code.
Leaves out which error of ours becomes which code (`bus.xroad.errors`) and SOAP faults.
Source: X-Road's ErrorCodes at 7.7.1 (CamelCase) and 7.8.0 (snake_case); PR-REST §4.6.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from html import escape
from typing import Final, NamedTuple

import msgspec

JSON: Final = "application/json"
_XML_TYPES: Final = {"text/xml": "text/xml", "application/xml": "application/xml", "text/*": "text/xml"}
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*")
_CLIENTS: Final = 400
_SERVERS: Final = 500


class Style(StrEnum):
    """How codes are spelled: X-Road up to 7.7, or from 7.8 on."""

    CAMEL = "camel"
    SNAKE = "snake"


class Side(StrEnum):
    """Whose the error is: the caller's, the consumer's node, hub and provider's side."""

    CLIENT = "Client"
    CLIENT_PROXY = "Server.ClientProxy"
    SERVER_PROXY = "Server.ServerProxy"
    SIGNER = "Signer"


class Word(StrEnum):
    """What went wrong. The list is X-Road's."""

    IO_ERROR = "IOError"
    NETWORK_ERROR = "NetworkError"
    INTERNAL_ERROR = "InternalError"
    BAD_REQUEST = "BadRequest"
    NOT_FOUND = "NotFound"
    HTTP_ERROR = "HttpError"
    DATABASE_ERROR = "DatabaseError"
    INVALID_RESPONSE = "InvalidResponse"
    INVALID_REQUEST = "InvalidRequest"
    CANNOT_CREATE_SIGNATURE = "CannotCreateSignature"
    CERT_VALIDATION = "CertValidation"
    INCORRECT_CERTIFICATE = "IncorrectCertificate"
    INVALID_SIGNATURE_VALUE = "InvalidSignatureValue"
    MALFORMED_SIGNATURE = "MalformedSignature"
    INVALID_XML = "InvalidXml"
    INVALID_REFERENCE = "InvalidReference"
    INVALID_CERT_PATH = "InvalidCertPath"
    SIGNATURE_VERIFICATION = "SignatureVerification"
    INVALID_HASH_CHAIN = "InvalidHashChain"
    MALFORMED_HASH_CHAIN = "MalformedHashChain"
    HASH_CHAIN_UNUSED_INPUTS = "HashChainUnusedInputs"
    INVALID_HASH_CHAIN_REF = "InvalidHashChainRef"
    SSL_AUTHENTICATION_FAILED = "SslAuthenticationFailed"
    LOGGING_FAILED = "LoggingFailed"
    TIMESTAMPING_FAILED = "TimestampingFailed"
    INVALID_CONTENT_TYPE = "InvalidContentType"
    INVALID_SOAP_ACTION = "InvalidSoapAction"
    INVALID_HTTP_METHOD = "InvalidHttpMethod"
    INVALID_MESSAGE = "InvalidMessage"
    INVALID_SECURITY_SERVER = "InvalidSecurityServer"
    MIME_PARSING_FAILED = "MimeParsingFailed"
    MISSING_HEADER = "MissingHeader"
    MISSING_HEADER_FIELD = "MissingHeaderField"
    DUPLICATE_HEADER_FIELD = "DuplicateHeaderField"
    MISSING_BODY = "MissingBody"
    INVALID_BODY = "InvalidBody"
    INCONSISTENT_HEADERS = "InconsistentHeaders"
    INCONSISTENT_RESPONSE = "InconsistentResponse"
    MISSING_SOAP = "MissingSoap"
    INVALID_SOAP = "InvalidSoap"
    MISSING_REST = "MissingRest"
    INVALID_REST = "InvalidRest"
    ACCESS_DENIED = "AccessDenied"
    SERVICE_DISABLED = "ServiceDisabled"
    SERVICE_FAILED = "ServiceFailed"
    MISSING_SIGNATURE = "MissingSignature"
    UNKNOWN_SERVICE = "UnknownService"
    INVALID_PROTOCOL_VERSION = "InvalidProtocolVersion"
    INVALID_CLIENT_IDENTIFIER = "InvalidClientIdentifier"
    SERVICE_TYPE = "ServiceType"
    CLIENT_PROXY_VERSION_NOT_SUPPORTED = "ClientProxyVersionNotSupported"
    UNKNOWN_MEMBER = "UnknownMember"
    MALFORMED_GLOBAL_CONF = "MalformedGlobalConf"
    OUTDATED_GLOBAL_CONF = "OutdatedGlobalConf"
    SERVICE_MISSING_URL = "ServiceMissingUrl"
    SERVICE_MALFORMED_URL = "ServiceMalformedUrl"
    HSM_NON_OPERATIONAL = "HSMNonOperational"
    MAINTENANCE_MODE = "MaintenanceMode"
    KEY_NOT_FOUND = "KeyNotFound"
    CERT_NOT_FOUND = "CertNotFound"
    TOKEN_NOT_ACTIVE = "TokenNotActive"  # noqa: S105 - a code, no secret
    CANNOT_SIGN = "CannotSign"
    TIMESTAMPER_FAILED = "TimestamperFailed"


_SNAKE: Final = {
    Side.CLIENT: "client",
    Side.CLIENT_PROXY: "server.clientproxy",
    Side.SERVER_PROXY: "server.serverproxy",
    Side.SIGNER: "signer",
    Word.HASH_CHAIN_UNUSED_INPUTS: "hashchain_unused_inputs",
    Word.MALFORMED_GLOBAL_CONF: "malformed_globalconf",
    Word.OUTDATED_GLOBAL_CONF: "outdated_globalconf",
}
"""Spellings of 7.8 that no rule gives."""


class ErrorCode(NamedTuple):
    """One code: whose it is, what went wrong, and where it is nested the nearer cause."""

    side: Side
    word: Word
    cause: Word | None = None

    def text(self, style: Style = Style.CAMEL) -> str:
        """`Server.ServerProxy.AccessDenied`, or `server.serverproxy.access_denied`."""
        parts: tuple[Side | Word, ...] = (self.side, self.word, *((self.cause,) if self.cause else ()))
        return ".".join(part.value if style is Style.CAMEL else snake(part) for part in parts)

    @property
    def status(self) -> int:
        """The HTTP status of a REST error: 500 for servers', else 400."""
        return _SERVERS if self.side in {Side.CLIENT_PROXY, Side.SERVER_PROXY} else _CLIENTS


class XRoadError(Exception):
    """An error on its way to an X-Road caller.

    Attributes:
        code: from the closed list.
        message: for people; without any value of the request.
        detail: a UUID that names the error in logs.
    """

    def __init__(self, code: ErrorCode, message: str, detail: str = "") -> None:
        super().__init__(f"{code.text()}: {message}")
        self.code = code
        self.message = message
        self.detail = detail


def snake(part: Side | Word) -> str:
    """One part of a code as X-Road 7.8 spells it."""
    return _SNAKE.get(part) or "_".join(_WORDS.findall(part.value)).lower()


def error_type(accept: Iterable[str]) -> str:
    """The media type of an error: the first XML type that `Accept` names, else JSON; weights do not count."""
    named = (one.partition(";")[0].strip().lower() for value in accept for one in value.split(","))
    return next((_XML_TYPES[one] for one in named if one in _XML_TYPES), JSON)


def error_body(error: XRoadError, media_type: str, style: Style = Style.CAMEL) -> bytes:
    """The body of a REST error in the type that `error_type` chose."""
    said = {"type": error.code.text(style), "message": error.message, "detail": error.detail}
    if media_type == JSON:
        return msgspec.json.encode(said)
    members = "".join(f"<{name}>{escape(value, quote=False)}</{name}>" for name, value in said.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<error>{members}</error>\n'.encode()
