"""What is wrong in a settings file: place, rule, sentences in two languages; never the value that stood there.

The rule names are pydantic's error types (https://docs.pydantic.dev/latest/errors/validation_errors/), so that
they stay the same whatever the sentences say.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_core import ErrorDetails


@dataclass(frozen=True, slots=True, order=True)
class ConfigMistake:
    """One mistake: ``file:line:column``, the setting's dotted name, the rule, a sentence in each language."""

    file: str
    line: int
    column: int
    setting: str
    rule: str
    message_vi: str
    message_en: str

    def __str__(self) -> str:
        name = f"{self.setting}: " if self.setting else ""
        return f"{self.file}:{self.line}:{self.column}: {name}{self.message_en} [{self.rule}]"


class ConfigError(Exception):
    """A settings file has mistakes; all of them are named."""

    def __init__(self, mistakes: Sequence[ConfigMistake]) -> None:
        self.mistakes = tuple(sorted(mistakes))
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


def dotted(path: tuple[str | int, ...]) -> str:
    """``("agencies", 0, "id")`` → ``agencies[0].id``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


_SENTENCES = {
    "missing": ("thiếu thiết lập bắt buộc này", "this setting is required"),
    "extra_forbidden": ("không có thiết lập tên này", "there is no setting of this name"),
    "string_pattern_mismatch": ("phải theo mẫu {pattern}", "must match {pattern}"),
    "string_too_long": ("dài quá {max_length} ký tự", "longer than {max_length} characters"),
    "string_type": ("phải là chuỗi", "must be a string"),
    "int_type": ("phải là số nguyên", "must be a whole number"),
    "int_from_float": ("phải là số nguyên", "must be a whole number"),
    "float_type": ("phải là số", "must be a number"),
    "bool_type": ("phải là true hoặc false", "must be true or false"),
    "tuple_type": ("phải là danh sách", "must be a list"),
    "dict_type": ("phải là bảng", "must be a table"),
    "model_type": ("phải là bảng", "must be a table"),
    "path_type": ("phải là đường dẫn", "must be a path"),
    "enum": ("phải là một trong: {expected}", "must be one of: {expected}"),
    "greater_than_equal": ("không được nhỏ hơn {ge}", "must be at least {ge}"),
    "less_than_equal": ("không được lớn hơn {le}", "must be at most {le}"),
    "too_short": ("cần ít nhất {min_length} mục", "needs at least {min_length}"),
    "too_long": ("nhiều nhất {max_length} mục", "takes at most {max_length}"),
    "value_error": ("không hợp lệ: {error}", "{error}"),
}


def sentences(error: ErrorDetails) -> tuple[str, str]:
    """Both sentences for one of pydantic's errors; its own English one where ours has none."""
    vi, en = _SENTENCES.get(error["type"], ("giá trị không hợp lệ", error["msg"]))
    context = error.get("ctx", {})
    return vi.format_map(context), en.format_map(context) if error["type"] in _SENTENCES else en
