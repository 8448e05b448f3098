"""A question from an X-Road call: what X-Road has no word for comes from agreements and settings, or not at all."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from world import MOTHER, START_MS, World
from world_registry import CONSUMER
from xroad_world import ECHO, KEY, ONE_STOP, PERSONS, XRoadWorld, xroad_files

from bus.xroad.asking import NO_PURPOSE, Call, ask_of
from bus.xroad.clients import Listed, Speaker
from registry.snapshot import Snapshot
from registry.snapshot import compile as compile_registry
from schemas.parts import Carried
from schemas.xroad.codes import XRoadError
from schemas.xroad.ids import Party, client_of

PARTS = (Carried("body", "application/json", b"{}"),)


def registry(purposes: str) -> Snapshot:
    """The registry of the X-Road world, whose agreements about X-Road's services have these purposes."""
    files = xroad_files()
    head, mark, tail = files["agreements/all.toml"].decode().partition('id = "ag-0200"')
    assert mark
    text = head + mark + tail.replace('purposes = ["audit"]', f"purposes = {purposes}")
    return compile_registry(files | {"agreements/all.toml": text.encode()} | World().pki.files(), 3)


def ask(snapshot: Snapshot, service: str = ECHO, operation: str = "read", **changed: Any) -> Any:  # noqa: ANN401 - any member
    speaker = Speaker(client_of(ONE_STOP), CONSUMER, "one-stop", changed.pop("purpose", None))
    found = snapshot.service(service)
    assert found is not None
    call = Call(speaker, found, found.operations[operation], PARTS, changed.pop("message_id", "m-1"), **changed)
    return ask_of(snapshot, call, START_MS, 5_000)


ONLY, DOSSIER, SEVERAL = registry('["audit"]'), registry('["dossier"]'), registry('["audit", "dossier"]')


def test_the_only_purpose_is_the_purpose():
    asked = ask(ONLY)
    assert (asked.purpose, asked.system, asked.dossier, asked.officer) == ("audit", "one-stop", None, None)
    assert (asked.correlation, asked.parts, asked.timeout_ms) == ("m-1", PARTS, 5_000)


def test_of_several_the_settings_choose():
    assert ask(SEVERAL, purpose="dossier").purpose == "dossier"
    with pytest.raises(XRoadError, match=r"Client.BadRequest: Agreements allow several purposes"):
        ask(SEVERAL)


def test_a_setting_does_not_overrule_the_only_one():
    assert ask(ONLY, purpose="dossier").purpose == "audit"


def test_without_an_agreement_the_hub_refuses_and_records():
    assert ask(ONLY, operation="admin").purpose == NO_PURPOSE
    assert ask(ONLY, operation="admin", purpose="audit").purpose == "audit"


def test_the_issue_is_the_dossier_where_the_purpose_is_one():
    assert ask(DOSSIER, issue="H56.20-260101-00001").dossier == "H56.20-260101-00001"
    assert ask(DOSSIER, issue="not a number").dossier is None
    assert ask(ONLY, issue="H56.20-260101-00001").dossier is None


@pytest.mark.parametrize(
    ("party", "unit"), [(None, "one-stop"), (Party(None, "0101"), "0101"), (Party("COM", "0101"), "COM/0101")]
)
def test_the_officer_is_the_user(party: Party | None, unit: str):
    officer = ask(ONLY, user_id="VN-001", represented=party).officer
    assert (officer.id, officer.unit, officer.asserted_by) == ("VN-001", unit, CONSUMER)


@pytest.mark.parametrize("user", ["a b", "x" * 81, "é", "-"])
def test_a_user_that_no_record_holds_is_refused(user: str):
    with pytest.raises(XRoadError, match="user id") as caught:
        ask(ONLY, user_id=user)
    assert user not in caught.value.message or len(user) == 1


def test_an_id_that_no_record_holds_is_not_recorded_but_passes():
    assert ask(ONLY, message_id="an id with spaces").correlation is None


def test_numbers_in_a_shaped_question_are_its_subjects():
    (subject,) = ask(ONLY, PERSONS, question={"path": {"0": MOTHER}}).subjects
    assert (subject.scheme, subject.id, subject.asserted_by) == ("citizen", MOTHER, CONSUMER)
    assert ask(ONLY, PERSONS, question={"path": {}}).subjects == ()
    twice = ask(ONLY, PERSONS, "search", question={"json": {"number": MOTHER, "other": {"number": MOTHER}}})
    assert [one.id for one in twice.subjects] == [MOTHER]
    assert ask(ONLY, ECHO, question={"path": {"0": MOTHER}}).subjects == ()


class Transport:
    def __init__(self, remote: str) -> None:
        self._remote = remote

    def get_extra_info(self, name: str, default: object = None) -> object:
        return (self._remote, 1) if name == "peername" else default

    def is_closing(self) -> bool:
        return False


def came(remote: str, **headers: str) -> web.Request:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return make_mocked_request("GET", "/", headers=given, transport=Transport(remote))


NETWORKS = (ip_network("10.1.2.0/24"), ip_network("fd00:1::/64"))


@pytest.mark.parametrize(
    ("remote", "inside"),
    [
        ("10.1.2.3", True),
        ("10.1.3.3", False),
        ("::ffff:10.1.2.3", True),
        ("::ffff:10.1.3.3", False),
        ("fd00:1::7", True),
        ("fd00:1::7%eth0", True),
        ("fd00:2::7", False),
        ("", False),
        ("unix", False),
    ],
)
def test_networks(remote: str, *, inside: bool):
    world = XRoadWorld(listed=(Listed("VN/GOV/H56.20/một-cửa", NETWORKS),))
    speakers = world.around.speakers
    assert speakers.known(came(remote)) is inside
    if inside:
        assert speakers.admit(came(remote), client_of(ONE_STOP)).system == "one-stop"
    else:
        with pytest.raises(XRoadError, match="network is not listed"):
            speakers.admit(came(remote), client_of(ONE_STOP))


def test_a_client_that_is_listed_opens_no_door_for_another():
    world = XRoadWorld(listed=(Listed("VN/GOV/H56.20", NETWORKS), Listed("VN/GOV/none", NETWORKS)))
    with pytest.raises(XRoadError, match="network is not listed"):
        world.around.speakers.admit(came("10.1.2.3"), client_of(ONE_STOP))
    assert world.around.speakers.admit(came("10.1.2.3"), client_of("VN/GOV/H56.20")).system is None


def test_the_key_s_header_can_be_another_one():
    world = XRoadWorld(listed=(), key_header="X-Node-Key")
    speakers = world.around.speakers
    assert speakers.admit(came("192.0.2.1", X_Node_Key=KEY), client_of(ONE_STOP)).agency == CONSUMER
    with pytest.raises(XRoadError, match="shows no key"):
        speakers.admit(came("192.0.2.1", X_Api_Key=KEY), client_of(ONE_STOP))
