"""Print the manual's pages that are made from code: `python tests/spec/write_pages.py` writes them, a test compares."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "lib"))
sys.path.insert(0, str(Path(__file__).parents[2]))

import bad_signature_rows
import certificate_vectors
import checklist_page
import dossier_rows
import problem_page
import profile_page
import registry_rows
import spec_rows
import wire_tables

ROOT = Path(__file__).parents[2]
CHAPTERS = (
    ("test_bad_envelopes", "TABLE"),
    ("test_bad_replays", "TABLE"),
    ("test_bad_bodies", "TABLE"),
    ("test_bad_grounds", "TABLE"),
    ("test_bad_declarations", "TABLE"),
    ("test_bad_systems", "TABLE"),
    ("test_bad_answers", "TO_HUB"),
    ("test_bad_answers", "FALSE_HUB"),
    ("test_bad_times", "TABLE"),
)
XROAD = ("test_xroad_rest_calls", "test_xroad_soap_calls", "test_xroad_soap_answers", "test_xroad_meta_calls")
"""Modules whose `page()` are the sections of docs/xroad-calls.md, in their order."""
FILLED = ("envelope.md", "record.md")
"""Pages whose tables alone are printed."""


def pages() -> dict[str, str]:
    """File name under docs/ → its whole text."""
    tables = [getattr(importlib.import_module(module), name) for module, name in CHAPTERS]
    return {
        "bad-input.md": "\n".join(spec_rows.page(tables)) + "\n",
        "problems.md": "\n".join(problem_page.page()) + "\n",
        "registry-calls.md": "\n".join(registry_rows.page(importlib.import_module("test_registry_calls").CHAPTERS))
        + "\n",
        "profiles.md": "\n".join(profile_page.page()) + "\n",
        "bad-signatures.md": "\n".join(_bad_signatures()) + "\n",
        "certificate-vectors.md": "\n".join(certificate_vectors.page()) + "\n",
        "evolution-json.md": "\n".join(importlib.import_module("test_evolution_json").page()) + "\n",
        "dossiers.md": "\n".join(_dossiers()) + "\n",
        "xroad-calls.md": "\n".join(_xroad()) + "\n",
        "adapter-check.md": checklist_page.filled((ROOT / "docs" / "adapter-check.md").read_text(encoding="utf-8")),
        **{name: wire_tables.filled((ROOT / "docs" / name).read_text(encoding="utf-8")) for name in FILLED},
    }


def _dossiers() -> list[str]:
    cases, guard = (importlib.import_module(name) for name in ("test_dossiers", "test_dossier_guard"))
    return [*dossier_rows.page([cases.RESOLVED, cases.GAPS]), *guard.page()]


def _xroad() -> list[str]:
    head = [
        "# Lời gọi X-Road · X-Road's calls",
        "",
        "Trang này được in từ các bài kiểm thử. · Printed from the tests: each line is one call at a node's X-Road",
        "face, with an existing service behind the provider's node. `…` stands for whatever it is. The manual is",
        "[xroad.md](xroad.md); where we differ from X-Road is in [divergences.md](divergences.md).",
        "",
    ]
    return [*head, *(line for name in XROAD for line in importlib.import_module(name).page())]


def _bad_signatures() -> list[str]:
    head = [
        "# Chữ ký bị từ chối · Signatures refused",
        "",
        "Trang này được in từ các bài kiểm thử. · Printed from the tests: each line is a signed container,",
        "what the judge of docs/xades.md says of it, and at which step. *passes* marks what looks odd and is in order.",
        "",
    ]
    return [*head, *(line for chapter in bad_signature_rows.CHAPTERS for line in chapter.page())]


if __name__ == "__main__":
    for name, text in pages().items():
        (ROOT / "docs" / name).write_text(text, encoding="utf-8")
