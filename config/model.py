"""What every settings class stands on: frozen, strict, unknown keys refused, paths relative to their file.

Promises: a number has limits and its unit in its name; a secret is a path or a key address, never the secret.
Leaves out: reading files (``config.load``) and reading secrets (``config.secrets``).
"""

from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qsl, quote, unquote, urlencode

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationInfo


class Settings(BaseModel):
    """The base of all settings: immutable, no unknown keys, no silent conversions, described field by field."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        validate_default=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )


def _beside_its_file(path: Path, info: ValidationInfo) -> Path:
    base = (info.context or {}).get("folder")
    return path if base is None or path.is_absolute() else Path(base) / path


FilePath = Annotated[Path, AfterValidator(_beside_its_file)]
"""A file or folder; a relative one starts from the folder of the settings file that names it."""


class Secret:
    """Marks the type of a path to a secret, so that `doctor` can look at each."""


SecretPath = Annotated[FilePath, Secret()]
"""A file that holds a secret; ``config.secrets.read_secret`` reads it and refuses open file modes."""


def _key_beside_its_file(address: str, info: ValidationInfo) -> str:
    base = (info.context or {}).get("folder")
    if base is None or not address.startswith("file:"):
        return address
    place, _, query = address.removeprefix("file:").partition("?")
    options = {
        name: str(Path(base) / value) if name in {"certificate", "password"} else value
        for name, value in parse_qsl(query, keep_blank_values=True)
    }
    return f"file:{quote(str(Path(base) / unquote(place)))}?{urlencode(options, safe='/')}"


KeyAddress = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9+.-]*:.{1,500}$"), AfterValidator(_key_beside_its_file)
]
"""Where a signing key is: ``file:seal.key.pem?certificate=seal.pem``; see ``bus.keystore``."""

Endpoint = Annotated[str, StringConstraints(pattern=r"^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]{1,253}):[0-9]{1,5}$")]
"""Host and port: ``hub.example.vn:8441``, ``127.0.0.1:8441``, ``[::1]:8441``."""

HttpUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#]+[^\s]*$", max_length=500)]
"""An ``http`` or ``https`` address."""

AgencyId = Annotated[str, StringConstraints(pattern=r"^a[0-9]{6}$")]
"""An agency's opaque id in the directory."""

PackageName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$")]
"""An installed Python distribution, by the name that `pip list` shows."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
"""The name of a system, a service, a node or an adapter kind."""

ServiceId = Annotated[str, StringConstraints(pattern=r"^a[0-9]{6}/[a-z][a-z0-9-]{0,39}/[a-z][a-z0-9-]{0,39}$")]
"""``agency/system/service``."""

Instance = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[a-z0-9]{1,16})?$")]
"""The bus that this is: ``VN``, ``VN-test``."""
