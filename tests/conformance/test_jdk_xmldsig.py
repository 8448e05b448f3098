"""Our signatures under the JDK's own XMLDSig, with its secure validation on: every key, and altered twins."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from xades_kit import FILES, Bench, later

from signing import batch
from signing.packet import SIGNATURES, Packet

JUDGE = Path(__file__).parent / "jdk" / "Judge.java"
KINDS = ("P-256", "P-384", "RSA")


def packets(bench: Bench) -> dict[str, Packet]:
    """Each kind of key at the first and the last level, RSA-PSS, and a list of 512 digests."""
    made: dict[str, Packet] = {}
    for kind in KINDS:
        signer = bench.ca.signer(kind)
        made[f"{kind}-B"], made[f"{kind}-LTA"] = bench.b(signer), bench.lta(signer)
    made["RSA-PSS"] = bench.b(bench.ca.signer("RSA"), pss=True)
    pending = batch.begin_batch({f"m{number}": bytes(32) for number in range(512)}, bench.signer.der, later())
    made["batch"] = pending.complete(bench.signer.sign(pending.to_sign))
    return made


def altered_value(folder: Path) -> None:
    """One letter of the signature's value."""
    file = folder / SIGNATURES
    head, mark, tail = file.read_text().partition("SignatureValue")
    start = tail.index(">") + 1
    letter = "A" if tail[start + 8] != "A" else "B"
    file.write_text(head + mark + tail[: start + 8] + letter + tail[start + 9 :])


def altered_file(folder: Path) -> None:
    (folder / FILES[0].name if (folder / FILES[0].name).exists() else folder / batch.NAME).write_bytes(b"altered")


def altered_properties(folder: Path) -> None:
    """The signing time that the signature states."""
    file = folder / SIGNATURES
    text = file.read_text()
    start = text.index("SigningTime>") + len("SigningTime>")
    file.write_text(text[:start] + "2001" + text[start + 4 :])


@pytest.mark.skipif(shutil.which("java") is None, reason="there is no java on this machine")
def test_the_jdk_takes_what_we_sign_and_nothing_altered(tmp_path: Path):
    (tmp_path / "bench").mkdir()
    wanted: list[tuple[str, str]] = []
    for name, packet in packets(Bench(tmp_path / "bench")).items():
        for change in (None, altered_file, altered_properties, altered_value):
            folder = tmp_path / f"{name}-{change.__name__ if change else 'whole'}"
            with zipfile.ZipFile(BytesIO(packet.container())) as archive:
                archive.extractall(folder)
            if change:
                change(folder)
            wanted.append((str(folder), "invalid" if change else "valid"))
    command = ["java", str(JUDGE), *(folder for folder, _ in wanted)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 0, done.stderr[-2000:]
    assert list(zip((folder for folder, _ in wanted), done.stdout.split(), strict=True)) == wanted
