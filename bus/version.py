"""Which Lienthong this is, installed or run from its folder."""

import tomllib
from importlib import metadata
from pathlib import Path

PACKAGES = ("bus", "adapters", "registry", "signing", "config", "schemas")


def version() -> str:
    """The version: of the project file beside the packages, else of the installed distribution."""
    project = Path(__file__).resolve().parent.parent / "pyproject.toml"
    if project.is_file():
        found = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
        if found["name"] == "lienthong":
            return str(found["version"])
    return metadata.version("lienthong")
