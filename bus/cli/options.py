"""Options that several commands have, and how their texts are judged."""

from enum import StrEnum
from typing import Annotated, TypeAlias

import typer
from pydantic import TypeAdapter, ValidationError

from config.model import Endpoint


class Tongue(StrEnum):
    """A language for what people read."""

    VI = "vi"
    EN = "en"


Language: TypeAlias = Annotated[Tongue, typer.Option("--language", help="For what people read.")]


def endpoint(text: str) -> str:
    """Host and port as settings take them.

    Raises:
        typer.BadParameter: it is none.
    """
    try:
        return TypeAdapter(Endpoint).validate_python(text)
    except ValidationError:
        raise typer.BadParameter("an address is host:port, such as 127.0.0.1:8500") from None
