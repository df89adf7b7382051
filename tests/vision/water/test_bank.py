"""A bank keeps what is rare, lets no flood in, and comes back from a file as it was."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.errors import WaterError
from vision.types import FrameSize, Image
from vision.water.bank import CONFIRM_S, MOST, ReferenceBank
from vision.water.bank_file import KIND
from vision.water.reference import ReferenceKind
from vision.water.sealed import seal, unseal
from vision.water.types import Sample

SHAPE = (72, 128)
START = datetime(2026, 7, 1, tzinfo=UTC)
NOTHING = np.zeros(SHAPE, dtype=np.bool_)


def scene(seed: int) -> Image:
    """A picture of coarse patches, unlike that of any other seed."""
    rng = np.random.default_rng(seed)
    patches = rng.integers(40, 200, (9, 16), dtype=np.uint8)
    return np.repeat(np.repeat(patches, 8, 0), 8, 1)[:, :, None].repeat(3, 2)


def sample(image: Image, at: datetime = START, *, infrared: bool = False) -> Sample:
    return Sample(at, image, NOTHING, FrameSize(1280, 720), infrared)


def learn(bank: ReferenceBank, image: Image, at: datetime, looks: int = 12, **more: bool) -> None:
    """Show a bank one picture every two minutes."""
    for look in range(looks):
        when = at + timedelta(minutes=2 * look)
        bank.learn(sample(image, when, **more), when)


def test_an_empty_bank_knows_nothing_and_the_first_sample_of_a_kind_is_a_state() -> None:
    bank = ReferenceBank(SHAPE)
    assert bank.nearest(sample(scene(1)), NOTHING) is None
    bank.learn(sample(scene(1)), START)
    assert bank.nearest(sample(scene(1)), NOTHING) is not None
    assert bank.nearest(sample(scene(1), infrared=True), NOTHING) is None


@pytest.mark.parametrize("gain", [0.5, 0.8, 1.2])
def test_the_same_place_in_another_exposure_is_no_new_state(gain: float) -> None:
    bank = ReferenceBank(SHAPE)
    learn(bank, scene(1), START)
    learn(bank, np.clip(scene(1) * gain, 0, 255).astype(np.uint8), START + timedelta(hours=2))
    assert len(bank.references) == 1


def test_a_new_state_stands_a_trial_that_a_flood_on_its_way_does_not_pass() -> None:
    bank = ReferenceBank(SHAPE)
    learn(bank, scene(1), START)
    learn(bank, scene(2), START + timedelta(hours=1), looks=7)
    assert len(bank.references) == 1, f"12 minutes are less than the trial of {CONFIRM_S} s"
    learn(bank, scene(2), START + timedelta(hours=1, minutes=14), looks=5)
    assert len(bank.references) == 2


def test_the_nearest_state_is_told_by_the_part_of_the_picture_that_is_not_flooded() -> None:
    bank = ReferenceBank(SHAPE)
    learn(bank, scene(1), START)
    learn(bank, scene(2), START + timedelta(hours=1))
    flooded = scene(2)
    flooded[48:] = scene(1)[48:]
    found = bank.nearest(sample(flooded), NOTHING)
    assert found is not None
    assert np.abs(found.image.astype(int) - scene(2)).max() <= 1


def test_what_hides_the_view_counts_neither_for_finding_nor_for_learning() -> None:
    bank = ReferenceBank(SHAPE)
    learn(bank, scene(1), START)
    covered = scene(1)
    covered[20:60, 30:90] = 255
    blocked = NOTHING.copy()
    blocked[20:60, 30:90] = True
    for hours in range(2, 40):
        at = START + timedelta(hours=hours)
        bank.learn(replace(sample(covered, at), blocked=blocked), at)
    (state,) = bank.references
    assert np.array_equal(state.image, scene(1))


def test_a_wet_infrared_night_outlives_a_sunny_month() -> None:
    bank = ReferenceBank(SHAPE)
    learn(bank, scene(100), START, infrared=True)
    learn(bank, scene(101), START + timedelta(hours=1), infrared=True)
    base = scene(1).astype(np.float32)
    for day in range(1, 31, 3):
        for hour in range(6, 18):
            rng = np.random.default_rng(1000 * day + hour)
            shadows = np.repeat(np.repeat(rng.uniform(0.5, 1.1, (9, 16)), 8, 0), 8, 1)
            image = np.clip(base * shadows[:, :, None], 0, 255).astype(np.uint8)
            learn(bank, image, START + timedelta(days=day, hours=hour), looks=9)
    assert len(bank.references) == MOST
    night = [state.image for state in bank.references if state.infrared]
    assert len(night) == 2


def test_what_a_person_taught_is_kept_whatever_comes() -> None:
    bank = ReferenceBank(SHAPE)
    taught = bank.teach(sample(scene(0)), START)
    assert (taught.kind, taught.taught) == (ReferenceKind.WET, True)
    for seed in range(1, 40):
        learn(bank, scene(seed), START + timedelta(hours=seed))
    assert len(bank.references) == MOST
    assert taught.id in {state.id for state in bank.references}


def test_teaching_everything_keeps_the_bank_bounded() -> None:
    bank = ReferenceBank(SHAPE)
    for seed in range(30):
        bank.teach(sample(scene(seed)), START + timedelta(hours=seed))
    assert len(bank.references) == MOST


def test_teaching_the_same_again_replaces_it() -> None:
    bank = ReferenceBank(SHAPE)
    first = bank.teach(sample(scene(1)), START)
    second = bank.teach(sample(scene(1)), START + timedelta(days=1))
    assert first.id != second.id
    assert [state.id for state in bank.references] == [second.id]


def test_a_state_taught_in_one_shower_is_not_washed_out_by_the_beginning_of_the_next() -> None:
    bank = ReferenceBank(SHAPE)
    bank.learn(sample(scene(1)), START)
    half, wet = ((scene(1) * part).astype(np.uint8) for part in (0.9, 0.8))
    half[60:], wet[60:] = scene(1)[60:] // 2, scene(1)[60:] // 3
    taught = bank.teach(sample(wet), START + timedelta(hours=1))
    for look in range(20):
        at = START + timedelta(days=1, seconds=30 * look)
        bank.learn(sample(half, at), at)
    (kept,) = (state for state in bank.references if state.id == taught.id)
    assert np.abs(kept.image.astype(int) - wet).max() <= 0.2 * np.abs(half - wet.astype(int)).max()


def test_a_water_line_that_creeps_for_an_hour_is_not_followed() -> None:
    bank = ReferenceBank(SHAPE)
    learn(bank, scene(1), START)
    flooded = scene(1)
    flooded[60:] = 120
    for second in range(0, 3600, 15):
        at = START + timedelta(hours=1, seconds=second)
        bank.learn(sample(flooded, at), at)
    (state,) = bank.references
    moved = np.abs(state.image[60:].astype(int) - scene(1)[60:]).max()
    assert moved <= 0.2 * np.abs(flooded[60:].astype(int) - scene(1)[60:]).max()


def test_a_sample_of_another_shape_is_refused() -> None:
    bank = ReferenceBank((90, 160))
    with pytest.raises(WaterError, match=r"\(72, 128\)"):
        bank.learn(sample(scene(1)), START)


@pytest.fixture(scope="module")
def written() -> bytes:
    bank = ReferenceBank(SHAPE)
    learn(bank, scene(1), START)
    learn(bank, scene(2), START, infrared=True)
    bank.teach(sample(scene(3)), START)
    return bank.to_bytes()


def test_a_bank_comes_back_as_it_was(written: bytes) -> None:
    bank = ReferenceBank.from_bytes(written)
    assert [state.id for state in bank.references] == ["day-1", "infrared-2", "day-3"]
    assert [state.kind for state in bank.references] == ["dry", "dry", "wet"]
    assert [state.looks for state in bank.references][2] == 1
    assert bank.references[0].made_at == START
    assert bank.to_bytes() == written
    bank.teach(sample(scene(4)), START)
    assert bank.references[-1].id == "day-4"


def test_an_empty_bank_comes_back_too() -> None:
    bank = ReferenceBank.from_bytes(ReferenceBank(SHAPE).to_bytes())
    assert (bank.shape, bank.references) == (SHAPE, ())


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_anywhere_is_noticed(written: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(written) - 1))
    torn = data.draw(st.booleans())
    damaged = bytearray(written)
    damaged[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(WaterError):
        ReferenceBank.from_bytes(written[:place] if torn else bytes(damaged))


def test_a_full_bank_of_a_usual_picture_is_under_two_megabytes() -> None:
    bank = ReferenceBank((180, 320))
    rng = np.random.default_rng(0)
    for look in range(20):
        image = rng.integers(0, 255, (180, 320, 3), dtype=np.uint8)
        noise = Sample(START, image, np.zeros((180, 320), np.bool_), FrameSize(1280, 720))
        bank.teach(noise, START + timedelta(hours=look))
    assert len(bank.to_bytes()) <= 2_000_000
    assert sum(state.image.nbytes for state in bank.references) <= 2_000_000


def test_who_stands_before_a_new_state_does_not_become_part_of_it() -> None:
    bank = ReferenceBank(SHAPE)
    ground = scene(1)
    learn(bank, ground, START)
    wet = (ground * 0.6).astype(np.uint8)
    blocked = NOTHING.copy()
    blocked[20:60, 50:66] = True
    hidden = np.where(blocked[:, :, None], np.uint8(5), wet)
    state = bank.teach(replace(sample(hidden), blocked=blocked), START + timedelta(hours=1))
    away = np.abs(state.image.astype(int) - wet)
    assert away[~blocked].max() == 0
    assert away[blocked].mean() < 12


def taught_behind_a_crowd(light: np.ndarray) -> tuple[ReferenceBank, Image, np.ndarray]:
    """Teach a bank wet ground that a crowd stands on; return the ground and where the crowd is."""
    bank = ReferenceBank(SHAPE)
    learn(bank, scene(1), START)
    wet = (scene(1) * light).astype(np.uint8)
    crowd = NOTHING.copy()
    crowd[8:64, 24:112] = True
    shown = np.where(crowd[:, :, None], np.uint8(5), wet)
    bank.teach(replace(sample(shown), blocked=crowd), START + timedelta(hours=1))
    return bank, wet, crowd


def test_ground_behind_a_crowd_has_the_light_of_what_is_seen_and_no_seam() -> None:
    bank, wet, _ = taught_behind_a_crowd(np.full((1, 1), 0.6))
    state = bank.references[-1]
    away = np.abs(np.log(state.image + 4.0) - np.log(wet + 4.0))
    assert away.max() < 0.06


@pytest.fixture
def crowded() -> tuple[ReferenceBank, Image, np.ndarray]:
    """The same, wetter on one side."""
    return taught_behind_a_crowd(np.linspace(0.5, 0.8, SHAPE[1])[:, None])


def test_what_was_only_guessed_of_a_state_is_said_and_kept_until_it_was_seen(crowded) -> None:
    bank, wet, crowd = crowded
    guessed = bank.references[-1].guessed
    assert guessed is not None
    assert np.array_equal(guessed > 0, crowd)
    bank = ReferenceBank.from_bytes(bank.to_bytes())
    again = bank.references[-1].guessed
    assert again is not None
    assert np.array_equal(again, guessed)
    moss = wet.copy()
    moss[30:40, 60:70] //= 2
    learn(bank, moss, START + timedelta(hours=1, minutes=1), looks=6)
    state = bank.references[-1]
    assert state.guessed is None
    assert np.abs(state.image[30:40, 60:70].astype(int) - moss[30:40, 60:70]).max() < 4


def test_other_light_tells_little_of_what_was_guessed(crowded) -> None:
    bank, wet, crowd = crowded
    wetter = wet.copy()
    wetter[:, :64] = (wetter[:, :64] * 0.85).astype(np.uint8)
    learn(bank, wetter, START + timedelta(hours=1, minutes=1), looks=6)
    guessed = bank.references[-1].guessed
    assert guessed is not None
    assert np.array_equal(guessed > 0, crowd)
    for hour in range(2, 8):
        at = START + timedelta(hours=hour, minutes=1)
        bank.learn(sample(wetter, at), at)
    assert bank.references[-1].guessed is None, "no place is guessed for ever"


def test_a_bank_written_before_guesses_were_kept_is_read(written: bytes) -> None:
    arrays = {name: array for name, array in unseal(KIND, written).items() if name != "guessed"}
    bank = ReferenceBank.from_bytes(seal(KIND, arrays))
    assert [state.id for state in bank.references] == ["day-1", "infrared-2", "day-3"]
    assert all(state.guessed is None for state in bank.references)
