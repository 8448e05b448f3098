"""A hub's least settings: one worker, a ledger, and nothing that listens for people."""

from __future__ import annotations

from typing import Final

_TEXT: Final = """\
instance = "VN-test"
operator = "a100000"
state_folder = "state"
seal = "{seal}"
[[workers]]
listen = "127.0.0.1:8441"
[link]
certificate = "link.pem"
key = "link.key.pem"
anchors = ["root.pem"]
[ledger]
origin = "{origin}"
folder = "ledger"
note_key = "keys/note.key"
vault_key = "keys/vault.key"
guard_file = "guard/head"
socket = "ledger.sock"
[registry]
repository = "registry"
online_key = "keys/online-1.pem"
[bodies]
folder = "bodies"
"""
AUDIT: Final = """\
[audit]
listen = "127.0.0.1:0"
auditors = "auditors.toml"
folder = "audit"
"""


def hub_settings(origin: str, *more: str, seal: str = "memory:hub") -> str:
    """The TOML text, with further tables at its end."""
    return _TEXT.format(origin=origin, seal=seal) + "".join(more)
