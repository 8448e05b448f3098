"""The sample nation as separate processes: settings files for a hub and its nodes, beside everything they need.

Promises: what `lienthong hub` and `lienthong node` read is written here and nowhere else; running it again keeps keys,
ledgers and archives. Leaves out: starting anything.
"""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bus.app import prepare
from bus.app.development_issuer import IssuerFiles
from bus.app.prepare import Progress, State
from bus.ledger.keys import read_note_key
from bus.registry.layout import metadata_path
from bus.sample.procedures import CONSUMER, CONSUMER_SYSTEM
from bus.sample.serve import PORTS, Kind
from bus.sample.systems import SYSTEMS, System, registry_folder, secret_files, settings_for
from registry.snapshot import Snapshot

OPERATOR: Final = "a100000"


@dataclass(frozen=True, slots=True)
class Plan:
    """How the sample nation is laid out.

    Attributes:
        hub_host: the name that nodes dial; the hub's certificate holds it.
        workers: how many hub workers, on ports from `hub_port`.
        ledger_port: where anybody reaches the ledger.
        audit_port: where auditors reach its search.
        usages_port: where portals ask for citizens.
        schemas_port: where clients of schema registries reach the registry of schemas.
        node_port: where the consumer's node listens for agency systems; the other nodes follow.
        system_port: the first of the sample systems' ports, in the order of `bus.sample.serve.PORTS`.
    """

    instance: str = "VN-test"
    hub_host: str = "127.0.0.1"
    hub_port: int = 8441
    workers: int = 2
    node_port: int = 8500
    ledger_port: int = 8480
    audit_port: int = 8450
    usages_port: int = 8460
    schemas_port: int = 8081
    system_port: int = min(PORTS.values())
    people: int = 10_000
    seed: int = 7

    @property
    def systems(self) -> dict[Kind, int]:
        """The port of each sample system."""
        return {kind: self.system_port + number for number, kind in enumerate(PORTS)}


@dataclass(frozen=True, slots=True)
class LaidOut:
    """What was written: the hub's settings, each node's, and the commands that start everything."""

    hub: Path
    nodes: dict[str, Path]
    commands: tuple[str, ...]
    node_url: str
    ledger_url: str
    key_file: Path


def lay_out(folder: Path, plan: Plan, progress: Progress) -> LaidOut:
    """Prepare the state and write the settings files.

    Raises:
        RegistryError: the sample's registry has mistakes.
    """
    folder = folder.absolute()
    state = State(folder, f"ledger.lienthong.test/{plan.instance.lower()}")
    names = dict.fromkeys(("localhost", "127.0.0.1", "::1", plan.hub_host))
    snapshot = prepare.prepare_keys(state, registry_folder(), prepare.today(), names)
    prepare.prepare_registry(state, prepare.today())
    prepare.prepare_ledger(state)
    prepare.prepare_sample(state, plan.people, plan.seed, progress)
    prepare.prepare_api_key(state, CONSUMER, CONSUMER_SYSTEM, prepare.today())
    prepare.prepare_auditor(state, prepare.today())
    prepare.prepare_audit(state, OPERATOR, prepare.today())
    IssuerFiles(folder).prepare()
    prepare.prepare_schemas(state, OPERATOR, prepare.today())
    hosts = _hosts(snapshot)
    for agency in (agency for agencies in hosts.values() for agency in agencies):
        prepare.prepare_agency(state, agency)
    hub = folder / "hub.toml"
    hub.write_text(_hub(state, plan), encoding="utf-8")
    nodes = {}
    for number, (host, agencies) in enumerate(hosts.items()):
        port = plan.node_port + number
        nodes[host] = folder / f"node-{host}.toml"
        nodes[host].write_text(_node(state, plan, host, agencies, port), encoding="utf-8")
    ledger = f"http://{plan.hub_host}:{plan.ledger_port}"
    key_file = folder / "api-keys" / f"{CONSUMER}.{CONSUMER_SYSTEM}"
    return LaidOut(
        hub, nodes, _commands(state, plan, hub, nodes), f"http://127.0.0.1:{plan.node_port}", ledger, key_file
    )


def _hosts(snapshot: Snapshot) -> dict[str, list[str]]:
    """Which agencies each node serves: the consumer's node first, then whoever answers."""
    hosts: defaultdict[str, list[str]] = defaultdict(list)
    for agency_id in dict.fromkeys([CONSUMER, *(system.service.partition("/")[0] for system in SYSTEMS)]):
        agency = snapshot.agency(agency_id)
        hosts[(agency.hosted_by if agency else None) or agency_id].append(agency_id)
    return dict(hosts)


def _hub(state: State, plan: Plan) -> str:
    ledger, keys = state.ledger, state.keys
    ports = range(plan.hub_port, plan.hub_port + plan.workers)
    top = {
        "profile": "development",
        "instance": plan.instance,
        "operator": OPERATOR,
        "state_folder": str(state.folder / "hub"),
        "seal": keys.seal_address(OPERATOR),
    }
    listen = "127.0.0.1" if plan.hub_host in {"127.0.0.1", "localhost"} else "0.0.0.0"  # noqa: S104 - asked for by name
    workers = [{"listen": f"{listen}:{port}", "public": f"{plan.hub_host}:{port}"} for port in ports]
    tables: dict[str, Mapping[str, object]] = {
        "link": _identity(state, "hub"),
        "ledger": {
            "origin": ledger.origin,
            "folder": str(state.folder / "ledger"),
            "note_key": str(ledger.note_key_file),
            "vault_key": str(ledger.vault_key_file),
            "guard_file": str(ledger.guard_file),
            "socket": str(state.folder / "run" / "ledger.sock"),
        },
        "registry": {"repository": str(state.repository), "online_key": str(state.role_keys / "online-1.pem")},
        "bodies": {"folder": str(state.folder / "spool")},
        "audit": {
            "listen": f"{listen}:{plan.audit_port}",
            "auditors": str(state.audit.auditors),
            "folder": str(state.folder / "audit"),
        },
        "registration": {
            "listen": f"{listen}:{plan.schemas_port}",
            "registrants": str(state.registrants),
            "folder": str(state.schemas),
        },
        "usages": IssuerFiles(state.folder).table(f"{listen}:{plan.usages_port}"),
        "ledger_http": {"listen": f"{listen}:{plan.ledger_port}", "auditor_keys": str(state.auditor_keys)},
    }
    return _toml(top, {"workers": workers}, tables)


def _node(state: State, plan: Plan, host: str, agencies: list[str], port: int) -> str:
    top = {
        "profile": "development",
        "instance": plan.instance,
        "name": f"node-{host}",
        "state_folder": str(state.folder / "node" / host),
    }
    hub = [f"{plan.hub_host}:{plan.hub_port + number}" for number in range(plan.workers)]
    tables: dict[str, Mapping[str, object]] = {
        "link": {"hub": hub, **_identity(state, host)},
        "registry": {
            "trusted_root": str(state.repository / metadata_path("root", 1)),
            "folder": str(state.folder / "node" / host / "registry"),
        },
        "ledger": {"keys": [read_note_key(state.ledger.note_key_file, state.ledger.origin).verifier.text]},
        "http": {"listen": f"127.0.0.1:{port}"},
    }
    served = [_served(state, agency) for agency in agencies]
    adapters = [_adapter(state, plan, system) for system in SYSTEMS if system.service.partition("/")[0] in agencies]
    return _toml(top, {"agencies": served, "adapters": adapters}, tables)


def _served(state: State, agency: str) -> dict[str, object]:
    row: dict[str, object] = {
        "id": agency,
        "seal": state.keys.seal_address(agency),
        "archive": str(state.archive(agency)),
        "archive_key": str(state.folder / "archive" / f"{agency}.key"),
    }
    if state.api_keys(agency).exists():
        row["api_keys"] = str(state.api_keys(agency))
    return row


def _adapter(state: State, plan: Plan, system: System) -> dict[str, object]:
    """The sample's own settings with addresses and paths of this machine, in a file of its own."""
    file = state.folder / "adapters" / f"{system.service.replace('/', '-')}.toml"
    file.parent.mkdir(exist_ok=True)
    urls = {kind: f"http://127.0.0.1:{port}" for kind, port in plan.systems.items()}
    file.write_text(_plain_toml(settings_for(system, state.sample, urls)), encoding="utf-8")
    row: dict[str, object] = {"service": system.service, "kind": system.kind, "file": str(file)}
    if system.secrets:
        row["secrets"] = {name: str(path) for name, path in secret_files(system, state.sample).items()}
    return row


def _identity(state: State, name: str) -> dict[str, object]:
    keys = state.keys
    return {
        "certificate": str(keys.link_certificate(name)),
        "key": str(keys.link_key(name)),
        "anchors": [str(keys.root)],
    }


def _commands(state: State, plan: Plan, hub: Path, nodes: Mapping[str, Path]) -> tuple[str, ...]:
    serve = "lienthong demo system"
    systems = [f"{serve} {kind} --port {port} --data {state.sample}" for kind, port in plan.systems.items()]
    return (f"lienthong hub {hub}", *systems, *(f"lienthong node {node}" for node in nodes.values()))


def _toml(
    top: Mapping[str, object],
    lists: Mapping[str, list[dict[str, object]]] | Mapping[str, list[dict[str, str]]],
    tables: Mapping[str, Mapping[str, object]],
) -> str:
    lines = [f"{_key(key)} = {_value(value)}" for key, value in top.items()]
    for name, table in tables.items():
        lines += ["", f"[{name}]", *(f"{_key(key)} = {_value(value)}" for key, value in table.items())]
    for name, rows in lists.items():
        for row in rows:
            lines += ["", f"[[{name}]]", *(f"{_key(key)} = {_value(value)}" for key, value in row.items())]
    text = "\n".join(lines) + "\n"
    tomllib.loads(text)
    return text


def _plain_toml(table: Mapping[str, object]) -> str:
    """Any table as one inline line per key: for machines, not for people."""
    return _toml(table, {}, {})


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _key(key: object) -> str:
    return json.dumps(str(key), ensure_ascii=False)
