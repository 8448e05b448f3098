"""The error of a command that cannot go on, for reasons that no other error says better."""

from bus.cli.exits import Exit


class CommandError(Exception):
    """Ends a command with a code of `Exit`, a rule for scripts and a sentence for people."""

    def __init__(self, code: Exit, rule: str, sentence: str) -> None:
        self.code = code
        self.rule = rule
        super().__init__(sentence)
