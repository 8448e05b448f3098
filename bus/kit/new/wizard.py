"""The wizard: asks the integrator, one question at a time, for what the command line did not say.

Promises: every answer becomes the same option that a script would give, and nothing is bound that was not chosen; an
empty answer leaves a field open, or takes what stands in brackets. Leaves out the terminal (`ask` and `say` are given).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

from bus.kit.new.choices import ALL_FACTS, Choice, Chosen
from bus.kit.new.described import Described
from bus.kit.new.dictionary import Dictionary, Term
from bus.kit.new.forms import is_form
from bus.kit.new.names import registry_name
from bus.kit.new.options import Options, is_term_name
from bus.kit.new.read_database import Database, table_names
from bus.kit.new.terms import codes_of, fits, is_dated
from registry.model import Text

Tongue = Literal["vi", "en"]
SOURCES: Final[Mapping[str, Text]] = {
    "wsdl": Text(vi="tệp WSDL (SOAP)", en="a WSDL file (SOAP)"),
    "openapi": Text(vi="tệp OpenAPI (REST)", en="an OpenAPI file (REST)"),
    "database": Text(vi="cơ sở dữ liệu: tệp SQLite hoặc PostgreSQL", en="a database: a SQLite file, or PostgreSQL"),
    "payload": Text(vi="mẫu trả lời, JSON hoặc XML (REST)", en="a sample of an answer, JSON or XML (REST)"),
}


class Wizard:
    """Talks by `ask(question, default) -> answer` and `say(line)`."""

    def __init__(
        self,
        dictionary: Dictionary,
        ask: Callable[[str, str], str],
        say: Callable[[str], None],
        tongue: Tongue = "vi",
    ) -> None:
        self._dictionary = dictionary
        self._ask = ask
        self._say = say
        self._tongue: Tongue = tongue

    def source(self, options: Options) -> Options:
        """Which description, and where the system is."""
        if options.sources:
            return options
        kind = self._pick(Text(vi="Hệ thống được mô tả bằng gì?", en="What describes the system?"), SOURCES)
        where = self._line(Text(vi="Đường dẫn", en="Path"))
        match kind:
            case "wsdl":
                return replace(options, wsdl=Path(where))
            case "openapi":
                return replace(options, openapi=Path(where))
            case "database":
                return self._database(options, where)
            case _:
                return self._payload(replace(options, payload=Path(where)))

    def _database(self, options: Options, where: str) -> Options:
        secret = self._line(Text(vi="Tệp mật khẩu", en="File with the password")) if "://" in where else ""
        database = Database(where, Path(secret) if secret else None)
        tables = {name: Text(vi=name, en=name) for name in table_names(database)}
        if options.operations or not tables:
            return replace(options, database=database)
        chosen = self._pick(Text(vi="Bảng nào?", en="Which table?"), tables)
        return replace(options, database=database, operations=(chosen,))

    def _payload(self, options: Options) -> Options:
        address = options.address or self._line(Text(vi="Địa chỉ gốc (http://…)", en="Base address (http://…)"))
        path = self._line(Text(vi="Đường dẫn, ví dụ /nguoi/{so}", en="Path, such as /persons/{number}"), options.path)
        method = self._line(Text(vi="Phương thức", en="Method"), options.method)
        body = self._line(Text(vi="Tệp mẫu câu hỏi, nếu có", en="A sample of the question's body, if any"))
        return replace(
            options, address=address, path=path, method=method, question=Path(body) if body else options.question
        )

    def fields(self, options: Options, found: Described, chosen: tuple[Chosen, ...]) -> Options:
        """Which operations, and what their open fields are."""
        if len(chosen) > 1 and not options.operations:
            names = {one.operation.name: Text(vi=one.operation.title, en=one.operation.title) for one in chosen}
            name = self._pick(Text(vi="Thao tác nào?", en="Which operation?"), names)
            options = replace(options, operations=(name,))
            chosen = tuple(one for one in chosen if one.operation.name == name)
        self._say(found.title)
        for one in chosen:
            for side in (one.question, one.answer):
                for choice in side:
                    options = self._field(options, one, choice)
        return options

    def _field(self, options: Options, one: Chosen, choice: Choice) -> Options:
        place = f"{one.operation.name}/{choice.source.place}"
        if choice.state != "open":
            self._say(f"  {choice.source.place} = {choice.target}")
            return options
        if choice.rule in {"no-form", "no-codes"}:
            return self._more(options, place, choice, choice.suggestions[0].term)
        told = self._binding(choice)
        if not told:
            return options
        return self._more(replace(options, bind=(*options.bind, f"{place}={told}")), place, choice, told)

    def _more(self, options: Options, place: str, choice: Choice, told: str) -> Options:
        """What a term wants to know of the field beyond its name."""
        term = self._dictionary.terms.get(told)
        if term is not None and term.type == "code" and not codes_of(choice.source, term):
            return self._codes(options, place, choice, term)
        if term is not None and is_dated(choice.source, term) and not choice.source.forms:
            return self._form(options, place, choice)
        return options

    def _binding(self, choice: Choice) -> str:
        """What the integrator says of an open field; nothing: it stays open."""
        self._say(f"  {choice.source.place} ({choice.source.type}) {choice.source.label}".rstrip())
        for number, one in enumerate(choice.suggestions, 1):
            self._say(f"    {number}. {one.term}: {one.sureness}, {one.score:.2f}, {getattr(one.why, self._tongue)}")
        question = Text(
            vi="    số, thuật ngữ, +thuật.ngữ-mới, @dữ-kiện, =hằng số, - bỏ; Enter để sau",
            en="    number, term, +new.term, @fact, =constant, - leave out; Enter: later",
        )
        while True:
            told = self._line(question)
            if told.isdigit() and 1 <= int(told) <= len(choice.suggestions):
                told = choice.suggestions[int(told) - 1].term
            if self._may_be(choice, told):
                return told

    def _may_be(self, choice: Choice, told: str) -> bool:
        """Whether a field can be what the integrator said: a script would be refused otherwise."""
        if told[:1] in {"", "=", "-"}:
            return told[:1] != "-" or told == "-"
        if told[:1] == "@":
            return told[1:] in ALL_FACTS
        if told[:1] == "+":
            return is_term_name(told[1:])
        term = self._dictionary.terms.get(told)
        return term is not None and fits(choice.source, term)

    def _form(self, options: Options, place: str, choice: Choice) -> Options:
        question = Text(
            vi=f"  {choice.source.place}: ngày viết thế nào?", en=f"  {choice.source.place}: dates look like?"
        )
        form = self._line(question, "dd/MM/yyyy")
        while not is_form(form):
            form = self._line(question, "dd/MM/yyyy")
        return replace(options, forms=(*options.forms, f"{place}={form}"))

    def _codes(self, options: Options, place: str, choice: Choice, term: Term) -> Options:
        self._say("    " + ", ".join(f"{code} ({getattr(name, self._tongue)})" for code, name in term.codes.items()))
        codes = self._line(
            Text(
                vi=f"  {choice.source.place}: mã của hệ thống, ví dụ 1:{next(iter(term.codes))}",
                en=f"  {choice.source.place}: the system's codes, such as 1:{next(iter(term.codes))}",
            )
        )
        return replace(options, codes=(*options.codes, f"{place}={codes}")) if codes else options

    def service(self, options: Options, found: Described) -> Options:
        """How the registry shall know the service."""
        dictionary = self._dictionary
        if options.service is None:
            systems = {
                f"{agency}/{system}": dictionary.agencies[agency] for agency, system in sorted(dictionary.systems)
            }
            owner = self._pick(Text(vi="Hệ thống nào của cơ quan nào?", en="Which system of which agency?"), systems)
            name = self._line(
                Text(vi="Tên dịch vụ (a-z, 0-9, -)", en="Service (a-z, 0-9, -)"), registry_name(found.title)
            )
            options = replace(options, service=f"{owner}/{name}")
        if options.name_vi is None:
            options = replace(
                options, name_vi=self._line(Text(vi="Tên tiếng Việt", en="Name in Vietnamese"), found.title)
            )
        if options.name_en is None:
            options = replace(options, name_en=self._line(Text(vi="Tên tiếng Anh", en="Name in English"), found.title))
        if options.basis is None:
            options = replace(options, basis=self._pick(Text(vi="Căn cứ pháp lý", en="Legal basis"), dictionary.bases))
        if not options.purposes:
            purpose = self._pick(Text(vi="Mục đích", en="Purpose"), dictionary.purposes)
            options = replace(options, purposes=(purpose,))
        if options.consumer is None:
            consumer = self._line(Text(vi="Mã cơ quan khai thác, nếu đã biết", en="Agency that will ask, if known"))
            options = replace(options, consumer=consumer or None)
        return options

    def _pick(self, question: Text, rows: Mapping[str, Text]) -> str:
        """One of the rows, by its number or its own name."""
        names = list(rows)
        for number, name in enumerate(names, 1):
            shown = getattr(rows[name], self._tongue)
            self._say(f"  {number}. {name}" + (f": {shown}" if shown != name else ""))
        while True:
            told = self._line(question, "1" if len(names) == 1 else "")
            if told in rows:
                return told
            if told.isdigit() and 1 <= int(told) <= len(names):
                return names[int(told) - 1]

    def _line(self, question: Text, default: str = "") -> str:
        return self._ask(str(getattr(question, self._tongue)), default).strip()
