"""The dispute bundle as one file: `write` makes it, `check` judges it.

Promises: the same content gives the same bytes. A yes means that every byte of the file is the one that the sealed
pieces, the proofs and the registry give, pages for people included; an archive that somebody packed anew is in doubt.
Leaves out: getting the content (`bus.node.export`), printing (`signing.__main__`).

Source: docs/evidence.md §3 and §4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from signing.bundle import Bundle, BundleError, Page, files_of, read
from signing.commands import commands_page
from signing.container import ContainerError, pack, unpack
from signing.dispute import judge
from signing.examine import Finding, Trust
from signing.pages import verdict_page
from signing.tlog_policy import Policy
from signing.verdict import PASSED, Indication, because

PAGES: Final[Mapping[str, Page]] = {"verdict.html": verdict_page, "commands.html": commands_page}


def write(bundle: Bundle) -> bytes:
    """The bundle's bytes.

    Raises:
        ContainerError: over 256 MiB.
        RegistryFormatError: the registry's files are no snapshot.
    """
    return pack(files_of(bundle, PAGES))


def check(
    data: bytes, trust: Trust, at_ms: int, registry_root: bytes | None = None, policy: Policy | None = None
) -> list[Finding]:
    """Judge a bundle's bytes; never raises on hostile ones.

    Step 0: the archive unpacks within its limits, the manifest names exactly its files, every file is what the pieces
    give, the archive is as we pack it. Then the steps of `signing.dispute.judge`.
    """
    try:
        files = unpack(data)
    except ContainerError as error:
        return [Finding(0, "ZIP container", because(Indication.FORMAT_FAILURE, "container", str(error)))]
    try:
        bundle = read(files)
    except BundleError as error:
        return [Finding(0, "manifest", because(Indication.HASH_FAILURE, "manifest", str(error)))]
    expected = files_of(bundle, PAGES)
    return [
        Finding(0, f"manifest: {len(files)} files", PASSED),
        _follows(files, expected),
        *_packed(data, files),
        *judge(bundle, trust, at_ms, registry_root, policy),
    ]


def _follows(files: Mapping[str, bytes], expected: Mapping[str, bytes]) -> Finding:
    about = "files that follow from the sealed pieces"
    wrong = sorted(name for name in files.keys() | expected.keys() if files.get(name) != expected.get(name))
    if not wrong:
        return Finding(0, about, PASSED)
    named = f"{about}: {', '.join(wrong[:5])}"
    return Finding(0, named, because(Indication.HASH_FAILURE, "files", "a file is not what the sealed pieces give"))


def _packed(data: bytes, files: Mapping[str, bytes]) -> list[Finding]:
    if pack(files) == data:
        return [Finding(0, "ZIP container", PASSED)]
    detail = "packed anew by another program: have the original file, or compare every file"
    return [Finding(0, "ZIP container", because(Indication.SIG_CONSTRAINTS_FAILURE, "container", detail))]
