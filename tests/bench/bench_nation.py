"""A nation to measure: one hub worker, an asking node, a providing node, and a pair of agencies for link generators.

Promises: keys, registry, ledger and archives are real ones, made as an operator's would be; everything listens on
loopback, on ports that were free. Leaves out: starting anything (`bench_processes`).
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from registry_folder import DICTIONARY, folder

from bus.app import prepare
from bus.app.prepare import State
from bus.registry.layout import metadata_path

INSTANCE: Final = "VN-test"
BASIS: Final = "278/2025/NĐ-CP"
OPERATOR, COUNTER, PROVIDER = "a100000", "a300001", "a400001"
PUMP, ECHO = "a300002", "a400009"
"""Whom the link generators speak for: one asks, the other answers."""
PROVIDERS: Final = tuple(f"a40000{number}" for number in range(1, 7))
"""Six agencies, one for each need of a dossier, on one node."""
SYSTEM: Final = "one-stop"
FORM, PROCEDURE, ROLE = "bench@1", "9.000001", "applicant"
SUBJECTS: Final[Mapping[int, str]] = {0: "097195001234", 5: "097195001235", 50: "097195001236"}
"""The person whose records take so many milliseconds to find, at every provider."""
NAME, BIRTH = "Nguyễn Thị Mẫu", "1995-03-02"
RECORD: Final = {
    "name": NAME,
    "birth": BIRTH,
    "homes": [{"address": f"Số {number}, đường Mẫu, xã Mẫu, tỉnh Mẫu"} for number in range(1, 11)],
}
"""What every provider holds of each person: about 1 KB as JSON."""


def service_of(agency: str) -> str:
    """The one service that a providing agency has."""
    return f"{agency}/register/person"


@dataclass(frozen=True, slots=True)
class Nation:
    """Where everything stands.

    Attributes:
        hub: settings of the hub: parts `ledger` and `worker-0`.
        counter, provider: settings of the two nodes.
        hub_port, counter_port, provider_port: where the worker and the nodes' faces listen.
    """

    state: State
    hub: Path
    counter: Path
    provider: Path
    hub_port: int
    counter_port: int
    provider_port: int

    @property
    def api_key(self) -> str:
        """What the counter's system shows its node."""
        return self.state.api_key(COUNTER, SYSTEM)


def lay_out(place: Path) -> Nation:
    """Make keys, signed registry, ledger, archives and settings files in an empty folder."""
    source = place / "authored"
    for name, data in _registry().items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(data)
    state = State(place / "state", "ledger.lienthong.test/bench")
    prepare.prepare_keys(state, source, prepare.today(), ("localhost", "127.0.0.1"))
    prepare.prepare_registry(state, prepare.today())
    prepare.prepare_ledger(state)
    prepare.prepare_api_key(state, COUNTER, SYSTEM, prepare.today())
    for agency in (COUNTER, *PROVIDERS):
        prepare.prepare_agency(state, agency)
    hub_port, counter_port, provider_port = free_ports(3)
    files = (place / "hub.toml", place / "counter.toml", place / "provider.toml")
    nation = Nation(state, *files, hub_port, counter_port, provider_port)
    nation.hub.write_text(_hub(state, hub_port), encoding="utf-8")
    nation.counter.write_text(_node(state, hub_port, COUNTER, (COUNTER,), counter_port), encoding="utf-8")
    nation.provider.write_text(_node(state, hub_port, PROVIDER, PROVIDERS, provider_port), encoding="utf-8")
    return nation


def free_ports(count: int) -> list[int]:
    """Ports of the loopback that nobody uses now."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _registry() -> dict[str, bytes]:
    agencies = [_agency(OPERATOR, "operator"), _agency(COUNTER, "commune"), _agency(PUMP, "commune")]
    agencies += [_agency(agency, "department", PROVIDER) for agency in PROVIDERS]
    agencies.append(_agency(ECHO, "department"))
    providers = (*PROVIDERS, ECHO)
    return folder(
        agencies="".join(agencies),
        dictionary=DICTIONARY,
        services="".join(map(_service, providers)),
        agreements="".join(
            _agreement(number, consumer, provider)
            for number, (consumer, provider) in enumerate(
                [*((COUNTER, provider) for provider in PROVIDERS), (PUMP, ECHO)], start=1
            )
        ),
        evidence="".join(_evidence(number, agency) for number, agency in enumerate(PROVIDERS, start=1)),
        procedures=_PROCEDURE + "".join(_requirement(number) for number in range(1, len(PROVIDERS) + 1)),
        forms=_FORM,
    )


def _agency(agency: str, kind: str, host: str | None = None) -> str:
    hosted = f'hosted_by = "{host}"\n' if host not in {None, agency} else ""
    system = SYSTEM if agency in {COUNTER, PUMP} else "register"
    return f"""
[[agency]]
id = "{agency}"
name = {{ vi = "Cơ quan {agency}", en = "Agency {agency}" }}
kind = "{kind}"
valid_from = 2020-01-01
security_level = 3
{hosted}aliases = [{{ scheme = "QD20", code = "H{agency[-2:]}.{agency[1:4]}" }}]
[[agency.system]]
id = "{system}"
name = {{ vi = "Hệ thống", en = "System" }}
"""


def _service(agency: str) -> str:
    return f"""
[[service]]
id = "{service_of(agency)}"
name = {{ vi = "Sổ của {agency}", en = "Register of {agency}" }}
shape = "shaped"
basis = "{BASIS}"
subject_scheme = "citizen"
[[service.operation]]
name = "read"
assurance = "substantial"
question = "person.question@1"
answer = "person.answer@1"
timeout_ms = 30000
"""


def _agreement(number: int, consumer: str, provider: str) -> str:
    return f"""
[[agreement]]
id = "ag-{number:04}"
consumer = "{consumer}"
service = "{service_of(provider)}"
operations = ["read"]
purposes = ["dossier", "audit"]
basis = "{BASIS}"
terms = ["person.number", "person.full-name", "person.birth", "person.residence"]
assurance = "substantial"
quota = {{ count = 10000000, per = "day" }}
valid_from = 2025-07-01
"""


def _evidence(number: int, agency: str) -> str:
    return f"""
[[evidence]]
id = "paper-{number}"
name = {{ vi = "Giấy {number}", en = "Paper {number}" }}
papers = ["KQ.{number}"]
[[evidence.provider]]
service = "{service_of(agency)}"
operation = "read"
terms = ["person.number", "person.full-name", "person.birth", "person.residence"]
question = {{ number = "$subject.id", name = "$subject.name" }}
"""


def _requirement(number: int) -> str:
    return f"""
[[procedure.requirement]]
id = "need-{number}"
name = {{ vi = "Yêu cầu {number}", en = "Need {number}" }}
subject = "{ROLE}"
papers = ["KQ.{number}"]
list = [{{ evidence = ["paper-{number}"] }}]
"""


_PROCEDURE: Final = f"""
[[procedure]]
code = "{PROCEDURE}"
name = {{ vi = "Thủ tục sáu giấy", en = "A procedure of six papers" }}
agency_level = "commune"
basis = "{BASIS}"
results = [{{ code = "KQ.0", name = {{ vi = "Kết quả", en = "Result" }} }}]
roles = ["{ROLE}"]
"""
_FORM: Final = f"""
[[form]]
id = "bench"
version = 1
procedure = "{PROCEDURE}"
name = {{ vi = "Tờ khai", en = "Form" }}
field = [{{ name = "number", label = {{ vi = "Số", en = "Number" }}, term = "person.number", of = "{ROLE}" }}]
"""


def _hub(state: State, port: int) -> str:
    ledger = state.ledger
    return f"""
profile = "development"
instance = "{INSTANCE}"
operator = "{OPERATOR}"
state_folder = "{state.folder}/hub"
seal = "{state.keys.seal_address(OPERATOR)}"
log = {{ format = "json", level = "warning" }}
workers = [{{ listen = "127.0.0.1:{port}" }}]
link = {_link(state, "hub")}
registry = {{ repository = "{state.repository}", online_key = "{state.role_keys}/online-1.pem" }}
bodies = {{ folder = "{state.folder}/spool" }}
[ledger]
origin = "{ledger.origin}"
folder = "{state.folder}/ledger"
note_key = "{ledger.note_key_file}"
vault_key = "{ledger.vault_key_file}"
guard_file = "{ledger.guard_file}"
socket = "{state.folder}/ledger.sock"
"""


def _node(state: State, hub_port: int, host: str, agencies: tuple[str, ...], port: int) -> str:
    link = _link(state, host, hub=[f"127.0.0.1:{hub_port}"])
    root = state.repository / metadata_path("root", 1)
    served = "".join(_served(state, agency) for agency in agencies)
    return f"""
profile = "development"
instance = "{INSTANCE}"
name = "node-{host}"
state_folder = "{state.folder}/node/{host}"
log = {{ format = "json", level = "warning" }}
link = {link}
registry = {{ trusted_root = "{root}", folder = "{state.folder}/node/{host}/registry" }}
http = {{ listen = "127.0.0.1:{port}" }}
{served}"""


def _served(state: State, agency: str) -> str:
    lines = [
        "[[agencies]]",
        f'id = "{agency}"',
        f'seal = "{state.keys.seal_address(agency)}"',
        f'archive = "{state.archive(agency)}"',
        f'archive_key = "{state.folder}/archive/{agency}.key"',
    ]
    if agency == COUNTER:
        lines.append(f'api_keys = "{state.api_keys(agency)}"')
    else:
        file = state.folder / f"{agency}.adapter.toml"
        file.write_text(_ADAPTER, encoding="utf-8")
        lines += ["[[adapters]]", f'service = "{service_of(agency)}"', 'kind = "memory"', f'file = "{file}"']
    return "\n".join(lines) + "\n"


def _link(state: State, name: str, **more: list[str]) -> str:
    keys = state.keys
    table = {
        "certificate": str(keys.link_certificate(name)),
        "key": str(keys.link_key(name)),
        "anchors": [str(keys.root)],
        **more,
    }
    return "{ " + ", ".join(f"{key} = {json.dumps(value)}" for key, value in table.items()) + " }"


def _records() -> str:
    rows = []
    for delay_ms, number in SUBJECTS.items():
        homes = ", ".join(f"{{ address = {json.dumps(home['address'])} }}" for home in RECORD["homes"])  # type: ignore[index]
        rows.append(
            f'{{ when = {{ number = "{number}" }}, delay_s = {delay_ms / 1000}, '
            f'data = {{ number = "{number}", name = "{NAME}", birth = "{BIRTH}", homes = [{homes}] }} }}'
        )
    return ", ".join(rows)


_ADAPTER: Final = f"""
max_concurrency = 1000
max_waiting = 1000
[operations.read]
match = ["number"]
question = [{{ to = "number", from = "body.number", required = true }}]
records = [{_records()}]
[operations.read.answer]
fields = [
    {{ to = "number", from = "number", required = true, term = "person.number" }},
    {{ to = "name", from = "name", required = true, term = "person.full-name" }},
    {{ to = "birth", from = "birth", as = "date", forms = ["yyyy-MM-dd"], required = true, term = "person.birth" }},
    {{ to = "homes", from = "homes", as = "list", fields = [
        {{ to = "address", from = "address", term = "person.residence" }},
    ] }},
]
"""
