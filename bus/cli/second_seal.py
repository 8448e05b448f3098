"""`lienthong keys second-seal`: a new ML-DSA-65 key for second seals over lists of digests."""

from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.output import Json, emit
from config.secrets import write_secret
from signing.second_seal import new_key, public_from_pem


def second_seal(
    out: Annotated[Path, typer.Argument(help="File for the key; its public half goes beside it as .pub.pem.")],
    *,
    as_json: Json = False,
) -> None:
    """Make the key that settings name as evidence.second_seal; readers get its public half by a safe way."""
    public = out.with_suffix(".pub.pem")
    if out.exists() or public.exists():
        raise CommandError(Exit.STATE, "exists", f"{out} or {public} is there already")
    plain, told = new_key()
    write_secret(out, plain)
    public.write_bytes(told)
    digest = sha256(public_from_pem(told)).hexdigest()
    emit({"key": out, "public": public, "sha256": digest}, f"{public}: SHA-256 {digest}", as_json=as_json)
