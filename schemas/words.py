"""The words of the wire: the one spelling of each kind of identifier, name, digest and moment.

Promises: a value that fits its word is matched to its very last character. Leaves out: whether what it names exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from msgspec import Meta


def _all_of(pattern: str) -> Meta:
    """The whole text, to its very last character: Python's `$` would let a line feed follow."""
    return Meta(pattern=rf"\A(?:{pattern})\Z")


AgencyId = Annotated[str, _all_of(r"a[0-9]{6}")]
Name = Annotated[str, _all_of(r"[a-z][a-z0-9-]{0,39}")]
ServiceId = Annotated[str, _all_of(r"a[0-9]{6}/[a-z][a-z0-9-]{0,39}/[a-z][a-z0-9-]{0,39}")]
Token = Annotated[str, _all_of(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,79}")]
Basis = Annotated[str, _all_of(r"\w[\w./:();, -]{0,119}")]
"""A statute reference as the code list `basis` writes it (`278/2025/NĐ-CP`)."""
Uuid7 = Annotated[str, _all_of(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")]
Digest = Annotated[str, _all_of(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")]
"""SHA-256 in base64url without padding; the last character's spare bits are zero."""
Moment = Annotated[str, _all_of(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")]
Short = Annotated[str, _all_of(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,200}")]
SchemaName = Annotated[str, _all_of(r"[a-z][a-z0-9.-]{0,79}@[1-9][0-9]{0,5}")]
MediaType = Annotated[str, _all_of(r"[a-z]+/[a-z0-9.+-]{1,80}")]
FieldName = Annotated[str, _all_of(r"[A-Za-z][A-Za-z0-9_.-]{0,79}")]
FormName = Annotated[str, _all_of(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}@[1-9][0-9]{0,5}")]
Instance = Annotated[str, _all_of(r"[A-Z]{2}(-[a-z0-9]{1,20})?")]
Base64url = Annotated[str, _all_of(r"[A-Za-z0-9_-]+")]
MAX_LINE: Final = 400
Line = Annotated[str, _all_of(rf"(?!.*[0-9]{{9}})[^\x00-\x1f\x7f-\x9f\u2028\u2029]{{0,{MAX_LINE}}}")]
"""A word, a rule, a place in a problem: without nine digits in a row, since those may number a person."""
Assurance = Literal["none", "low", "substantial", "high"]
ASSURANCE_ORDER: Final[Mapping[str, int]] = {"none": 0, "low": 1, "substantial": 2, "high": 3}
