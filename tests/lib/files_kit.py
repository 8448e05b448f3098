"""What an agency's system does with the `files` adapter's folders: drops sets, takes questions, answers them."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path

NUMBER = "096199000001"
ROWS = [{"so": NUMBER, "ten": "An"}, {"so": "096150000002", "ten": "Bình"}]
WATCH = {
    "folder": "exchange",
    "poll_s": 0.02,
    "settle_s": 0.0,
    "operations": {
        "person": {
            "keys": {"so": "number"},
            "question": [{"to": "number", "from": "body.number"}],
            "answer": {"fields": [{"to": "name", "from": "ten", "required": True}]},
        }
    },
}


def entry(name: str, data: bytes, form: str = "json", table: str = "data", **changes: object) -> dict[str, object]:
    digest = hashlib.sha256(data).hexdigest()
    return {"name": name, "table": table, "format": form, "length": len(data), "sha256": digest, **changes}


def manifest(*entries: dict[str, object], as_of: str = "2026-11-22T05:00:00+07:00", **more: object) -> bytes:
    return json.dumps({"v": 1, "as_of": as_of, "files": list(entries), **more}).encode()


def drop(folder: Path, name: str, rows: object = ROWS, as_of: str = "2026-11-22T05:00:00+07:00") -> None:
    """A set of one JSON file: data first, manifest last."""
    data = json.dumps(rows, ensure_ascii=False).encode()
    (folder / f"{name}.json").write_bytes(data)
    (folder / f"{name}.manifest.json").write_bytes(manifest(entry(f"{name}.json", data), as_of=as_of))


def exchange(root: Path, *names: str) -> Path:
    """A folder `exchange` with the folders that the operator makes."""
    for name in names or ("incoming",):
        (root / "exchange" / name).mkdir(parents=True)
    return root / "exchange"


def every_file(folder: Path) -> dict[bytes, list[str]]:
    """Content of every dropped file below a folder, with where it stands: nothing may be lost, nothing twice."""
    found: dict[bytes, list[str]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
            found.setdefault(path.read_bytes(), []).append(path.relative_to(folder).as_posix())
    return found


def reasons(folder: Path) -> list[tuple[str, str, str]]:
    """Set, rule and place of everything in quarantine."""
    found = [json.loads(path.read_bytes()) for path in sorted((folder / "quarantine").glob("*.reason.json"))]
    return [(reason["set"], reason["rule"], reason["at"]) for reason in found]


class DropSystem:
    """The agency's system in `drop` mode: takes questions by moving their manifests, answers after a look."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.taken: list[str] = []
        (folder / "theirs").mkdir(exist_ok=True)

    def take(self) -> list[tuple[str, dict[str, object], str]]:
        """Questions taken just now: name, request, digest."""
        found = []
        for path in sorted((self.folder / "questions").glob("*.manifest.json")):
            mine = self.folder / "theirs" / path.name
            with suppress(FileNotFoundError):  # withdrawn meanwhile
                path.rename(mine)
                told = json.loads(mine.read_bytes())
                data = (self.folder / "questions" / told["files"][0]["name"]).read_bytes()
                assert hashlib.sha256(data).hexdigest() == told["files"][0]["sha256"]
                self.taken.append(told["id"])
                found.append((told["id"], json.loads(data)["request"], told["files"][0]["sha256"]))
        return found

    def answer(self, name: str, digest: str, value: object, **more: object) -> None:
        data = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
        answers = self.folder / "answers"
        (answers / f"{name}.data").write_bytes(data)
        beside = answers / f".{name}"
        beside.write_bytes(manifest(entry(f"{name}.data", data), in_reply_to=digest, **more))
        beside.rename(answers / f"{name}.manifest.json")
