"""docs/profiles.md, printed from the shipped profiles, their dictionary and their code lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bus.registry.profiles import shipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from registry.authored.fields import Text
    from registry.profiles.model import Field, Profile, Profiles
    from registry.profiles.tables import CodelistTable

INTRODUCTION = """\
# Profiles: the schemas that the product ships

A **profile** is a schema version for a subject that many agencies exchange: a citizen, a dossier, an official document.
It was **derived from public samples** and statutes, and is not the owner's official schema: each has a place for that
one, empty until it comes. Take a profile to start from, and to compare the official schema with.

Every field is bound to a term of one dictionary, in Vietnamese and English, with its type, its sensitivity and its
owner. Objects are closed; texts, lists and numbers have limits; identifiers have the forms of `schemas/ids.py`. Every
profile has good and bad examples, a bad one with the rule and the place that must be told; tests judge them with two
validators of different make. The people in them are invented: their numbers lie where nobody's can.

```
lienthong registry profiles list
lienthong registry profiles show dossier
lienthong registry profiles check FILE --as dossier
lienthong registry profiles copy dossier dossier-status --to my-registry
lienthong registry profiles metadata dossier --owner a100001
```

`check` ends with 0 or, with each broken rule and its place, 1. `copy` writes the schemas, and the terms and code lists
that they need, into an authored folder (docs/registry.md); it changes nothing that is there, and writes nothing when a
term, a code list or a file there means something else by the same name. Owners stand as comments in what it writes;
services and agreements are each instance's own.

`metadata` prints what a governed context of the registry wants beside a schema: owner, basis, date, an XSD's terms.

A registered profile is bound by the same rules as any schema: the registry's compatibility, agreements per term,
minimisation. A new version of a profile is a new file; one that was shipped is never changed in meaning.

## The files

They are package data, in `schemas/profiles/`:

| file | what stands in it |
|---|---|
| `schemas/<subject>/<version>.json` | JSON Schema 2020-12 with `x-term` at every value |
| `schemas/<subject>/<version>.xsd` | XSD 1.0 where the wire is XML |
| `schemas/<subject>/<version>.terms.toml` | beside an XSD: the terms of its elements |
| `schemas/<subject>/<version>.profile.toml` | what it is, whose, from what: the keys below |
| `official/<subject>/<file>` | the owner's own schema, once received |
| `dictionary/*.toml` | `[[term]]` as in docs/registry.md, and `owner` |
| `codelists/*.toml` | `[[codelist]]` as in docs/registry.md, and `origin`, `source` |
| `owners.toml` | `[[owner]]` with `id` and `name`: who answers for a term, named by what it is |
| `examples/<subject>/<version>/` | `good-*`, `bad-*`; in `bad.toml` per bad one `file`, `why`, `rule`, `pointer` |

- A profile has `name`, `about`, `owner`, `basis` (a code of the list of statutes), `effective_from`, `sources`.
- `names` is `wire` (fields spelled as systems send them) or `own` (this product's names: there is no public wire form).
- `origin` of a code list is `published` (its codes stand in the source) or `profile` (its own; a mapping is needed).
- `left_out` names rules of the subject that no schema can say; adapters or the bus check those.
- `[official]` has `status` (`awaited` or `received`), `title`, and once received `file`, `sha256`: the file then
  lies in `official/`, and loading refuses a file with another digest. The profile is then compared with it, and its
  next version follows it.

In the tables, *(required)* means that the field's own object demands it.

This page is printed from the data: `python tests/spec/write_pages.py`.
"""
SENSITIVITY = {"open": "open", "personal": "personal", "sensitive": "**sensitive**"}


def page() -> Iterator[str]:
    """The lines of docs/profiles.md."""
    profiles = shipped()
    chosen = [profiles.profiles[ref] for ref in sorted(profiles.profiles)]
    yield INTRODUCTION
    yield "## All profiles"
    yield ""
    yield from _table(
        ("profile", "tiếng Việt", "English", "form", "names", "owner", "fields", "official"),
        (_listed(profiles, profile) for profile in chosen),
    )
    for profile in chosen:
        yield ""
        yield from _profile(profiles, profile)
    yield ""
    yield "## Code lists"
    for codelist in sorted(profiles.codelists.values(), key=lambda found: found.id):
        yield ""
        yield from _codelist(codelist)


def _listed(profiles: Profiles, profile: Profile) -> tuple[object, ...]:
    about = profile.about
    link = f"[`{profile.ref}`](#{profile.subject}{profile.version})"
    owner = profiles.owners[about.owner].name.en
    form = {"json": "JSON Schema", "xsd": "XSD"}[profile.kind]
    return link, about.name.vi, about.name.en, form, about.names, owner, len(profile.fields), about.official.status


def _profile(profiles: Profiles, profile: Profile) -> Iterator[str]:
    about, owner = profile.about, profiles.owners[profile.about.owner].name
    basis = next(row.name for row in profiles.codelists["basis"].code if row.code == about.basis)
    yield f"## {profile.ref}"
    yield ""
    yield f"**{_both(about.name)}.** {about.about.vi}. {about.about.en}."
    yield ""
    yield f"- Owner: {_both(owner)}; basis: `{about.basis}` ({basis.en})"
    yield from (f"- Derived from: {_both(source)}" for source in about.sources)
    yield f"- Official schema: *{about.official.status}*: {_both(about.official.title)}"
    yield from (f"- Left out: {_both(rule)}" for rule in about.left_out)
    yield f"- Examples: {len(profile.good)} good, {len(profile.bad)} bad"
    yield ""
    yield from _table(
        ("field", "tiếng Việt", "English", "term", "type", "sensitivity"),
        (_field(profiles, field) for field in profile.fields),
    )


def _field(profiles: Profiles, field: Field) -> tuple[object, ...]:
    term = profiles.terms[field.term]
    must = " (required)" if field.required else ""
    kind = f"code: `{term.codelist}`" if term.codelist else term.type
    return f"`{field.path}`{must}", term.name.vi, term.name.en, f"`{term.id}`", kind, SENSITIVITY[term.sensitivity]


def _codelist(codelist: CodelistTable) -> Iterator[str]:
    yield f"### {codelist.id}"
    yield ""
    yield f"{_both(codelist.name)}, version {codelist.version}; *{codelist.origin}*: {_both(codelist.source)}"
    yield ""
    rows = ((f"`{row.code}`", row.name.vi, row.name.en) for row in codelist.code)
    yield from _table(("code", "tiếng Việt", "English"), rows)


def _both(words: Text) -> str:
    return f"{words.vi} / {words.en}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |"
