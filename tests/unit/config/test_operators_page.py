"""What the operators' page shows must load, and its exit codes must be the ones that there are."""

import re
from pathlib import Path

import pytest

from bus.cli.exits import Exit
from config.load import KINDS, kind_of, load

PAGE = (Path(__file__).parents[3] / "docs/operators.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n# (\S+)\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize(("name", "text"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_examples_load(name: str, text: str, tmp_path: Path):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    kind = kind_of(file)
    assert kind == name.removesuffix(".toml")
    assert load(file, KINDS[kind]).settings.environment == "production"


def test_there_are_examples():
    assert [name for name, _ in EXAMPLES] == ["hub.toml", "node.toml"]


def test_exit_codes_are_the_documented_ones():
    documented = {int(code): name for code, name in re.findall(r"^\| (\d+) \| (\w+) \|", PAGE, re.MULTILINE)}
    assert documented == {code.value: code.name.lower() for code in Exit}
