"""The page on which people read who asked about them: Vietnamese and English, no script, nothing fetched.

Promises: whatever it shows is escaped; a policy in the answer's headers allows its one style sheet by digest, forms to
where it came from, and frames of the portals that the settings name; nobody keeps it (`no-store`). It works at 390
pixels, in print, with a keyboard and read aloud. Leaves out: logging in.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final, NamedTuple
from urllib.parse import urlencode

import jinja2

from bus.usages.words import outcome_words
from schemas.problem_texts import text_of
from schemas.problems import Problem
from schemas.text import moment, moment_ms
from schemas.usage import Words
from signing.page import Page

_UTC7_MS: Final = 7 * 3600 * 1000
STYLE: Final = """
:root { color-scheme: light; --ink: #1b2430; --quiet: #4d5967; --line: #d5dbe2; --paper: #fff; --ground: #f4f5f7;
  --accent: #0b5394; }
* { box-sizing: border-box; }
body { font: 16px/1.5 "Be Vietnam Pro", "Noto Sans", "Segoe UI", Roboto, "DejaVu Sans", sans-serif; color: var(--ink);
  background: var(--ground); margin: 0; overflow-wrap: anywhere; }
main { max-width: 54rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
a { color: var(--accent); } a:focus-visible, button:focus-visible { outline: .2rem solid var(--accent);
  outline-offset: .15rem; }
.skip { position: absolute; left: -100rem; } .skip:focus { left: 1rem; top: .5rem; background: var(--paper);
  padding: .5rem 1rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; } h2 { font-size: 1.05rem; line-height: 1.4; margin: 0; }
.other { color: var(--quiet); display: block; font-size: .9em; font-weight: 400; }
ol { list-style: none; margin: 1.5rem 0; padding: 0; }
article { background: var(--paper); border: 1px solid var(--line); border-left: .35rem solid var(--accent);
  border-radius: .25rem; margin: 0 0 1rem; padding: .9rem 1.1rem; }
article.own-look { border-left-color: #7a8794; } article.refused { border-left-color: #a3221a; }
article.look { border-left-color: #7a4b00; }
time { color: var(--quiet); display: block; font-size: .9rem; }
dl { display: grid; grid-template-columns: 12rem 1fr; gap: .3rem 1rem; margin: .7rem 0 0; }
dt { color: var(--quiet); font-size: .9rem; } dd { margin: 0; }
.note { background: #fff7e0; border: 1px solid #e2cf94; padding: .8rem 1rem; margin: 1rem 0; }
.note p { margin: .35rem 0; }
button, .button { background: var(--accent); border: 0; border-radius: .25rem; color: #fff; cursor: pointer;
  display: inline-block; font: inherit; padding: .7rem 1.2rem; text-decoration: none; }
button .other, .button .other { color: #e4eef8; }
@media (max-width: 40rem) { main { padding: 1rem .75rem 3rem; } dl { display: block; } dt { margin-top: .45rem; } }
@media print { body { background: #fff; font-size: 11pt; } main { max-width: none; padding: 0; }
  article { break-inside: avoid; } nav, .skip { display: none; } }
"""


class Further(NamedTuple):
    """How the next page is got: by these members, in the address or posted."""

    members: Mapping[str, str]
    post: bool

    @property
    def query(self) -> str:
        """The members as an address' query."""
        return urlencode(self.members)


class Pages:
    """Makes the pages.

    Args:
        framed_by: origins that may show them in a frame.
    """

    def __init__(self, framed_by: Iterable[str] = ()) -> None:
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("bus.http", "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(style=STYLE)
        self._templates.filters.update(local=local)
        digest = b64encode(sha256(STYLE.encode()).digest()).decode()
        framed = " ".join(framed_by) or "'none'"
        self.headers: Final[Mapping[str, str]] = {
            "Content-Security-Policy": (
                f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; "
                f"frame-ancestors {framed}"
            ),
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Vary": "Accept-Language",
        }

    def page(self, page: Page, further: Further | None, language: str) -> bytes:
        """The page of lines; `language` stands first, the other beneath."""
        lines = [(line, outcome_words(line)) for line in page.usages]
        made = self._templates.get_template("usages.html").render(
            page=page, lines=lines, further=further, first=language, second=_other(language)
        )
        return made.encode()

    def refusal(self, refused: Problem, language: str) -> bytes:
        """Why there is no page."""
        texts = text_of(refused)
        made = self._templates.get_template("usages_refused.html").render(
            said=Words(texts["vi"], texts["en"]), problem=refused, first=language, second=_other(language)
        )
        return made.encode()


def local(time: str) -> str:
    """A moment in Vietnam's time, as people write it."""
    at = moment(moment_ms(time) + _UTC7_MS)
    return f"{at[8:10]}/{at[5:7]}/{at[:4]} {at[11:19]}"


def _other(language: str) -> str:
    return "vi" if language == "en" else "en"
