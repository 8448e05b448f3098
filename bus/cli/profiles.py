"""`lienthong registry profiles …`: the schemas that the product ships: look, check a document, start a folder."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.output import Json, emit, table
from bus.registry.profiles import copy_profiles, shipped
from registry.authored.fields import Text
from registry.profiles.model import MAX_BYTES, Profile

app = typer.Typer(help="The schemas that the product ships: look, check a document, copy.", no_args_is_help=True)

Subject: TypeAlias = Annotated[str, typer.Argument(help="A subject, or subject@version; the newest version otherwise.")]


@app.command("list")
def list_profiles(*, as_json: Json = False) -> None:
    """List every shipped profile: whose it is, and whether the owner's own schema has come."""
    profiles = shipped()
    chosen = [profile for _, profile in sorted(profiles.profiles.items())]
    data = [
        {
            "profile": profile.ref,
            "kind": profile.kind,
            "name": profile.about.name.model_dump(),
            "owner": profiles.owners[profile.about.owner].name.model_dump(),
            "fields": len(profile.fields),
            "official": profile.about.official.status,
        }
        for profile in chosen
    ]
    rows = ((p.ref, p.kind, _both(p.about.name), len(p.fields), p.about.official.status) for p in chosen)
    columns = ("profile", "kind", "name", "fields", "official schema")
    emit({"profiles": data}, table("Shipped profiles", columns, rows), as_json=as_json)


@app.command("show")
def show(subject: Subject, *, as_json: Json = False) -> None:
    """Show one profile field by field: the dictionary term of each, its names, sensitivity and owner."""
    profile, terms = _profile(subject), shipped().terms
    about, bound = profile.about, [(field, terms[field.term]) for field in profile.fields]
    data = [
        {"path": field.path, "required": field.required, "term": term.model_dump(exclude_none=True)}
        for field, term in bound
    ]
    rows = ((field.path, term.id, _both(term.name), term.type, term.sensitivity, term.owner) for field, term in bound)
    columns = ("path", "term", "name", "type", "sensitivity", "owner")
    emit(
        {"profile": profile.ref, "about": about.model_dump(), "fields": data},
        f"{profile.ref}: {_both(about.name)}\n{about.about.vi}\n{about.about.en}",
        f"official schema: {about.official.status} ({_both(about.official.title)})",
        table("Fields", columns, rows),
        as_json=as_json,
    )


@app.command("metadata")
def metadata(
    subject: Subject,
    *,
    owner: Annotated[str, typer.Option(help="The id of the agency that registers it: a100001.")],
) -> None:
    """Print what a registration of the profile in a governed context needs beside its schema, as JSON."""
    emit({"properties": _profile(subject).properties(owner)}, as_json=True)


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="A JSON or XML document.")],
    *,
    subject: Annotated[str, typer.Option("--as", help="The profile to judge it by: subject or subject@version.")],
    as_json: Json = False,
) -> None:
    """Judge a document by a profile: each broken rule and its place, never a value."""
    profile = _profile(subject)
    with file.open("rb") as stream:
        found = profile.violations(stream.read(MAX_BYTES + 1))
    shown = table(f"{file}: {len(found)} broken", ("rule", "place"), ((v.rule, v.pointer or "/") for v in found))
    good = f"{file} obeys {profile.ref}"
    emit({"profile": profile.ref, "violations": found}, shown if found else good, as_json=as_json)
    if found:
        raise typer.Exit(Exit.NO)


@app.command("copy")
def copy(
    subjects: Annotated[list[str], typer.Argument(help="Subjects, or subject@version.")],
    *,
    to: Annotated[Path, typer.Option("--to", help="The authored folder; made where there is none.")],
    as_json: Json = False,
) -> None:
    """Start an authored folder from profiles, or add them to one: schemas, and the terms and codes that they need.

    What the folder has is never changed; where it means something else by the same name, nothing is written.
    """
    chosen = [_profile(subject) for subject in subjects]
    planned = copy_profiles(chosen, to)
    if planned.conflicts:
        first = planned.conflicts[0]
        more = f" (and {len(planned.conflicts) - 1} more)" if len(planned.conflicts) > 1 else ""
        told = f"{first.what} {first.name} is not the shipped one ({first.place}){more}; nothing was written"
        raise CommandError(Exit.STATE, "profile-conflict", told)
    names = sorted(planned.files)
    emit({"folder": str(to), "written": names}, table(f"Written to {to}", ("file",), zip(names)), as_json=as_json)


def _profile(name: str) -> Profile:
    found = shipped().find(name)
    if found is None:
        told = f"there is no profile {name}; `lienthong registry profiles list` names all"
        raise CommandError(Exit.USAGE, "unknown-profile", told)
    return found


def _both(words: Text) -> str:
    return f"{words.vi} / {words.en}"
