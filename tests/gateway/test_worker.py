"""A whole worker on real footage and real cameras: what it keeps, how it changes, how it ends."""

import hashlib
import json
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import av
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection
from aiortc.mediastreams import AudioStreamTrack
from structlog.testing import capture_logs

from gateway import camera_unit
from gateway.analysis.engine import AnalysisEngine
from gateway.camera_unit import Bench
from gateway.clock import ClockWatch, utc_now
from gateway.config import Settings
from gateway.errors import (
    ConfigError,
    NoPictureError,
    NoTalkError,
    NotFoundError,
    StorageError,
    TalkBusyError,
)
from gateway.incident_writer import IncidentWriter
from gateway.onvif.alarms import AlarmType, CameraAlarm
from gateway.quarantine import Quarantine
from gateway.record_mode import RecordMode
from gateway.recording.repair import Repair
from gateway.store.camera_states import LiveMode
from gateway.store.counts import CountFilter
from gateway.store.inventory import Camera
from gateway.store.stored_incident import Ending
from gateway.water.places import Places
from gateway.worker import Shard, Worker
from vision.ensemble import DetectorSet
from vision.tracker import TrackerSettings
from vision.water.conditions import WATERLOGGING

PATIENCE_S = 60.0
STOP_S = 10.0
CARS = [{"id": "cars", "type": "presence", "kinds": ["vehicle"], "confirm_s": 0.2}]
LANE = [{"id": "lane", "polygon": [[0.3, 0.3], [0.5, 0.3], [0.5, 1.0], [0.3, 1.0]]}]
"""A strip of the road that cars cross at 1.6-2.4 s and 4.2-4.6 s of the film."""


def wait_until(condition, timeout_s=PATIENCE_S):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def settings(tmp_path):
    return Settings.from_mapping(
        {"data_dir": str(tmp_path), "recording": {"pre_s": 1, "post_s": 1, "min_free_mb": 0}}
    )


@pytest.fixture
def start_worker(store, samples, detector, settings):
    """Return a starter of workers; each must end in time, with all its threads."""
    before = set(threading.enumerate())
    workers = []

    def start(settings=settings):
        bench = Bench(
            settings=settings,
            store=store,
            engine=AnalysisEngine(DetectorSet.combine([detector]), settings.analysis),
            tracker=TrackerSettings(),
            writer=IncidentWriter(store, settings.data_dir, samples.compose),
            version="0.1.0",
            quarantine=Quarantine(settings.data_dir / "quarantine", "worker-0", utc_now()),
            places=Places(store),
        )
        worker = Worker(bench, Shard("0/1"))
        workers.append(worker)
        worker.start("http://127.0.0.1:1")
        return worker

    def stop(worker):
        workers.remove(worker)
        began = time.monotonic()
        worker.stop()
        assert time.monotonic() - began < STOP_S
        wait_until(lambda: not owned(), 1.0)

    def owned():
        return [t for t in threading.enumerate() if t not in before and "asyncio" not in t.name]

    start.stop = stop
    yield start
    while workers:
        worker = workers[0]
        stop(worker)


@pytest.fixture
def add(store):
    """Return what puts cameras into the inventory."""

    def put(camera_id, uri, rules=(), zones=(), **fields):
        camera = Camera(
            camera_id,
            camera_id,
            main_uri=uri,
            zones=json.dumps(zones),
            rules=json.dumps(rules),
            **fields,
        )
        store.inventory.add(camera, None)
        return camera

    return put


@pytest.fixture
def road(road_film, add):
    """Return a camera that shows the road, over and over."""
    return add("road", road_film.as_uri(), CARS)


def events(store, camera=None):
    """Return every event of the outbox as (incident, type, closed_at), in order."""
    told = []
    for message in store.outbox.waiting(10_000):
        event = json.loads(message.body)
        incident = event["data"]["incident"]
        if camera in (None, incident["camera"]["id"]):
            kind = event["type"].rpartition(".")[2]
            told.append((incident["id"], kind, incident["closed_at"]))
    return told


def state_of(store, camera):
    return store.camera_states.get(camera)


def is_in_state(store, camera, state):
    found = state_of(store, camera)
    return found is not None and found.state == state


@pytest.mark.parametrize(
    ("text", "mistake"),
    [("2/2", "2/2"), ("1", "1"), ("-1/2", "-1/2"), ("a/b", "a/b"), ("0/0", "0/0")],
)
def test_shard_that_is_none(text, mistake):
    with pytest.raises(ConfigError, match=mistake):
        Shard(text)


def test_shards_share_the_cameras_without_overlap():
    ids = [f"camera-{number}" for number in range(200)]
    owned = [{one for one in ids if Shard(f"{n}/3").owns(one)} for n in range(3)]
    assert sum(map(len, owned)) == len(set.union(*owned)) == 200
    assert min(map(len, owned)) > 30


def test_nothing_seen_is_lost_at_the_stop(store, start_worker, road, settings):
    """An incident that is open ends as interrupted, its clip is whole, its pictures are right."""
    worker = start_worker()
    wait_until(lambda: store.incidents.open_incidents("road"))
    start_worker.stop(worker)
    assert store.incidents.open_incidents("road") == ()
    opened = {incident for incident, kind, _ in events(store) if kind == "opened"}
    for incident_id in opened:
        stored = store.incidents.get(incident_id)
        assert [p.type.value for p in stored.evidence] == ["raw", "marked", "clip"]
        for piece in stored.evidence:
            data = (settings.data_dir / piece.path).read_bytes()
            assert hashlib.sha256(data).hexdigest() == piece.sha256
        with av.open(str(settings.data_dir / stored.evidence[2].path)) as film:
            assert sum(1 for _ in film.decode(video=0)) > 0
    endings = {store.incidents.get(incident_id).ending for incident_id in opened}
    assert Ending.INTERRUPTED in endings
    assert not list(settings.evidence_dir.rglob("*.part"))


def test_a_camera_is_recorded_continuously(store, start_worker, add, road_film, settings):
    """What it showed is in the index once the worker has stopped, and on the disk."""
    add("road", road_film.as_uri(), record=RecordMode.CONTINUOUS)
    worker = start_worker()
    wait_until(lambda: list((settings.data_dir / "recordings" / "road").rglob("*.part")))
    wait_until(lambda: is_in_state(store, "road", "online"))
    start_worker.stop(worker)
    for segment in store.segments.of("road"):
        with av.open(str(settings.data_dir / segment.path)) as film:
            assert sum(1 for _ in film.decode(video=0)) == segment.pictures > 0
    assert store.segments.of("road")
    assert Repair(store, settings.data_dir).examine().is_sound


def test_disk_nearly_full_costs_clips_only(store, start_worker, road, settings):
    """The incident and its pictures are kept; only the clip is left out, and that is said once."""
    full = settings.recording.model_copy(update={"min_free_mb": 1 << 40})
    with capture_logs() as logs:
        worker = start_worker(settings.model_copy(update={"recording": full}))
        wait_until(lambda: events(store))
        start_worker.stop(worker)
    assert not list(settings.evidence_dir.rglob("*.mp4*"))
    for incident_id in {incident for incident, _, _ in events(store)}:
        kept = store.incidents.get(incident_id).evidence
        assert [piece.type.value for piece in kept] == ["raw", "marked"]
    left_out = [line for line in logs if line["event"] == "an evidence clip was left out"]
    assert len(left_out) == 1
    assert "min_free_mb" in left_out[0]["reason"]


def test_incident_taken_up_again_reaches_the_outbox(store, start_worker, add, road_film):
    """Two cars, one after the other within cool_down_s, are one incident that opens again."""
    rule = CARS[0] | {"zone": "lane", "clear_s": 0.4, "cool_down_s": 60}
    add("road", road_film.as_uri(), [rule], LANE)
    start_worker()
    wait_until(lambda: len({closed for _, _, closed in events(store)} - {None}) >= 2)
    told = events(store)
    assert len({incident for incident, _, _ in told}) == 1
    assert [kind for _, kind, _ in told].count("opened") == 1
    course = [closed is not None for _, _, closed in told]
    first_end = course.index(True)
    assert False in course[first_end:], "after it closed it was open again"
    assert True in course[first_end + course[first_end:].index(False) :], "and closed again"


def test_a_restart_within_an_interval_loses_no_count_and_doubles_none(
    store, start_worker, add, road_film, monkeypatch
):
    """What was counted before the stop stays; of the time between nothing is claimed."""
    monkeypatch.setattr(camera_unit, "TALLIES_EVERY_S", 0.3)
    add("road", road_film.as_uri(), [{"id": "traffic", "type": "count", "interval_s": 86_400}])
    began = utc_now()

    def counted():
        today = CountFilter(began - timedelta(days=1), began + timedelta(days=2))
        found = store.counts.intervals(today)
        cars = sum(row.count for one in found for row in one.rows)
        return cars, sum(one.watched_s for one in found)

    watched = []
    for _ in range(2):
        before = counted()
        worker = start_worker()
        up = utc_now()
        wait_until(lambda before=before: counted()[0] > before[0])
        start_worker.stop(worker)
        watched.append((utc_now() - up).total_seconds())
        after = counted()
        assert after[0] > before[0]
        assert before[1] < after[1] <= sum(watched)
    start_worker.stop(start_worker())
    assert counted()[0] >= after[0]


async def test_cameras_come_change_and_go_while_it_runs(
    store, start_worker, road, add, square_film, road_film
):
    worker = start_worker()
    wait_until(lambda: is_in_state(store, "road", "online"))
    add("square", square_film.as_uri())
    await worker.reload()
    wait_until(lambda: is_in_state(store, "square", "online"))
    road_unit = worker._units["road"]
    square = store.inventory.get("square")
    store.inventory.replace(replace(square, main_uri=road_film.as_uri(), rules=json.dumps(CARS)))
    await worker.reload()
    assert worker._units["road"] is road_unit, "who did not change is left alone"
    wait_until(lambda: store.incidents.open_incidents("square"))
    store.inventory.replace(replace(store.inventory.get("square"), enabled=False))
    await worker.reload()
    assert (await worker.status()).cameras == ("road",)
    wait_until(lambda: store.incidents.open_incidents("square") == ())
    with pytest.raises(NotFoundError, match="square"):
        await worker.snapshot("square", None)
    seen = state_of(store, "road").updated_at
    wait_until(lambda: state_of(store, "road").updated_at > seen)
    assert state_of(store, "road").analysed_fps > 0


async def test_it_reports_how_it_shares_the_machine(store, start_worker, road):
    """Cars drive past: the camera stirs, and what is spent on it is told."""
    worker = start_worker()
    wait_until(lambda: is_in_state(store, "road", "online"))
    wait_until(lambda: state_of(store, "road").interest in {"stirred", "known"})
    wait_until(lambda: state_of(store, "road").seen_every_s and state_of(store, "road").rung)
    assert state_of(store, "road").why in {"motion", "object", "packets"}
    since = utc_now() - timedelta(seconds=30)
    wait_until(lambda: any(load.decode > 0 for load in store.loads.after(since)))
    load = (await worker.status()).load
    assert (load.shard, load.cameras) == (0, 1)
    assert load.budget > 0


@pytest.mark.slow
def test_a_machine_that_is_short_says_so(store, start_worker, add, road_film, settings):
    """Eight roads full of cars are too much for a tenth of a processor; each is looked at still."""
    for number in range(8):
        add(f"road-{number}", road_film.as_uri(), CARS)
    few = settings.analysis.model_copy(update={"cores": 0.1})
    start_worker(settings.model_copy(update={"analysis": few}))
    began = utc_now()
    wait_until(lambda: any(load.overloaded_since for load in store.loads.after(began)))
    assert "load" in {entry.key for entry in store.journal.after(0, 10_000)}
    states = store.camera_states
    wait_until(lambda: all(one.seen_every_s for one in states.by_camera().values()))
    assert {one.rung for one in states.by_camera().values()} >= {"keys"}


async def test_its_cameras_are_spoken_through(store, start_worker, road, add, loudspeaker):
    there = loudspeaker("--user", "viewer", "--password", "right")
    add("gate", there.url)
    gate = replace(store.inventory.get("gate"), username="viewer")
    store.inventory.replace(gate)
    store.inventory.set_password("gate", "right")
    worker = start_worker()
    wait_until(lambda: is_in_state(store, "gate", "online"))
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer.addTransceiver(AudioStreamTrack(), direction="sendonly")
    await peer.setLocalDescription(await peer.createOffer())
    offer = peer.localDescription.sdp
    answer = await worker.talk_offer("gate", offer, "admin")
    assert (await worker.talk_state("gate")).speaker == "admin"
    assert (await worker.status()).live_sessions == (answer.session,)
    with pytest.raises(TalkBusyError):
        await worker.talk_offer("gate", offer, "other")
    with pytest.raises(NoTalkError):
        await worker.talk_offer("road", offer, "admin")
    with pytest.raises(NotFoundError):
        await worker.talk_offer("nowhere", offer, "admin")
    await worker.live_delete(answer.session)
    assert (await worker.status()).live_sessions == ()
    await worker.talk_offer("gate", offer, "other")
    await worker.close_viewers()
    assert (await worker.talk_state("gate")).speaker == ""
    await peer.close()


async def test_bad_cameras_concern_only_themselves(store, start_worker, road, add, tmp_path):
    garbage, empty = tmp_path / "garbage.mp4", tmp_path / "empty.mp4"
    garbage.write_bytes(b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 40)
    empty.write_bytes(b"")
    add("broken-rules", road.main_uri, [{"id": "x", "type": "presense"}])
    add("no-zone", road.main_uri, [CARS[0] | {"zone": "nowhere"}])
    add("garbage", garbage.as_uri())
    add("empty", empty.as_uri())
    add("missing", (tmp_path / "missing.mp4").as_uri())
    add("nowhere", "rtsp://127.0.0.1:9/live")
    worker = start_worker()
    expected = {
        "road": ("online", ""),
        "broken-rules": ("disabled", "bad_config"),
        "no-zone": ("disabled", "bad_config"),
        "garbage": ("not_video", "not_video"),
        "empty": ("not_video", "not_video"),
        "missing": ("unreachable", "not_found"),
        "nowhere": ("unreachable", "unreachable"),
    }

    def states():
        return {k: (s.state, s.code) for k, s in store.camera_states.by_camera().items()}

    wait_until(lambda: states() == expected)
    assert "presence" in state_of(store, "broken-rules").detail, "the likely word is named"
    assert "nowhere" in state_of(store, "no-zone").detail
    wait_until(lambda: store.incidents.open_incidents("road"))
    assert await worker.snapshot("road", 64)
    with pytest.raises(NoPictureError):
        await worker.snapshot("empty", None)


def test_a_camera_that_cannot_start_leaves_nothing_at_work(
    store, start_worker, add, road_film, settings
):
    """Water set up wrongly, and a camera whose tour the store cannot tell."""
    add("road", road_film.as_uri(), CARS)
    add("ditch", road_film.as_uri(), water='{"zones": 1}')
    add("dome", road_film.as_uri(), address="onvif://127.0.0.1:9")
    with closing(sqlite3.connect(settings.data_dir / "gridpatrol.db")) as database:
        database.execute("ALTER TABLE camera_controls RENAME TO elsewhere")
    worker = start_worker()
    wait_until(lambda: is_in_state(store, "road", "online"))
    assert is_in_state(store, "ditch", "disabled")
    assert is_in_state(store, "dome", "disabled")
    assert set(worker._bench.engine._eyes) == {"road"}
    pulling = [t.name for t in threading.enumerate() if t.name.startswith(("file-", "ffmpeg-"))]
    assert len(pulling) == 1


async def test_a_camera_that_is_switched_off_leads_at_its_place_no_more(
    store, start_worker, add, road_film, samples
):
    water = json.dumps({"type": "road", "place": "bridge", "zones": [LANE[0] | {"id": "low"}]})
    east, west = (add(name, road_film.as_uri(), water=water) for name in ("east", "west"))
    worker = start_worker()
    places = worker._bench.places
    places.note("bridge", samples.change(camera="east", rule=WATERLOGGING))
    lead = places.lead(west, "bridge")
    assert lead is not None
    assert lead.incident == "i-1"
    store.inventory.replace(replace(east, enabled=False))
    await worker.reload()
    assert places.lead(west, "bridge") is None


def test_a_surprise_with_one_camera_concerns_no_other(store, start_worker, road, add, monkeypatch):
    add("odd", road.main_uri, [CARS[0] | {"id": "odd"}])
    read = camera_unit.rules_from_json

    def surprise(zones, rules):
        if "odd" in rules:
            raise ZeroDivisionError("a rule nobody thought of")
        return read(zones, rules)

    monkeypatch.setattr(camera_unit, "rules_from_json", surprise)
    start_worker()
    wait_until(lambda: is_in_state(store, "road", "online"))
    assert is_in_state(store, "odd", "disabled")
    assert "nobody thought of" in state_of(store, "odd").detail


def test_a_turn_between_two_looks_is_known_to_the_next_one(store, start_worker, road):
    """What was where is forgotten, though no look was judged while the view turned."""
    unit = start_worker()._units["road"]
    wait_until(lambda: store.incidents.open_incidents("road"))
    with unit._judging:
        followed = unit._pipeline._tracker._trails
        unit._moved(moving=True)
        unit._moved(moving=False)
    wait_until(lambda: unit._pipeline._tracker._trails is not followed)


def test_motion_lasts_while_one_of_a_cameras_detectors_tells_it(start_worker, road):
    unit, told = start_worker()._units["road"], []
    unit.eye.motion_alarm = lambda *, active: told.append(active)
    for topic, active in (("a", True), ("b", True), ("b", False), ("a", False), ("b", False)):
        unit._alarmed(CameraAlarm(AlarmType.MOTION, active, utc_now(), topic, "lens"))
    assert told == [True, False, False], "that nothing moves is told again: it can tell"


def test_a_camera_that_does_not_end_well_keeps_no_other_from_its_end(
    store, start_worker, add, road_film
):
    add("gate", road_film.as_uri(), CARS)
    add("road", road_film.as_uri(), CARS)
    worker = start_worker()
    wait_until(lambda: store.incidents.open_incidents("road"))
    stream = worker._units["gate"].stream("sub")
    stop, failures = stream.stop, [ValueError()]

    def fail_once():
        stop()
        if failures:
            raise failures.pop()

    stream.stop = fail_once
    with capture_logs() as logs:
        start_worker.stop(worker)
    assert [line["camera"] for line in logs if line["log_level"] == "error"] == ["gate"]
    assert store.incidents.open_incidents("road") == ()


def test_a_camera_whose_alarms_do_not_reach_us_is_not_waited_for(start_worker, add, road_film):
    add("dome", road_film.as_uri(), address="onvif://127.0.0.1:9")
    unit = start_worker()._units["dome"]
    unit.eye.motion_alarm(active=True)
    wait_until(lambda: unit.control.events_fault)
    assert not unit.eye.demand(0.0).tells


def test_stream_that_cannot_be_decoded_is_not_video(
    store, start_worker, add, rtsp_camera, coded_stream
):
    """The connection stands and packets come, but they hold no pictures."""
    whole = [packet.data for packet in coded_stream(gop=5).packets]
    camera = rtsp_camera([_spoilt(unit) for unit in whole], "--fps", "25")
    add("gate", camera.url)
    start_worker()
    wait_until(lambda: is_in_state(store, "gate", "not_video"))
    assert state_of(store, "gate").detail


def _spoilt(unit):
    """Return an access unit whose slices are noise behind right headers."""
    parts = unit.split(b"\0\0\1")
    noise = bytes(range(1, 200))
    return b"\0\0\1".join(
        part[:1] + noise if part and part[0] & 31 in (1, 5) else part for part in parts
    )


@pytest.mark.parametrize("fault", ["freeze", "kill"])
def test_stops_in_time_beside_a_camera_that_hangs(
    store, start_worker, add, rtsp_camera, coded_stream, fault
):
    camera = rtsp_camera([packet.data for packet in coded_stream().packets], "--fps", "25")
    add("gate", camera.url)
    add("deaf", "rtsp://192.0.2.1/live")
    worker = start_worker()
    wait_until(lambda: is_in_state(store, "gate", "online"))
    getattr(camera, fault)()
    start_worker.stop(worker)


def test_states_come_without_any_change(store, start_worker, road):
    """The API calls a worker silent after 30 s; reports must come far more often."""
    start_worker()
    wait_until(lambda: is_in_state(store, "road", "online"))
    wait_until(lambda: state_of(store, "road").last_picture_at)
    first = state_of(store, "road")
    wait_until(lambda: state_of(store, "road").updated_at > first.updated_at, 10.0)
    facts = state_of(store, "road").stream
    assert (facts.codec, facts.width, facts.height, facts.clock) == ("h264", 640, 272, "file")
    assert state_of(store, "road").live in LiveMode


def test_a_clock_set_back_has_every_camera_begin_anew(store, start_worker, road, monkeypatch):
    worker = start_worker()
    wait_until(lambda: is_in_state(store, "road", "online"))
    first, back_s = worker._units["road"], [0.0]
    monkeypatch.setattr(worker, "_clock", ClockWatch(lambda: 1000.0 - back_s[0], lambda: 0.0))
    back_s[0] = 3.0
    worker._mind_the_clock()
    assert worker._units["road"] is first, "a small correction disturbs nobody"
    back_s[0] = 3603.0
    worker._report_due.set()
    wait_until(lambda: worker._units.get("road", first) is not first)
    wait_until(lambda: worker._units["road"].eye.latest is not None)
    second = worker._units["road"]
    worker._mind_the_clock()
    assert worker._units["road"] is second, "once for each time it is set back"


def test_failed_start_can_be_stopped(store, start_worker, settings, road):
    """A process whose worker cannot start must still end, not wait for threads for ever."""
    with closing(sqlite3.connect(settings.data_dir / "gridpatrol.db")) as database:
        database.execute("ALTER TABLE cameras RENAME TO elsewhere")
    with pytest.raises(StorageError, match="cameras"):
        start_worker()


def test_stop_is_harmless_when_repeated(start_worker, road):
    worker = start_worker()
    start_worker.stop(worker)
    worker.stop()


async def test_crash_before_is_settled_at_the_start(store, samples, start_worker, road, settings):
    """What another process left open is closed as interrupted before anything new is kept."""
    store.incidents.record(
        samples.change("left", camera="road"), samples.origin, (), samples.compose
    )
    worker = start_worker()
    wait_until(lambda: store.incidents.get("left").ending is Ending.INTERRUPTED)
    assert (await worker.status()).shard == "0/1"


def test_quarantined_camera_is_not_watched_and_its_neighbour_is(
    store, start_worker, road, add, settings, road_film
):
    add("rain", road_film.as_uri())
    book = settings.data_dir / "quarantine" / "worker-0.json"
    book.parent.mkdir()
    until = utc_now() + timedelta(hours=1)
    book.write_text(json.dumps({"rain": {"crashes": 2, "held_until": until.isoformat()}}))
    worker = start_worker()
    wait_until(lambda: is_in_state(store, "road", "online"))
    wait_until(lambda: is_in_state(store, "rain", "quarantined"))
    assert "rain" not in worker._units
    assert state_of(store, "rain").code == "quarantined"


def test_camera_whose_quarantine_is_over_is_tried_again(
    store, start_worker, add, settings, road_film
):
    add("rain", road_film.as_uri())
    book = settings.data_dir / "quarantine" / "worker-0.json"
    book.parent.mkdir()
    until = utc_now() + timedelta(seconds=1)
    book.write_text(json.dumps({"rain": {"crashes": 2, "held_until": until.isoformat()}}))
    start_worker()
    wait_until(lambda: is_in_state(store, "rain", "quarantined"))
    wait_until(lambda: is_in_state(store, "rain", "online"))
