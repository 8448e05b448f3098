"""The checklist as data: `checklist-<version>.toml` beside this file. A published version never changes its rows."""

from __future__ import annotations

from enum import StrEnum
from importlib.resources import files
from typing import Final

import msgspec

from registry.model import Text

NEWEST: Final = 1


class Group(StrEnum):
    """The five groups, in their order."""

    SIGNING = "signing"
    STORAGE = "storage"
    SECURITY = "security"
    CONNECTION = "connection"
    LATENCY = "latency"


GROUPS: Final = {
    Group.SIGNING: Text("Ký số", "Signing"),
    Group.STORAGE: Text("Lưu trữ", "Storage"),
    Group.SECURITY: Text("An toàn", "Security"),
    Group.CONNECTION: Text("Kết nối", "Connection"),
    Group.LATENCY: Text("Độ trễ", "Latency"),
}


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row.

    Attributes:
        number: such as "4.10"; for ever this row's.
        judge: which judge of `bus.kit.check.judges` decides.
        vi, en: what must hold.
        how_vi, how_en: how it is judged.
        limits: the figures that decide, by name with their unit.
    """

    number: str
    group: Group
    judge: str
    vi: str
    en: str
    how_vi: str
    how_en: str
    limits: dict[str, float] = {}


class Checklist(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version of the list; `source` says where it comes from."""

    version: int
    title: Text
    source: Text
    row: tuple[Row, ...]

    def group(self, group: Group) -> tuple[Row, ...]:
        """The rows of one group."""
        return tuple(row for row in self.row if row.group is group)


def load(version: int = NEWEST) -> Checklist:
    """One version of the list."""
    data = files("bus.kit.check").joinpath(f"checklist-{version}.toml").read_bytes()
    return msgspec.toml.decode(data, type=Checklist)
