"""What schemathesis cannot know of the sample nation: a form that is registered, its roles, people who are there."""

from __future__ import annotations

import re
from typing import Any

import schemathesis

PARTIES = (
    {"role": "mother", "id": "990194000012", "scheme": "citizen"},
    {"role": "father", "id": "990092000011", "scheme": "citizen"},
)
_FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}@[1-9][0-9]{0,5}")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,79}")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_WRITTEN = {"role": _NAME, "id": _WORD, "scheme": _NAME}


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: Any) -> Any:  # noqa: ANN401 - any JSON
    """A well-formed opening becomes one that can be resolved; what is broken stays broken."""
    operation = context.operation
    if operation is None or operation.path != "/dossiers" or not isinstance(body, dict):
        return body
    if isinstance(body.get("form"), str) and _FORM.fullmatch(body["form"]):
        body["form"] = "birth-linked@1"
    parties = body.get("parties")
    for number, party in enumerate(parties if isinstance(parties, list) else []):
        for name, text in PARTIES[number % len(PARTIES)].items() if isinstance(party, dict) else ():
            if isinstance(party.get(name), str) and _WRITTEN[name].fullmatch(party[name]):
                party[name] = text
    return body
