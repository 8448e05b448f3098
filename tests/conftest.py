"""What every test stands on: no network but loopback, no time limits on examples, no silent skips.

The closing summary names each reason for a skip and how to enable what it needs; with LIENTHONG_TEST_NO_SKIPS=1
(as in .ci/run) a skip fails the run.
"""

import os
import sys
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings

POSTGRESQL = "LIENTHONG_TEST_POSTGRESQL"
NO_SKIPS = "LIENTHONG_TEST_NO_SKIPS"

HOW_TO_ENABLE = {
    POSTGRESQL: f"export {POSTGRESQL}=postgresql://user:password@127.0.0.1:5432/database (an empty database)",
    "nginx": "apt install nginx",
    "curl": "apt install curl",
    "chromium": "apt install chromium",
    "softhsm": "apt install softhsm2, and pip install python-pkcs11",
    "libdigidocpp": "pip install pydigidoc (Linux on x86-64)",
    "xmlsec1": "apt install xmlsec1",
    "EU DSS": "apt install maven default-jdk-headless; export LIENTHONG_TEST_DSS=1 (its jars come from Maven Central)",
    "npm": "apt install nodejs npm (the stock Node client comes from its lock file)",
}

# A busy machine is no failure: examples have no deadline.
settings.register_profile("lienthong", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("lienthong")


def _stay_on_this_machine(event: str, args: tuple[object, ...]) -> None:
    if event == "socket.connect":
        address = args[1]
        if isinstance(address, tuple) and not _is_loopback(_text(address[0])):
            raise PermissionError("tests stay on loopback: this one tried to connect elsewhere")
    elif event == "socket.getaddrinfo" and args[0] is not None and not _is_loopback(_text(args[0])):
        raise PermissionError("tests stay on loopback: this one tried to look a name up")


def _text(host: object) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)


def _is_loopback(host: str) -> bool:
    return host in {"localhost", "::1", ""} or host.startswith("127.")


def pytest_configure() -> None:
    sys.addaudithook(_stay_on_this_machine)


@pytest.fixture(scope="session")
def postgresql_url() -> str:
    """A database that tests may fill; each test uses a schema of its own."""
    url = os.environ.get(POSTGRESQL)
    if not url:
        pytest.skip(f"no PostgreSQL: {POSTGRESQL} is not set")
    return url


def _skip_reasons(reporter: pytest.TerminalReporter) -> Counter[str]:
    reports = reporter.stats.get("skipped", [])
    reasons = (r.longrepr[2] if isinstance(r.longrepr, tuple) else str(r.longrepr) for r in reports)
    return Counter(reason.removeprefix("Skipped: ") for reason in reasons)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = _skip_reasons(terminalreporter)
    if not reasons:
        terminalreporter.write_line("Nothing was skipped.")
        return
    terminalreporter.section("not run on this machine")
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"{count} skipped: {reason}")
        for need, how in HOW_TO_ENABLE.items():
            if need in reason:
                terminalreporter.write_line(f"   to run them: {how}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get(NO_SKIPS) == "1" and reporter is not None and _skip_reasons(reporter):
        reporter.write_line("")
        reporter.write_line("Skips count as failures here.", red=True, bold=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
