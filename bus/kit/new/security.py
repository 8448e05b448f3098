"""How an OpenAPI description says that a system wants to be shown who asks → settings and names of secrets.

Promises: only names of secrets are made; the secrets themselves are files that the node's settings name. Leaves out
schemes that are not asked for by the description's own `security` where it has one, OpenID Connect, mutual TLS (set
`tls` by hand): told as left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin

from bus.kit.new.addresses import refuse_secrets
from bus.kit.new.described import Left, SourceField
from bus.kit.new.json_schemas import Document
from bus.kit.new.names import registry_name


@dataclass(slots=True)
class Security:
    """The kind's own keys, what secrets they name, and fields that carry one."""

    settings: dict[str, object]
    secrets: dict[str, str] = field(default_factory=dict)
    fields: tuple[SourceField, ...] = ()
    left: list[Left] = field(default_factory=list)


def security_of(document: Document, base_url: str) -> Security:
    """What the schemes in use come to."""
    made = Security({"base_url": base_url})
    components = document.whole.get("components")
    schemes = components.get("securitySchemes") if isinstance(components, Mapping) else None
    for name, raw in schemes.items() if isinstance(schemes, Mapping) else ():
        at = ("components", "securitySchemes", str(name))
        if _used(document, str(name)):
            _scheme(made, str(name), document.follow(raw, at), document.spot(at))
    return made


def _used(document: Document, name: str) -> bool:
    """Named by the description's own `security`; where it has none, operations name them, and all count."""
    wanted = document.whole.get("security")
    if not isinstance(wanted, list) or not wanted:
        return True
    first = next((one for one in wanted if isinstance(one, Mapping)), {})
    return name in first


def _scheme(made: Security, name: str, scheme: Mapping[str, object], place: str) -> None:
    secret = registry_name(name, "secret")
    match (scheme.get("type"), scheme.get("in"), str(scheme.get("scheme", "")).lower()):
        case ("apiKey", "header", _):
            _header(made, str(scheme.get("name", "")), secret, "the key itself")
        case ("apiKey", "query", _):
            made.secrets[secret] = "the key itself"
            made.settings["secrets"] = {secret: secret}
            key = str(scheme.get("name", ""))
            made.fields = (SourceField(f"query.{key}", (key,), "text", required=True, secret=secret),)
        case ("http", _, "bearer"):
            _header(made, "Authorization", secret, "the words: Bearer, a space, the token")
        case ("http", _, "basic"):
            _header(made, "Authorization", secret, "the words: Basic, a space, base64 of user:password")
        case ("oauth2", _, _):
            _oauth2(made, name, secret, scheme, place)
        case _:
            made.left.append(Left(name, "security-scheme", place))


def _header(made: Security, header: str, secret: str, what: str) -> None:
    made.secrets[secret] = what
    headers = made.settings.setdefault("secret_headers", {})
    if isinstance(headers, dict):
        headers[header] = secret


def _oauth2(made: Security, name: str, secret: str, scheme: Mapping[str, object], place: str) -> None:
    flows = scheme.get("flows")
    flow = flows.get("clientCredentials") if isinstance(flows, Mapping) else None
    url = flow.get("tokenUrl") if isinstance(flow, Mapping) else None
    base_url = str(made.settings["base_url"])
    refuse_secrets(str(url or ""), place)
    whole = urljoin(base_url + "/", str(url)) if url else ""
    if not whole.startswith(base_url + "/"):
        made.left.append(Left(name, "token-elsewhere" if url else "security-scheme", place))
        return
    made.secrets[secret] = "the client's secret"
    made.settings["token"] = {
        "path": whole.removeprefix(base_url),
        "style": "basic",
        "client_id": "lienthong",
        "secret_file": secret,
    }
