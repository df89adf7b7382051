"""The whole flow on a real square: it floods, stays, drains; it rains, it is dark, nobody sees."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from vision.errors import WaterError
from vision.geometry import Polygon
from vision.scene import Zone
from vision.types import ChangeType, FrameSize, Image, IncidentChange, Severity
from vision.water.bank import ReferenceBank
from vision.water.conditions import WATER_UNSEEN, WATERLOGGING
from vision.water.types import (
    Map,
    Passability,
    PlaceType,
    RainState,
    Sample,
    Unseen,
    WaterSetup,
    WaterState,
)
from vision.water.watch import WaterOutcome, WaterWatch

EPOCH = datetime(2026, 7, 1, tzinfo=UTC)
SHAPE = (240, 320)
SIZE = FrameSize(768, 576)
ZONE = (0.05, 0.55, 0.95, 0.98)
SETUP = WaterSetup(
    PlaceType.ROAD,
    (Zone("low", Polygon.of([[0.05, 0.55], [0.95, 0.55], [0.95, 0.98], [0.05, 0.98]])),),
)
UNKNOWN, RAIN, DRY = RainState.UNKNOWN, RainState.RAIN, RainState.DRY


@pytest.fixture(scope="module")
def square(square_film: Path) -> Image:
    """The empty square: the middle value of fifteen pictures, five seconds apart."""
    with av.open(str(square_film)) as film:
        pictures = [
            cv2.resize(frame.to_ndarray(format="bgr24"), SHAPE[::-1], interpolation=cv2.INTER_AREA)
            for frame in islice(film.decode(video=0), 0, 750, 50)
        ]
    return np.median(pictures, axis=0).astype(np.uint8)


class Site:
    """The square as it is at each second: how much of its zone is under water, and the light."""

    def __init__(self, square: Image) -> None:
        self._square = square
        self._rng = np.random.default_rng(7)

    def sample(self, second: float, share: float, light: float = 1.0) -> Sample:
        """Return a look: smooth water, browned, over the lowest share of the zone; noise on it."""
        picture = self._square.astype(np.float32)
        top, bottom = round(ZONE[1] * SHAPE[0]), round(ZONE[3] * SHAPE[0])
        edge = bottom - round(share * (bottom - top))
        sky = cv2.GaussianBlur(picture[:edge][::-1], (0, 0), 9)
        picture[edge:] = 0.5 * sky[: SHAPE[0] - edge] + (40, 60, 70)
        if share == 0.0:
            picture = self._square.astype(np.float32)
        noisy = picture * light + self._rng.normal(0.0, 1.5, picture.shape)
        image = np.clip(noisy, 0, 255).astype(np.uint8)
        moment = EPOCH + timedelta(seconds=second)
        return Sample(moment, image, np.zeros(SHAPE, np.bool_), SIZE)

    def looks(self, start: int, end: int, share: float, light: float = 1.0) -> Iterator[Sample]:
        """Yield looks thirty seconds apart, from start to before the end."""
        return (self.sample(second, share, light) for second in range(start, end, 30))


@pytest.fixture
def site(square: Image) -> Site:
    return Site(square)


def watch(bank: ReferenceBank | None = None) -> WaterWatch:
    return WaterWatch(SETUP, bank or ReferenceBank(SHAPE), camera="square")


def play(
    one: WaterWatch, samples: Iterable[Sample], rain: RainState = UNKNOWN
) -> list[WaterOutcome]:
    return [one.look(sample, rain) for sample in samples]


def changes(outcomes: Iterable[WaterOutcome], rule: str = WATERLOGGING) -> list[IncidentChange]:
    return [c for one in outcomes for c in one.changes if c.incident.rule == rule]


def told(outcomes: Iterable[WaterOutcome], rule: str = WATERLOGGING) -> list[tuple[str, str]]:
    """Return what was told, with the severity, without repeats of the same."""
    words = [(c.type.value, c.incident.severity.value) for c in changes(outcomes, rule)]
    return [word for i, word in enumerate(words) if i == 0 or word != words[i - 1]]


def second(moment: datetime | None) -> float | None:
    return None if moment is None else (moment - EPOCH).total_seconds()


def test_one_incident_rises_with_the_water_falls_with_it_and_closes(site: Site) -> None:
    one = watch()
    before = play(one, site.looks(0, 600, 0.0))
    rising = [site.sample(s, min((s - 600) / 1800, 0.8)) for s in range(600, 2600, 40)]
    flooded = play(one, rising)
    falling = play(one, site.looks(2600, 3500, 0.2))
    gone = play(one, site.looks(3500, 4300, 0.0))
    outcomes = before + flooded + falling + gone
    assert told(outcomes) == [
        ("opened", "green"),
        ("updated", "green"),
        ("updated", "yellow"),
        ("updated", "red"),
        ("updated", "yellow"),
        ("closed", "yellow"),
    ]
    every = changes(outcomes)
    assert len({change.incident.id for change in every}) == 1
    opened, closed = every[0], every[-1]
    # 5 % of the zones are flooded at 690 s and must be so for two minutes of looks forty seconds
    # apart; the median of a minute follows half a minute later.
    assert 690 <= (second(opened.incident.opened_at) or 0) <= 690 + 120 + 30 + 2 * 40
    assert second(closed.incident.closed_at) == pytest.approx(3500, abs=60)
    assert second(closed.at) == pytest.approx(3500 + 630, abs=60)
    readings = every[-1].incident.readings
    assert readings["peak_area_ratio"] == pytest.approx(0.8, abs=0.1)
    assert not any("cm" in name for name in readings)
    assert len(every) < 30


def snowed(sample: Sample, cover: float) -> Sample:
    """Return a look at ground that is so much covered, 0-1, beyond the zone as in it."""
    picture = sample.image.astype(np.float32)
    ground = picture[round(0.35 * SHAPE[0]) :]
    ground[:] = (1.0 - cover) * ground + cover * 205.0
    return replace(sample, image=np.clip(picture, 0, 255).astype(np.uint8))


def test_what_lies_on_all_the_ground_is_no_flood_and_no_all_clear(site: Site) -> None:
    one = watch()
    play(one, site.looks(0, 600, 0.0))
    settling = [
        snowed(site.sample(s, 0.0), min((s - 600) / 1200, 0.9)) for s in range(600, 2400, 30)
    ]
    outcomes = play(one, settling)
    assert told(outcomes) == []
    assert outcomes[-1].reading.unseen is Unseen.COVERED
    assert not any(outcome.judgement.is_clear for outcome in outcomes[-20:])


def test_readings_say_how_much_where_to_what_for_and_on_whose_word(site: Site) -> None:
    one = watch()
    play(one, site.looks(0, 300, 0.0))
    last = changes(play(one, site.looks(300, 900, 0.5)))[-1].incident
    assert last.severity is Severity.RED
    assert last.readings["state"] == "red"
    assert last.readings["passability"] == Passability.CLOSED.value
    assert last.readings["area_ratio"] == pytest.approx(0.5, abs=0.1)
    assert last.readings["rain"] == "unknown"
    assert last.readings["reference"] == "day-1"
    assert "loss" in str(last.readings["basis"]).split("+")


def walking(samples: Iterable[Sample], hidden: float) -> Iterator[Sample]:
    """Yield looks with four persons in the zone, here and there, of whom a share is hidden."""
    random = np.random.default_rng(5)
    for sample in samples:
        x, y = random.uniform(0.2, 1.1, 4), random.uniform(0.75, 0.92, 4)
        tall = 0.3 * y * random.normal(1.0, 0.04, 4)
        feet = np.column_stack((x, y - hidden * tall, (1.0 - hidden) * tall))
        yield replace(sample, feet=feet.astype(np.float32))


def test_how_far_up_persons_it_reaches_is_told_of_water_and_raises_nothing(site: Site) -> None:
    one, without = watch(), watch()
    usual = list(site.looks(0, 900, 0.0))
    dry = play(one, walking(usual, 0.0))
    play(without, usual)
    flooded = list(site.looks(900, 1500, 0.6))
    outcomes = play(one, walking(flooded, 0.28))
    assert {outcome.wading for outcome in dry} == {None}
    assert outcomes[-1].wading == "knees"
    assert changes(outcomes)[-1].incident.readings["wading"] == "knees"
    plain = play(without, flooded)
    assert [o.judgement for o in outcomes] == [o.judgement for o in plain]
    assert all("wading" not in change.incident.readings for change in changes(plain))


def test_nobody_is_learnt_of_in_rain_or_in_water(site: Site) -> None:
    one = watch()
    play(one, walking(site.looks(0, 300, 0.0), 0.0))
    dry = one.wading.dry
    assert len(dry)
    play(one, walking(site.looks(300, 600, 0.0), 0.0), RAIN)
    play(one, walking(site.looks(600, 900, 0.6), 0.3))
    assert np.array_equal(one.wading.dry, dry)


def test_a_view_that_is_learnt_from_nothing_forgets_who_was_seen_there(site: Site) -> None:
    one = watch()
    play(one, walking(site.looks(0, 300, 0.0), 0.0))
    for reference in one.bank.references:
        one.bank.forget(reference.id)
    play(one, site.looks(300, 330, 0.0))
    assert len(one.wading.dry) == 0


def test_a_flood_is_never_learnt(site: Site) -> None:
    one = watch()
    play(one, site.looks(0, 300, 0.0))
    learnt = one.bank.to_bytes()
    outcomes = play(one, site.looks(300, 2100, 0.6))
    assert not any(outcome.learnt for outcome in outcomes)
    assert one.bank.to_bytes() == learnt
    assert outcomes[-1].judgement.state is not WaterState.NORMAL


@pytest.mark.parametrize("light", [0.6, 1.5])
def test_another_light_is_no_water(site: Site, light: float) -> None:
    one = watch()
    outcomes = play(one, site.looks(0, 300, 0.0)) + play(one, site.looks(300, 900, 0.0, light))
    assert changes(outcomes) == []


def test_darkness_in_rain_is_told_as_such_and_is_neither_flood_nor_all_clear(site: Site) -> None:
    one = watch()
    play(one, site.looks(0, 300, 0.0))
    dark = play(one, site.looks(300, 900, 0.5, light=0.1), RAIN)
    assert {outcome.reading.unseen for outcome in dark} == {Unseen.DARK}
    assert {outcome.judgement.passability for outcome in dark} == {None}
    assert changes(dark) == []
    (blind,) = changes(dark, WATER_UNSEEN)
    assert (blind.type, blind.incident.readings["unseen"]) == (ChangeType.OPENED, "dark")
    assert (second(blind.at) or 0) - 270 == pytest.approx(300, abs=30)
    light = play(one, site.looks(900, 1100, 0.0), RAIN)
    (seen,) = changes(light, WATER_UNSEEN)
    assert (seen.type, second(seen.at)) == (ChangeType.CLOSED, 960.0)


def test_darkness_on_a_dry_night_is_nobodys_business(site: Site) -> None:
    one = watch()
    outcomes = play(one, site.looks(0, 300, 0.0), DRY)
    outcomes += play(one, site.looks(300, 1200, 0.0, light=0.1), DRY)
    assert [change for outcome in outcomes for change in outcome.changes] == []


def test_an_open_incident_stays_open_while_nobody_sees(site: Site) -> None:
    one = watch()
    play(one, site.looks(0, 300, 0.0))
    play(one, site.looks(300, 900, 0.5))
    blind = [
        one.miss(EPOCH + timedelta(seconds=s), Unseen.STALE, UNKNOWN) for s in range(900, 9000, 30)
    ]
    assert changes(blind) == []
    assert {outcome.judgement.state for outcome in blind} == {WaterState.RED}
    assert told(blind, WATER_UNSEEN) == [("opened", "yellow")]
    assert blind[-1].judgement.blind_s == 8970 - 870


def test_a_camera_that_is_turned_away_says_nothing(site: Site) -> None:
    one = watch()
    play(one, site.looks(0, 300, 0.0))
    outcomes = [one.look(sample, UNKNOWN, away=True) for sample in site.looks(300, 900, 0.9)]
    assert {outcome.reading.unseen for outcome in outcomes} == {Unseen.AWAY}
    assert changes(outcomes) == []


def test_nothing_is_learnt_first_in_rain_since_it_might_be_the_flood(site: Site) -> None:
    one = watch()
    outcomes = play(one, site.looks(0, 600, 0.5), RAIN)
    assert {outcome.reading.unseen for outcome in outcomes} == {Unseen.LEARNING}
    assert one.bank.references == ()
    assert told(outcomes, WATER_UNSEEN) == [("opened", "yellow")]


def test_what_a_person_calls_only_wet_is_water_no_more(site: Site) -> None:
    one = watch()
    play(one, site.looks(0, 300, 0.0))
    assert play(one, site.looks(300, 700, 0.3))[-1].judgement.state is not WaterState.NORMAL
    taught = one.teach_wet()
    assert taught is not None
    assert taught.taught
    after = play(one, site.looks(700, 1400, 0.3))
    assert after[-1].judgement.state is WaterState.NORMAL
    assert after[-1].evidence is not None
    assert after[-1].evidence.reference == taught.id


def crowded(sample: Sample) -> Sample:
    """Return a look at a square on which something large and grey stands, found by nobody whole."""
    image, blocked = sample.image.copy(), sample.blocked.copy()
    image[round(ZONE[1] * SHAPE[0]) :, 30:290] = 90
    blocked[round(0.6 * SHAPE[0]) :, 40:280] = True
    return replace(sample, image=image, blocked=blocked)


def test_only_wet_is_said_of_the_ground_and_not_of_what_just_stands_before_it(site: Site) -> None:
    one = watch()
    play(one, site.looks(0, 300, 0.0))
    seen = play(one, site.looks(300, 700, 0.3))[-1]
    hidden = one.look(crowded(site.sample(700, 0.3)), UNKNOWN)
    assert (seen.reading.unseen, hidden.reading.unseen) == (None, Unseen.COVERED)
    taught = one.teach_wet()
    assert taught is not None
    assert taught.made_at == EPOCH + timedelta(seconds=690)
    after = play(one, site.looks(710, 1500, 0.3))
    assert after[-1].judgement.state is WaterState.NORMAL


def test_who_crosses_the_ground_unfound_is_no_part_of_what_is_only_wet(site: Site) -> None:
    one = watch()
    play(one, site.looks(0, 300, 0.0))
    play(one, site.looks(300, 700, 0.3))
    passing = site.sample(700, 0.3)
    passing.image[170:230, 60:160] = 30
    assert one.look(passing, UNKNOWN).reading.unseen is None
    taught = one.teach_wet()
    assert taught is not None
    plain = site.sample(710, 0.3).image[170:230, 60:160]
    assert np.abs(taught.image[170:230, 60:160].astype(float) - plain).mean() < 3.0


def test_only_wet_cannot_be_said_of_ground_that_was_not_seen_for_long(site: Site) -> None:
    one = watch()
    play(one, site.looks(0, 300, 0.0))
    play(one, site.looks(300, 700, 0.3))
    known = one.bank.references
    for at_s in range(700, 1000, 30):
        one.look(crowded(site.sample(at_s, 0.3)), UNKNOWN)
    assert one.teach_wet() is None
    play(one, site.looks(1000, 1010, 0.3))
    one.miss(EPOCH + timedelta(seconds=1300), Unseen.STALE, UNKNOWN)
    assert one.teach_wet() is None
    assert one.bank.references == known


def test_a_picture_of_other_proportions_wants_another_watch(site: Site) -> None:
    odd = site.sample(0, 0.0)
    odd = replace(odd, image=odd.image[:180], blocked=odd.blocked[:180])
    with pytest.raises(WaterError, match="start a new watch"):
        watch().look(odd, UNKNOWN)


def test_nothing_was_seen_that_could_be_taught() -> None:
    assert watch().teach_wet() is None


def test_another_process_goes_on_with_the_same_incident(site: Site) -> None:
    one = watch()
    play(one, site.looks(0, 300, 0.0))
    last = changes(play(one, site.looks(300, 900, 0.5)))[-1]
    two = watch(ReferenceBank.from_bytes(one.bank.to_bytes()))
    two.adopt([last])
    first = play(two, site.looks(1000, 1100, 0.5))
    assert {outcome.judgement.state for outcome in first} == {WaterState.RED}
    gone = changes(play(two, site.looks(1100, 2000, 0.0)))
    assert gone[-1].type is ChangeType.CLOSED
    assert {change.incident.id for change in gone} == {last.incident.id}


def test_the_same_looks_give_the_same_answers(square: Image) -> None:
    def run() -> list[IncidentChange]:
        site, one = Site(square), watch()
        return changes(play(one, [*site.looks(0, 300, 0.0), *site.looks(300, 900, 0.5)]))

    assert run() == run()


def test_a_shadow_over_what_another_hours_shadow_drew_is_no_water(site: Site) -> None:
    """The hour it is likest had dapples where all is evenly dark now; a plain day explains that."""
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    leaves = cv2.GaussianBlur(np.random.default_rng(4).normal(0.0, 1.0, SHAPE), (0, 0), 5.0)
    tree = (columns > 120) & (columns < 250) & (rows > 0.65 * SHAPE[0])
    house = np.where(columns < 90, 0.4, 1.0)

    def at(second: float, light: float | np.ndarray) -> Sample:
        plain = site.sample(second, 0.0)
        lit = plain.image * np.broadcast_to(light, SHAPE)[..., None]
        return replace(plain, image=np.rint(lit).astype(np.uint8))

    dappled = at(30.0, np.where(tree & (leaves > 0.0), 0.4, house))
    shaded = at(60.0, np.where(tree, 0.4, house))

    def told_by(*states: Sample) -> float:
        one = watch()
        for state in states:
            one.bank.teach(state, state.at)
        return one.look(shaded, UNKNOWN).reading.area_ratio

    assert told_by(dappled) > 0.05, "else nothing wants explaining"
    assert told_by(dappled, replace(dappled, at=EPOCH), at(0.0, 1.0)) == 0.0


class Voter:
    """A network that sees water nowhere, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def probability(self, image: Image, reference: Image) -> Map:
        self.asked += 1
        assert image.shape == reference.shape
        return np.zeros(image.shape[:2], np.float32)


def test_the_network_is_asked_only_when_something_stirs_and_its_word_counts(site: Site) -> None:
    voter = Voter()
    one = WaterWatch(SETUP, ReferenceBank(SHAPE), voter, camera="square")
    play(one, site.looks(0, 600, 0.0))
    assert voter.asked == 0
    outcomes = play(one, site.looks(600, 1200, 0.3))
    assert voter.asked == 20
    assert all(o.evidence is not None and o.evidence.votes["network"] == 0 for o in outcomes)


def test_the_water_is_shown_on_the_picture_that_was_judged(site: Site) -> None:
    one = watch()
    play(one, site.looks(0, 300, 0.0))
    outcome = one.look(site.sample(320, 0.5), UNKNOWN)
    assert outcome.evidence is not None
    assert outcome.before is not None
    assert outcome.after is not None
    rows = np.flatnonzero(outcome.evidence.water.mean(axis=1) > 0.5)
    top, bottom = ZONE[1] * SHAPE[0], ZONE[3] * SHAPE[0]
    assert rows[0] == pytest.approx((top + bottom) / 2, abs=20)
    assert outcome.before.shape == outcome.after.shape == (*SHAPE, 3)
