"""docs/problems.md, printed from the closed list and its texts."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.problem_texts import TEXTS, slug
from schemas.problems import RETRY_HELPS, Code, FaultAt

CHAPTERS = {
    1: ("Envelope, seal and parts", "What came cannot be trusted, or cannot be read."),
    2: ("The gate", "What came is sound, and not allowed."),
    3: ("Shapes", "A body does not fit its schema."),
    4: ("The way", "A question did not reach its provider, or no answer came back."),
    5: ("The provider's system", "The agency's own software gave no answer that could be sealed."),
    6: ("The record", "What cannot be recorded is not done."),
    7: ("Dossiers", "Forms, the guard, a dossier's state."),
    8: ("The faces", "Requests of agencies' own systems to their node, of auditors and of citizens to the hub."),
    9: ("Ourselves", "What nobody foresaw."),
}
INTRODUCTION = """\
# Problems

Every refusal and every fault has a number of this list. A number is never given to another meaning; texts may be
mended. Over HTTP a problem is an `application/problem+json` (RFC 9457):

| member | what it is |
|---|---|
| `type` | `urn:lienthong:problem:` and the name below |
| `title` | the text in the language asked for (`Accept-Language`: `vi` or `en`) |
| `status` | the HTTP status |
| `number` | the number |
| `text` | both texts: `{"vi": …, "en": …}` |
| `rule`, `place` | the violated rule, and the JSON pointer, path or line: never the value |
| `params` | what the text names: an agency, a limit, a time |
| `fault_at` | where the fault lies: FAULTS |
| `retry` | whether the very same request may succeed later |
| `correlation` | the id that the agency's system gave its request, from end to end |

After 407 nobody knows whether an operation that is not safe was carried out: ask the provider, not the bus, before
asking again.

In a sealed envelope a problem is its number and its parameters (docs/envelope.md); texts are rendered at the edge. No
member holds nine digits in a row, so that none can hold a citizen's number (`correlation` is the caller's own word).

A number that is not in this list comes from a peer of a newer release: it is handed on as it came, and told by its
number alone. What each bad input gets is in [bad-input.md](bad-input.md).

This page is printed from `schemas/problem_texts.py`: `python tests/spec/write_pages.py`.
"""


def page() -> Iterator[str]:
    """The lines of docs/problems.md."""
    faults = ", ".join(f"`{one.value}`" for one in FaultAt)
    yield from INTRODUCTION.replace("FAULTS", faults).splitlines()
    for hundred, (title, about) in CHAPTERS.items():
        yield ""
        yield f"## {hundred}xx: {title}"
        yield ""
        yield about
        yield ""
        yield "| number | name | HTTP | retry | tiếng Việt | English |"
        yield "|---|---|---|---|---|---|"
        for code in sorted(code for code in Code if code // 100 == hundred):
            text = TEXTS[code]
            retry = "may help" if code in RETRY_HELPS else ""
            yield f"| {code:d} | `{slug(code)}` | {text.status} | {retry} | {text.vi} | {text.en} |"
