"""The event channel over a real server: snapshot, numbered events, and every way it ends."""

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from gateway.api.broadcaster import QUEUE_LENGTH
from gateway.clock import utc_now
from gateway.config import ServeSettings
from gateway.store.camera_states import CameraState
from gateway.store.inventory import Camera
from gateway.store.journal import Topic
from gateway.store.loads import WorkerLoad
from gateway.store.users import Role
from gateway.units import Unit, tree_of
from gateway.workflow.case import Level
from vision.types import ChangeType

WAIT_S = 60.0


@pytest.fixture
def listen(site, browser):
    """Return an opener of event channels with the browser's session; keywords go to `connect`."""

    @contextmanager
    def opened(query: str = "", *, client=browser, at=site, **options):
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        url = f"{at.url.replace('http', 'ws')}{at.services.serve.root_path}/api/events{query}"
        headers = {"Cookie": cookie} if cookie else {}
        with connect(url, origin=at.url, additional_headers=headers, **options) as channel:
            yield channel

    return opened


def receive(channel) -> dict:
    return json.loads(channel.recv(timeout=WAIT_S))


def receive_until(channel, wanted) -> list[dict]:
    """Return what comes, up to the first message that `wanted` accepts."""
    messages = []
    while not (messages and wanted(messages[-1])):
        messages.append(receive(channel))
    return messages


def close_code(channel) -> int:
    """Return with which code the server closes the channel."""
    while True:
        try:
            channel.recv(timeout=WAIT_S)
        except ConnectionClosed as closed:
            return closed.rcvd.code


def test_first_comes_everything(listen, browser, store, gate, samples):
    samples.fill(store, 60)
    with listen() as channel:
        snapshot = receive(channel)
    assert snapshot["type"] == "snapshot"
    assert snapshot["seq"] == store.journal.last()
    assert snapshot["cameras"] == browser.get("/api/cameras").json()["cameras"]
    newest = browser.get("/api/incidents", params={"limit": 50}).json()["incidents"]
    assert snapshot["incidents"] == newest
    assert snapshot["system"]["queue"] == {"state": "connected", "waiting": 60}


def test_an_incident_is_told_as_the_api_shows_it_and_so_is_its_camera(
    listen, browser, store, gate, samples
):
    with listen() as channel:
        start = receive(channel)["seq"]
        samples.fill(store, 1)
        (camera, incident) = sorted((receive(channel), receive(channel)), key=lambda e: e["type"])
    assert camera["seq"] == incident["seq"] == start + 1
    assert (camera["type"], camera["id"], camera["open_incidents"]) == ("camera", "gate", 1)
    shown = browser.get("/api/incidents/i-0").json()
    assert incident == shown | {"type": "incident", "seq": start + 1}


def test_numbers_never_fall_and_the_last_word_is_the_newest(listen, store, samples):
    with listen() as channel:
        start = receive(channel)["seq"]
        samples.fill(store, 20)
        for sequence in range(1, 20):
            change = samples.change("i-3", ChangeType.UPDATED, sequence, after_s=sequence)
            store.incidents.record(change, samples.origin, (), samples.compose)
        last = store.journal.last()
        events = receive_until(channel, lambda event: event["seq"] == last)
    numbers = [event["seq"] for event in events]
    assert numbers == sorted(numbers)
    assert min(numbers) > start
    assert {event["id"] for event in events} == {f"i-{number}" for number in range(20)}
    assert [e for e in events if e["id"] == "i-3"][-1]["readings"]["dwell_s"] == 19


def test_a_camera_that_fails_is_told(listen, store, gate, reports):
    with listen() as channel:
        receive(channel)
        store.camera_states.put([reports.online("gate", None, state="unreachable", code="x")])
        event = receive(channel)
    assert (event["type"], event["state"], event["code"]) == ("camera", "unreachable", "x")


def test_an_entry_about_the_system_is_told(listen, store):
    with listen() as channel:
        receive(channel)
        store.journal.add(Topic.SYSTEM, "queue")
        event = receive(channel)
    assert (event["type"], event["queue"]["state"]) == ("system", "connected")


def test_a_camera_that_is_removed_is_told_by_a_new_snapshot(listen, store, gate, camera):
    store.inventory.add(replace(camera, id="yard"))
    with listen() as channel:
        assert len(receive(channel)["cameras"]) == 2
        store.inventory.remove("yard")
        snapshot = receive(channel)
    assert snapshot["type"] == "snapshot"
    assert [camera["id"] for camera in snapshot["cameras"]] == ["gate"]


def test_the_sweep_tells_what_the_journal_does_not(listen, site, store, gate, reports):
    with listen() as channel:
        seq = receive(channel)["seq"]
        moved = reports.online("gate", None).last_picture_at + timedelta(seconds=9)
        state = store.camera_states.get("gate")
        site.await_call(site.app.state.runtime.broadcaster.sweep)
        assert [receive(channel)["type"] for _ in range(2)] == ["camera", "system"]
        store.camera_states.put([replace(state, last_picture_at=moved, interest="quiet", why="")])
        site.await_call(site.app.state.runtime.broadcaster.sweep)
        pulse, system = receive(channel), receive(channel)
        assert pulse == {
            "type": "pulse",
            "seq": seq,
            "cameras": [
                {
                    "id": "gate",
                    "last_picture_at": "2026-05-01T08:00:09.250Z",
                    "analysed_fps": 5.0,
                    "seen_every_s": 0.2,
                    "rung": "full",
                    "interest": "quiet",
                    "why": "",
                    "water": None,
                }
            ],
        }
        assert (system["seq"], system["type"]) == (seq, "system")
        site.await_call(site.app.state.runtime.broadcaster.sweep)
        assert receive(channel)["type"] == "system"


def test_what_moved_on_meanwhile_is_told_though_the_journal_tells_of_another(
    listen, site, store, gate, camera, reports
):
    store.inventory.add(replace(camera, id="yard"))
    store.camera_states.put([reports.online("yard", None)])
    sweep = site.app.state.runtime.broadcaster.sweep
    with listen() as channel:
        receive(channel)
        site.await_call(sweep)
        receive_until(channel, lambda event: event["type"] == "system")
        store.camera_states.put([reports.online("yard", None, analysed_fps=0.03)])
        store.camera_states.put([reports.online("gate", None, state="stalled")])
        assert receive(channel)["id"] == "gate"
        site.await_call(sweep)
        (moved,) = receive(channel)["cameras"]
    assert (moved["id"], moved["analysed_fps"]) == ("yard", 0.03)


@pytest.fixture
def town(store, camera, reports) -> list[CameraState]:
    """Return the states of more cameras than a client's queue holds messages."""
    names = [f"road-{number}" for number in range(QUEUE_LENGTH + 70)]
    for name in names:
        store.inventory.add(replace(camera, id=name, channel_code=""))
    states = [reports.online(name, None) for name in names]
    store.camera_states.put(states)
    return states


def test_a_town_that_moves_on_is_one_message(listen, site, store, town):
    sweep = site.app.state.runtime.broadcaster.sweep
    with listen() as channel:
        receive(channel)
        site.await_call(sweep)
        receive_until(channel, lambda event: event["type"] == "snapshot")
        store.camera_states.put([replace(state, analysed_fps=0.03) for state in town])
        site.await_call(sweep)
        *_, pulse = receive_until(channel, lambda event: event["type"] != "system")
        assert (pulse["type"], len(pulse["cameras"])) == ("pulse", len(town))
        assert {camera["analysed_fps"] for camera in pulse["cameras"]} == {0.03}


@pytest.mark.parametrize("told", ["by the journal", "by silence"])
def test_a_town_that_fails_at_once_is_one_snapshot(listen, site, store, town, told):
    past = utc_now() - timedelta(minutes=1)
    sweep = site.app.state.runtime.broadcaster.sweep
    lost = {"state": "unreachable"} if told == "by the journal" else {"updated_at": past}
    with listen() as channel:
        receive(channel)
        site.await_call(sweep)
        receive_until(channel, lambda event: event["type"] == "snapshot")
        store.camera_states.put([replace(state, **lost) for state in town])
        site.await_call(sweep)
        snapshot = receive(channel)
    assert (snapshot["type"], len(snapshot["cameras"])) == ("snapshot", len(town))
    assert "online" not in {camera["state"] for camera in snapshot["cameras"]}


def test_an_overload_is_told_when_it_begins_and_when_it_ends(listen, store):
    load = WorkerLoad(0, utc_now(), None, 1.5, 1.0, 0.5, 0.2, cameras=300, full=12, stirred=20)
    with listen() as channel:
        receive(channel)
        began = utc_now()
        for since in (None, began, began, None):
            store.loads.put(replace(load, overloaded_since=since))
        last = store.journal.last()
        events = receive_until(channel, lambda event: event["seq"] == last)
    assert last == 2
    assert events[-1]["load"]["overloaded_since"] is None


def test_the_sweep_tells_of_a_worker_gone_silent(listen, site, store, gate):
    with listen() as channel:
        receive(channel)
        state = store.camera_states.get("gate")
        store.camera_states.put([replace(state, updated_at=utc_now() - timedelta(minutes=1))])
        site.await_call(site.app.state.runtime.broadcaster.sweep)
        assert receive(channel)["code"] == "worker_silent"


def test_coming_back_gives_a_fresh_snapshot(listen, store, samples):
    with listen() as channel:
        seq = receive(channel)["seq"]
    samples.fill(store, 2)
    with listen(f"?after={seq}") as channel:
        snapshot = receive(channel)
    assert (snapshot["type"], snapshot["seq"]) == ("snapshot", seq + 2)
    assert len(snapshot["incidents"]) == 2


def test_what_a_client_sends_is_ignored(listen, store, samples):
    with listen() as channel:
        receive(channel)
        for message in ("{}", "nonsense", b"\x00\xff"):
            channel.send(message)
        samples.fill(store, 1)
        assert receive(channel)["id"] == "i-0"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
def test_a_page_of_another_origin_gets_no_channel(site, browser, origin):
    token = browser.cookies["gridpatrol_session"]
    url = f"{site.url.replace('http', 'ws')}/api/events"
    headers = {"Cookie": f"gridpatrol_session={token}"}
    with pytest.raises(InvalidStatus) as refusal:
        connect(url, origin=origin, additional_headers=headers)
    assert refusal.value.response.status_code == 403


def test_without_a_session_the_channel_closes_at_once(listen, site):
    with site.client() as nobody, listen(client=nobody) as channel:
        assert close_code(channel) == 4401


def test_signing_out_closes_this_sign_ins_channels_only(listen, site, browser):
    other = site.signed_in()
    with listen() as ours, listen() as ours_too, listen(client=other) as theirs:
        for channel in (ours, ours_too, theirs):
            receive(channel)
        browser.delete("/api/session")
        assert close_code(ours) == close_code(ours_too) == 4401
        site.store.journal.add(Topic.SYSTEM, "queue")
        assert receive(theirs)["type"] == "system"
    other.close()


def test_a_session_revoked_elsewhere_closes_its_channel_within_seconds(listen, site):
    with listen() as channel:
        receive(channel)
        site.store.users.reset_password("admin")
        assert close_code(channel) == 4401


def test_another_role_begins_the_channel_anew(listen, site):
    site.store.users.add("second", Role.ADMIN)
    with listen() as channel:
        receive(channel)
        site.store.users.change_role("admin", Role.REPORTER)
        assert close_code(channel) == 4401
    site.store.users.change_role("admin", Role.ADMIN)
    with listen() as channel:
        assert receive(channel)["type"] == "snapshot"


def test_a_changed_password_lets_the_channel_go_on(listen, site, browser):
    with listen() as channel:
        receive(channel)
        change = {"old_password": site.password, "new_password": "correct horse battery"}
        browser.post("/api/session/password", json=change)
        site.await_call(site.app.state.runtime.watch.recheck)
        site.store.journal.add(Topic.SYSTEM, "queue")
        assert receive(channel)["type"] == "system"


def test_a_client_that_does_not_read_is_cut_off_and_no_other_waits(
    listen, site, store, camera, reports
):
    ids = [f"yard-{number}" for number in range(48)]
    for camera_id in ids:
        store.inventory.add(replace(camera, id=camera_id))
    broadcaster = site.app.state.runtime.broadcaster
    with listen(compression=None, max_queue=1) as slow, listen(max_queue=None) as quick:
        receive(quick)
        while len(broadcaster) == 2:
            detail = f"{store.journal.last()} " + "x" * 60_000
            store.camera_states.put([reports.online(name, None, detail=detail) for name in ids])
            await_detail(quick, ids, detail)
        assert close_code(slow) == 1013


def await_detail(channel, ids: list[str], detail: str) -> None:
    """Receive until each of these cameras was told with this detail."""
    missing = set(ids)
    while missing:
        event = receive(channel)
        if event.get("detail") == detail:
            missing.discard(event["id"])


def test_a_server_that_stops_closes_its_channels(listen, site):
    with listen() as channel:
        receive(channel)
        site.stop()
        assert close_code(channel) == 1012


def test_a_channel_behind_a_prefix(make_site, listen):
    site = make_site(serve=ServeSettings(root_path="/patrol"))
    with site.client() as client:
        client.post("/patrol/api/session", json=site.credentials())
        with listen(client=client, at=site) as channel:
            assert receive(channel)["type"] == "snapshot"


def test_people_of_a_unit_hear_of_its_places_only(listen, site, store, gate, samples):
    villages = [Unit("east", "东山村", Level.VILLAGE), Unit("west", "西山村", Level.VILLAGE)]
    store.units.replace(tree_of(villages))
    pond = Camera("pond", "塘口", unit="西山村")
    store.inventory.add(pond)
    samples.fill(store, 1)
    client = site.client()
    password = store.users.add("li", Role.OPERATOR, "west")
    assert client.post("/api/session", json={"username": "li", "password": password}).is_success
    change = {"old_password": password, "new_password": "correct horse battery"}
    assert client.post("/api/session/password", json=change).is_success
    with listen(client=client) as channel:
        snapshot = receive(channel)
        assert [one["id"] for one in snapshot["cameras"]] == ["pond"]
        assert snapshot["incidents"] == []
        samples.fill(store, 2, "j")
        there = replace(samples.origin, camera=pond.ref)
        store.incidents.record(samples.change("w", camera="pond"), there, (), samples.compose)
        told = receive_until(channel, lambda one: one["type"] == "incident")
        assert {one["id"] for one in told if one["type"] in {"camera", "incident"}} <= {"pond", "w"}
        assert told[-1].keys() == client.get("/api/incidents/w").json().keys() | {"type", "seq"}
        store.units.replace(tree_of([villages[0], replace(villages[1], name="北山村")]))
        moved = receive_until(channel, lambda one: one["type"] == "snapshot")[-1]
        assert (moved["cameras"], moved["incidents"]) == ([], [])
        store.users.belong("li", "east")
        assert close_code(channel) == 4401
