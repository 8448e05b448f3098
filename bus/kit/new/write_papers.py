"""What people read and add to: the request for an agreement, the node's settings, the steps that are left.

Promises: Vietnamese and English side by side; secrets by name and place only. Leaves out sending anything.
"""

from __future__ import annotations

from collections.abc import Iterator

from bus.kit.new.plan import Plan
from bus.kit.new.toml_text import lines, plain
from bus.kit.new.write_registry import agreed_terms

REQUEST = "agreement-request.md"
NODE = "node.toml"
STEPS = "README.md"


def node_toml(plan: Plan) -> str:
    """What to add to the node's settings (docs/operators.md)."""
    service = plan.service
    table: dict[str, object] = {
        "service": service.id,
        "kind": plan.described.kind,
        "file": str(plan.folder / "adapter" / f"{service.file_name}.toml"),
    }
    if plan.described.secrets:
        table["secrets"] = {name: str(plan.folder / "secrets" / name) for name in plan.described.secrets}
    notes = [f"# secret {name}: {what}" for name, what in plan.described.secrets.items()]
    return "\n".join(["", *notes, "[[adapters]]", *lines(table)]) + "\n"


def request_text(plan: Plan) -> str:
    """The request for an agreement, to be sent to whoever gives the data."""
    return "\n".join(_request(plan)) + "\n"


def _request(plan: Plan) -> Iterator[str]:
    service, dictionary = plan.service, plan.dictionary
    owner = service.id.partition("/")[0]
    consumer = service.consumer or "…"
    basis = dictionary.bases[service.basis]
    yield f"# Đề nghị kết nối dữ liệu · Request for an agreement: {service.id}"
    yield ""
    yield "| | Tiếng Việt | English |"
    yield "|---|---|---|"
    for names, vi, en in (
        (dictionary.agencies.get(owner), "Cơ quan cung cấp", "Provider"),
        (dictionary.agencies.get(consumer), "Cơ quan khai thác", "Consumer"),
    ):
        name = owner if vi.endswith("cấp") else consumer
        yield f"| {vi} · {en} | {names.vi if names else '…'} ({name}) | {names.en if names else '…'} ({name}) |"
    yield f"| Dịch vụ · Service | {_cell(service.name.vi)} | {_cell(service.name.en)} |"
    yield f"| Căn cứ · Basis | {basis.vi} | {basis.en} |"
    for code in service.purposes:
        purpose = dictionary.purposes[code]
        yield f"| Mục đích · Purpose | {purpose.vi} | {purpose.en} |"
    yield f"| Mức bảo đảm · Assurance | {service.assurance} | {service.assurance} |"
    yield ""
    yield "Dữ liệu được trả lời, không gì khác · What is answered, and nothing else:"
    yield ""
    yield "| thuật ngữ · term | tiếng Việt | English |"
    yield "|---|---|---|"
    for name in agreed_terms(plan):
        term = plan.term(name)
        new = " (mới · new)" if name in plan.new_terms else ""
        yield f"| `{name}`{new} | {_cell(term.name.vi)} | {_cell(term.name.en)} |"
    yield ""
    yield "Thao tác · Operations: " + ", ".join(f"`{one.operation.name}`" for one in plan.working)
    yield ""
    yield f"Ngày · Date: {plan.today.isoformat()}"


def _cell(text: str) -> str:
    """A text as one cell of a table."""
    return plain(text).replace("|", "/")


def steps_text(plan: Plan) -> str:
    """What is left to do, with the commands."""
    folder, service = plan.folder, plan.service
    rows = [
        f"# {service.id}",
        "",
        "Những việc còn lại, theo thứ tự (docs/kit.md) · What is left, in order (docs/kit.md).",
        "",
        f"1. Xem lại các ghi chú · Look through the notes in `adapter/{service.file_name}.toml`.",
    ]
    for name, what in plan.described.secrets.items():
        rows.append(f"1. Ghi khoá vào tệp · Put the secret into a file: `secrets/{name}` ({what}), `chmod 600`.")
    rows += [
        "1. Điền người thử nghiệm · Fill in the system's own test persons: `tests/samples.toml`; `pytest tests`, or",
        "",
        f"       lienthong adapter check {_target(plan)} --samples {folder / 'tests' / 'samples.toml'}",
        "",
        "1. Gửi `registry/` và `agreement-request.md` để đăng ký · Give both to the registrar, who runs:",
        "",
        f"       lienthong registry check AUTHORED --with {folder / 'registry'}",
        f"       cp -r {folder / 'registry'}/. AUTHORED/",
        "       lienthong registry publish AUTHORED --repository REPOSITORY --keys KEYS",
        "",
        "1. Thêm vào cấu hình node, khởi động lại · Add it to the node's settings, start the node anew:",
        "",
        f"       cat {folder / NODE} >> NODE.toml",
        "",
    ]
    return "\n".join(rows)


def _target(plan: Plan) -> str:
    """The adapter as `adapter check` and `adapter dev` are told of it."""
    named = f"--kind {plan.described.kind} --file {plan.folder / 'adapter' / plan.service.file_name}.toml"
    secrets = (f" --secret {name}={plan.folder / 'secrets' / name}" for name in plan.described.secrets)
    return named + "".join(secrets)
