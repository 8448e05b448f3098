"""The answer of an X-Road service, which comes as parts, as what a system would hand in: to be compared and judged."""

from __future__ import annotations

import base64
import dataclasses

from adapters.port import Found
from bus import shapes
from schemas.json import JsonError
from schemas.json import read as read_json


def opened(found: Found) -> Found:
    """The same answer with its body in view: JSON as it is, XML as `{"xml": …}`, else base64 (docs of `bus.plain`)."""
    if not found.parts:
        return found
    body = found.parts[0]
    shown: object = {"base64": base64.b64encode(body.data).decode(), "media_type": body.media_type}
    try:
        if body.media_type == shapes.JSON:
            shown = read_json(body.data)
        elif body.media_type in {shapes.XML, "text/xml"}:
            shown = {"xml": body.data.decode()}
    except (JsonError, UnicodeDecodeError):
        pass  # the schema's judgement says what it is not
    return dataclasses.replace(found, body=shown if isinstance(shown, dict) else {"value": shown})
