"""nginx as a mutual-TLS reverse proxy: what a hub hop would cost if it judged and recorded nothing.

Two nginx servers of one worker each, TLS 1.3 with client certificates on both connections, kept alive: the one in
front is measured, the one behind answers every request with the bytes of a fixed answer.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench_nation import COUNTER, PROVIDER, free_ports
from bench_processes import Bench, Running

from bus.keystore.development import DevelopmentKeys

ABSENT: Final = "nginx is not installed (apt install nginx-light)"
CONNECTIONS: Final = 64


def installed() -> str | None:
    """Where nginx is, if it is."""
    return shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")


@contextmanager
def proxy(bench: Bench, place: Path, answer: str) -> Iterator[tuple[int, int]]:
    """Run both; the port in front, and the id of the one worker process there."""
    front, behind = free_ports(2)
    keys = bench.nation.state.keys
    program = installed() or ABSENT
    backend = f'location / {{ default_type application/json; return 200 "{answer}"; }}'
    frontend = f"""location / {{
        proxy_pass https://behind;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_ssl_certificate {keys.link_certificate(COUNTER)};
        proxy_ssl_certificate_key {keys.link_key(COUNTER)};
        proxy_ssl_trusted_certificate {keys.root};
        proxy_ssl_verify on;
        proxy_ssl_name localhost;
        proxy_ssl_protocols TLSv1.3;
    }}"""
    upstream = f"upstream behind {{ server 127.0.0.1:{behind}; keepalive {CONNECTIONS}; }}"
    servers: list[Running] = []
    try:
        for name, port, extra, location in (("behind", behind, "", backend), ("front", front, upstream, frontend)):
            folder = place / f"nginx-{name}"
            folder.mkdir(exist_ok=True)
            file = folder / "nginx.conf"
            file.write_text(_configuration(folder, keys, port, extra, location), encoding="utf-8")
            servers.append(bench.start(f"nginx-{name}", program, "-c", str(file), "-e", str(folder / "error.log")))
        yield front, _only_child(servers[-1])
    finally:
        for server in servers:
            server.stop()


def _configuration(folder: Path, keys: DevelopmentKeys, port: int, extra: str, location: str) -> str:
    paths = "\n".join(
        f"    {name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 10000000;
{paths}
    {extra}
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {keys.link_certificate("hub")};
        ssl_certificate_key {keys.link_key("hub")};
        ssl_client_certificate {keys.root};
        ssl_verify_client on;
        ssl_verify_depth 2;
        ssl_protocols TLSv1.3;
        {location}
    }}
}}
"""


def _only_child(master: Running) -> int:
    for _ in range(100):
        master.must_run()
        children = Path(f"/proc/{master.pid}/task/{master.pid}/children").read_text(encoding="ascii").split()
        if children:
            time.sleep(0.2)
            return int(children[0])
        time.sleep(0.05)
    raise RuntimeError("nginx started no worker")


def tls_of(keys: DevelopmentKeys) -> dict[str, str]:
    """What the generator shows, as its settings name it."""
    return {
        "certificate": str(keys.link_certificate(PROVIDER)),
        "key": str(keys.link_key(PROVIDER)),
        "anchors": str(keys.root),
    }
