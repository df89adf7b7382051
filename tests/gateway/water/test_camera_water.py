"""A camera's water from pictures to incidents, on a street that goes under and dries again."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from gateway.errors import GroundUnseenError, NoPictureError, NotFoundError
from gateway.store.evidence import EvidenceType
from gateway.store.incident_list import IncidentFilter
from gateway.store.rain import RainSpell
from gateway.store.water import Loss
from gateway.water.bank_files import BANK, FEET, PREVIOUS, BankFiles
from gateway.water.camera_water import LOSS_TOLD
from gateway.water.last_look import boxes
from gateway.water.round import WaterRound
from vision.types import Detections, FrameSize, Kind, ObjectClass
from vision.water.bank import ReferenceBank
from vision.water.conditions import BLIND_S, WATER_UNSEEN
from vision.water.state import LOOK_S
from vision.water.types import Passability, RainState, Sample, Unseen, WaterState

HEIGHT, WIDTH = 360, 640
NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def known(street_camera):
    """Return a camera that has learnt how its street looks."""
    camera = street_camera()
    camera.show(camera.street(), 40)
    return camera


def stored(store, writer):
    """Return the incidents kept so far, once all that was told is."""
    writer.stop()
    page = store.incident_list.page(IncidentFilter())
    return page.incidents


def test_an_eye_that_was_taught_is_looked_with_from_the_next_look_on(known, tmp_path) -> None:
    asked: list[bool] = []
    known.water._desk = replace(
        known.water._desk, voter_of=lambda files: asked.append(files.head_stamp() != 0)
    )
    known.show(known.street(), 60)
    assert asked == []
    BankFiles(tmp_path, "gate").save_head(b"what it was taught")
    known.show(known.street(), 60)
    assert asked == [True]
    assert (known.looks[-1].unseen, known.looks[-1].reference_count) == (None, 1)


def test_a_dry_street_is_learnt_and_told_as_dry(known, tmp_path) -> None:
    first, second = known.looks
    assert (first.unseen, first.passability) == (Unseen.LEARNING, None)
    assert (second.unseen, second.state) == (None, WaterState.NORMAL)
    assert (second.passability, second.reference_count) == (Passability.OPEN, 1)
    assert (tmp_path / "water" / "gate" / BANK).exists()


def test_a_flood_opens_rises_and_closes_with_its_pictures(known, store, writer) -> None:
    known.show(known.street(0.3), 60)
    known.show(known.street(0.8), 80)
    worst = known.looks[-1]
    known.show(known.street(), 200)
    assert (worst.state, worst.passability) == (WaterState.RED, Passability.CLOSED)
    assert known.looks[-1].state is WaterState.NORMAL
    (one,) = stored(store, writer)
    assert (one.incident.kind, one.incident.severity) == ("waterlogging", "red")
    assert one.incident.closed_at is not None
    kinds = [piece.type for piece in one.evidence]
    assert EvidenceType.BEFORE in kinds
    for kind in (EvidenceType.RAW, EvidenceType.MARKED, EvidenceType.CURVE):
        assert kinds.count(kind) >= 2, kind
    assert one.incident.readings["reference"] == "day-1"


def test_a_restart_goes_on_with_the_flood_and_with_what_was_learnt(
    known, street_camera, store, writer
) -> None:
    known.show(known.street(0.8), 60)
    again = street_camera(clock=known.clock)
    again.show(again.street(0.8), 40)
    assert again.looks[0].state is not WaterState.NORMAL
    assert again.looks[0].reference_count == 1
    again.show(again.street(), 200)
    (one,) = stored(store, writer)
    assert one.incident.closed_at is not None


def walk(camera, scene, seconds: int, hidden: float = 0.0) -> None:
    """Show a scene with three persons on the road, here and there, of whom a share is hidden."""
    random = np.random.default_rng(int(camera.clock.now.timestamp()))
    person = {0: ObjectClass(0, "person", Kind.PERSON)}
    for _ in range(seconds):
        x = np.array((0.15, 0.4, 0.65)) + random.uniform(0.0, 0.15, 3)
        y = random.uniform(0.8, 0.97, 3)
        tall = 0.3 * y * random.normal(1.0, 0.04, 3)
        end = y - hidden * tall
        top = y - tall
        boxes = np.column_stack(
            (x * WIDTH - 10, top * HEIGHT, x * WIDTH + 10, end * HEIGHT)
        ).astype(np.float32)
        scores, classes = np.full(3, 0.8, np.float32), np.zeros(3, np.int16)
        found = Detections(boxes, scores, classes, person)
        camera.water.collector.detected(camera.clock.now, found)
        camera.show(scene, 1.0)


def test_those_who_wade_tell_how_far_up_it_reaches_also_after_a_restart(
    known, street_camera, store, tmp_path
) -> None:
    walk(known, known.street(), 900)
    assert (tmp_path / "water" / "gate" / FEET).exists()
    again = restarted(known, street_camera, store)
    again.show(again.street(), 40)
    walk(again, again.street(0.6), 150, hidden=0.4)
    told = {look.level_by for look in again.looks}
    assert told == {"", "thighs"}
    assert {look.depth_cm for look in again.looks} == {None}


def test_what_a_person_calls_only_wet_alerts_no_more(known, store, writer) -> None:
    known.show(known.street(0.8), 60)
    reference = known.water.only_wet()
    known.show(known.street(0.8), 120)
    last = known.looks[-1]
    assert (last.state, last.reference, last.reference_count) == (
        WaterState.NORMAL,
        reference.id,
        2,
    )
    assert known.water.reference_jpeg(reference.id).startswith(b"\xff\xd8")
    known.water.forget_reference(reference.id)
    for ask in (known.water.forget_reference, known.water.reference_jpeg):
        with pytest.raises(NotFoundError, match=f"gate knows no state {reference.id}"):
            ask(reference.id)
    assert [one.id for one in known.water.references()] == ["day-1"]


def test_nothing_can_be_only_wet_before_a_look(street_camera) -> None:
    camera = street_camera()
    with pytest.raises(NoPictureError, match="camera gate has not looked"):
        camera.water.only_wet()
    assert camera.water.references() == ()


def test_nothing_can_be_only_wet_while_the_ground_is_not_seen(known) -> None:
    known.show(known.street(0.8), 60)
    known.show(None, 200)
    with pytest.raises(GroundUnseenError, match="camera gate has not seen the ground for 90 s"):
        known.water.only_wet()
    assert len(known.water.references()) == 1


def test_the_last_look_shows_the_water_and_where_the_camera_writes(street_camera) -> None:
    camera = street_camera()
    with pytest.raises(NoPictureError, match="camera gate has not looked"):
        camera.water.last_look()
    dry, wet = ((camera.street(level)) for level in (0.0, 0.8))
    for scene in (dry, wet):
        cv2.rectangle(scene, (20, 4), (260, 24), (0, 0, 0), cv2.FILLED)
        cv2.putText(scene, "2026-07-01 08:00", (24, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255,) * 3)
    camera.show(dry, 12)
    first = camera.water.last_look().facts()
    assert (first.unseen, first.reference, first.votes) == (Unseen.LEARNING, "", {})
    camera.show(dry, 40)
    camera.show(wet, 60)
    last = camera.water.last_look()
    facts = last.facts()
    assert (facts.unseen, facts.reference) == (None, "day-1")
    assert facts.area_ratio == pytest.approx(camera.looks[-1].area_ratio, abs=1e-3)
    (writing,) = facts.text_masks
    assert writing[0][0] < 0.06
    assert writing[2][0] > 0.25
    assert writing[2][1] < 0.12
    picture = cv2.imdecode(np.frombuffer(last.jpeg(), np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (HEIGHT, WIDTH, 3)
    blue, _, red = picture[250:340, 120:520].reshape(-1, 3).mean(axis=0)
    assert blue > red + 40, "the water is tinted blue"


def test_boxes_lie_around_the_parts_of_a_mask() -> None:
    mask = np.zeros((100, 200), np.bool_)
    mask[10:20, 20:40] = mask[0:2, 150:152] = True
    assert boxes(mask) == (
        ((0.1, 0.1), (0.2, 0.1), (0.2, 0.2), (0.1, 0.2)),
        ((0.75, 0.0), (0.76, 0.0), (0.76, 0.02), (0.75, 0.02)),
    )
    assert boxes(np.zeros((4, 4), np.bool_)) == ()


def test_a_camera_that_is_turned_or_silent_says_so_and_clears_nothing(known) -> None:
    known.show(known.street(0.8), 60)
    state = known.looks[-1].state
    known.turning = True
    known.show(known.street(), 15)
    assert (known.looks[-1].unseen, known.looks[-1].state) == (Unseen.AWAY, state)
    known.turning = False
    known.show(None, 75)
    assert (known.looks[-1].unseen, known.looks[-1].state) == (Unseen.STALE, state)
    assert known.looks[-1].passability is not Passability.OPEN


def test_a_camera_that_was_silent_is_looked_at_again(known) -> None:
    known.show(None, 150)
    assert known.looks[-1].unseen is Unseen.STALE
    known.show(known.street(0.8), 60)
    assert (known.looks[-1].unseen, known.looks[-1].state) == (None, WaterState.RED)


def test_a_clock_that_is_set_back_stops_no_look(known) -> None:
    known.show(known.street(0.8), 60)
    looks = len(known.looks)
    known.clock.now -= timedelta(hours=1)
    known.show(known.street(0.8), 60)
    assert len(known.looks) > looks
    assert known.looks[-1].unseen is None


def test_a_camera_that_gives_key_frames_alone_is_judged(street_camera) -> None:
    camera = street_camera()
    camera.show(camera.street(), 80, every_s=8)
    camera.show(camera.street(0.8), 80, every_s=8)
    assert camera.looks[-1].area_ratio > 0.3


def test_water_is_looked_at_sooner_than_dry_ground(known) -> None:
    known.show(known.street(), 60)
    dry = [look.updated_at for look in known.looks]
    known.show(known.street(0.8), 60)
    wet = [look.updated_at for look in known.looks]
    assert (dry[-1] - dry[-2]).total_seconds() >= 29
    assert (wet[-1] - wet[-2]).total_seconds() <= 12


def test_a_round_asks_about_rain_and_keeps_what_is_found(known, store) -> None:
    now = known.clock.now
    hour = timedelta(hours=1)
    store.rain.add(RainSpell("", RainState.RAIN, now - hour, now + hour))
    round_ = WaterRound(store, lambda: [known.water])
    known.turning = True
    later = now + timedelta(seconds=40)
    (look,) = round_.step(later)
    assert (look.rain, look.unseen) == (RainState.RAIN, Unseen.AWAY)
    assert store.water.get("gate") == look
    assert round_.step(later) == ()


def restarted(camera, street_camera, store):
    """Return the camera in a new process, on the same clock, with what it said so far kept."""
    store.water.put(camera.looks[-1:])
    return street_camera(clock=camera.clock)


def test_a_restart_without_pictures_does_not_go_on_saying_all_is_well(
    known, street_camera, store
) -> None:
    again = restarted(known, street_camera, store)
    again.show(None, 75)
    said = again.looks[-1]
    assert (said.unseen, said.state, said.passability) == (Unseen.STALE, WaterState.NORMAL, None)
    assert said.blind_since == known.looks[-1].updated_at
    assert again.clock.now - said.updated_at < timedelta(seconds=LOOK_S)
    assert said.reference_count == 1
    again.show(again.street(), 60)
    assert (again.looks[-1].unseen, again.looks[-1].passability) == (None, Passability.OPEN)


def blindness(store, writer):
    """Return the incidents told of places that were not seen though they ought to be."""
    return [one for one in stored(store, writer) if one.incident.rule == WATER_UNSEEN]


def test_in_rain_a_restart_without_pictures_is_an_incident_and_ends_with_pictures(
    known, street_camera, store, writer
) -> None:
    again = restarted(known, street_camera, store)
    again.rain = RainState.RAIN
    again.show(None, BLIND_S + 90)
    assert again.looks[-1].rain is RainState.RAIN
    again.show(again.street(), 150)
    (told,) = blindness(store, writer)
    assert told.incident.opened_at >= known.looks[-1].updated_at
    assert told.incident.closed_at is not None


def test_in_rain_a_fault_that_lasts_is_an_incident(known, store, writer, monkeypatch) -> None:
    def fails(*_):
        raise cv2.error("out of memory")

    monkeypatch.setattr(known.water._watch, "look", fails)
    now = known.clock.now
    store.rain.add(RainSpell("", RainState.RAIN, now, now + timedelta(hours=2)))
    known.round = WaterRound(store, lambda: [known.water])
    known.show(known.street(), BLIND_S + 90)
    (told,) = blindness(store, writer)
    assert told.incident.readings["unseen"] == "fault"
    assert store.water.get("gate").unseen is Unseen.FAULT


def test_a_camera_that_never_gave_a_picture_says_so(street_camera) -> None:
    camera = street_camera()
    camera.show(None, 75)
    said = camera.looks[-1]
    assert (said.unseen, said.passability, said.reference_count) == (Unseen.STALE, None, 0)


def test_water_that_cannot_be_judged_is_told_as_unseen_and_tried_again(
    known, street_camera, store, tmp_path
) -> None:
    """The disk refuses what was learnt of the place: it is neither judged nor learnt anew."""
    again = restarted(known, street_camera, store)
    bank = tmp_path / "water" / "gate" / BANK
    kept = bank.rename(tmp_path / "aside")
    bank.mkdir()
    again.round = WaterRound(store, lambda: [again.water])
    again.show(again.street(), 75)
    said = store.water.get("gate")
    assert (said.unseen, said.passability, said.reference_count) == (Unseen.FAULT, None, 1)
    assert said.lost.how is Loss.UNREADABLE
    assert said.lost.at < said.updated_at, "it is as old as it is, however often it is tried"
    assert len(store.water.since("gate", known.clock.now - timedelta(seconds=75))) <= 4, (
        "once a pause between looks"
    )
    bank.rmdir()
    kept.rename(bank)
    again.show(again.street(), 60)
    said = store.water.get("gate")
    assert (said.unseen, said.state, said.reference_count) == (None, WaterState.NORMAL, 1)
    assert said.lost is None


def damage_all(folder: Path) -> None:
    for name in (BANK, PREVIOUS):
        (folder / name).write_bytes(b"no bank")


def damage_newest(folder: Path) -> None:
    (folder / PREVIOUS).write_bytes((folder / BANK).read_bytes())
    (folder / BANK).write_bytes(b"no bank")


def of_another_shape(folder: Path) -> None:
    shape = (90, 120)
    bank = ReferenceBank(shape)
    grey = np.full((*shape, 3), 120, np.uint8)
    bank.teach(Sample(NOW, grey, np.zeros(shape, np.bool_), FrameSize(120, 90)), NOW)
    BankFiles(folder.parent.parent, folder.name).save(bank)


@pytest.mark.parametrize(
    ("lose", "loss", "first_unseen"),
    [
        (damage_all, Loss.DAMAGED, Unseen.LEARNING),
        (damage_newest, Loss.BEHIND, None),
        (shutil.rmtree, Loss.MISSING, Unseen.LEARNING),
        (of_another_shape, Loss.RESHAPED, Unseen.LEARNING),
    ],
)
def test_what_was_learnt_and_lost_is_told_with_what_became_of_it(
    known, street_camera, store, tmp_path, lose, loss, first_unseen
) -> None:
    assert {look.lost for look in known.looks} == {None}
    lose(tmp_path / "water" / "gate")
    again = restarted(known, street_camera, store)
    again.show(again.street(), 60)
    first, last = again.looks[0], again.looks[-1]
    assert (first.unseen, first.lost.how) == (first_unseen, loss)
    assert first.updated_at <= first.lost.at < last.updated_at
    assert (last.unseen, last.lost) == (None, first.lost)


def test_a_loss_is_told_for_a_day_also_over_restarts(known, street_camera, store, tmp_path) -> None:
    shutil.rmtree(tmp_path / "water" / "gate")
    again = restarted(known, street_camera, store)
    again.show(again.street(), 60)
    lost = again.looks[-1].lost
    assert lost.how is Loss.MISSING
    later = restarted(again, street_camera, store)
    later.show(later.street(), 40)
    assert later.looks[-1].lost == lost
    later.clock.pass_by(LOSS_TOLD.total_seconds())
    later.show(later.street(), 40)
    assert later.looks[-1].lost is None


def test_states_that_were_lost_in_a_flood_are_learnt_once_a_person_says_it_has_gone(
    known, street_camera, store, writer, tmp_path
) -> None:
    known.show(known.street(0.8), 60)
    shutil.rmtree(tmp_path / "water" / "gate")
    again = restarted(known, street_camera, store)
    again.show(again.street(), 300)
    said = again.looks[-1]
    assert (said.state, said.unseen) == (WaterState.RED, Unseen.LEARNING)
    assert said.lost.how is Loss.MISSING
    again.water.only_wet()
    again.show(again.street(), 200)
    assert (again.looks[-1].state, again.looks[-1].unseen) == (WaterState.NORMAL, None)
    (one,) = stored(store, writer)
    assert one.incident.closed_at is not None
