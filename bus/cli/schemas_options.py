"""Which registry of schemas a command talks to, and how its refusals end the command."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Final, TypeAlias, TypeVar

import aiohttp
import typer

from bus.app.schemas_client import SchemasClient, SchemasRefusedError
from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from config.secrets import read_secret

LOCAL: Final = "http://127.0.0.1:8081"
Result = TypeVar("Result")
Work: TypeAlias = Callable[[SchemasClient], Awaitable[Result]]

Url: TypeAlias = Annotated[str, typer.Option("--url", envvar="LIENTHONG_SCHEMAS_URL", help="The registry's address.")]
KeyFile: TypeAlias = Annotated[
    Path | None,
    typer.Option("--key-file", envvar="LIENTHONG_SCHEMAS_KEY_FILE", help="File with the secret, or with name:secret."),
]
Anchors: TypeAlias = Annotated[
    Path | None, typer.Option("--anchor", help="PEM file of the certificates to trust; else the machine's own.")
]


def at(url: str, key_file: Path | None, anchors: Path | None, work: Work[Result]) -> Result:
    """Do something at a registry.

    Raises:
        CommandError: it refuses, or does not answer.
        SecretError: the key's file cannot be read.
    """
    secret = None if key_file is None else read_secret(key_file).decode()

    async def done() -> Result:
        async with SchemasClient(url, secret, anchors) as client:
            return await work(client)

    try:
        return asyncio.run(done())
    except SchemasRefusedError as error:
        code = Exit.SECRET if error.status == 401 else Exit.NO  # noqa: PLR2004 - HTTP's Unauthorized
        raise CommandError(code, error.rule, str(error)) from error
    except (aiohttp.ClientError, TimeoutError) as error:
        said = f"the registry does not answer: {type(error).__name__}"
        raise CommandError(Exit.UNREACHABLE, "schemas", said) from error
