"""A command that speaks to a running node as an agency's system would."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import aiohttp
import orjson

from bus.app.counter import Counter
from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from config.secrets import read_secret

T = TypeVar("T")


def at_node(node: str, key_file: Path, work: Callable[[Counter], Awaitable[T]]) -> T:
    """Do it at the node's address with the key in a file.

    Raises:
        CommandError: nobody answers there, or somebody else does.
        SecretError: no key in that file.
    """
    key = read_secret(key_file).decode().strip()

    async def there() -> T:
        async with aiohttp.ClientSession() as session:
            return await work(Counter(node, key, session))

    try:
        return asyncio.run(there())
    except orjson.JSONDecodeError:
        raise CommandError(Exit.UNREACHABLE, "node", f"what answers at {node} is no node") from None
    except (aiohttp.ClientError, TimeoutError) as error:
        why = str(error) or type(error).__name__
        raise CommandError(Exit.UNREACHABLE, "node", f"the node at {node} does not answer: {why}") from error
