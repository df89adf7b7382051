"""The water at a place: lines and waits one by one, then what holds for any run of looks."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.water.lines import PASSABILITY, PLACE_LINES
from vision.water.state import (
    GAP_S,
    LOOK_S,
    LOOK_SOON_S,
    TRANSITIONS,
    Event,
    Phase,
    Reason,
    WaterJudgement,
    WaterMachine,
)
from vision.water.types import (
    Level,
    Passability,
    PlaceType,
    RainState,
    Unseen,
    WaterLines,
    WaterReading,
    WaterSetup,
    WaterState,
)

EPOCH = datetime(2026, 7, 1, tzinfo=UTC)
ORDER = list(WaterState)
NORMAL, WATCH, YELLOW, RED = ORDER
UNKNOWN, DRY, RAIN = RainState.UNKNOWN, RainState.DRY, RainState.RAIN
NO_AREA = WaterLines(watch_ratio=1.0, yellow_ratio=1.0, red_ratio=1.0)
NO_TREND = WaterLines(red_within_s=0.0, red_cm=1e9, red_ratio=1.0)


def at(seconds: float) -> datetime:
    return EPOCH + timedelta(seconds=seconds)


def machine(place: PlaceType = PlaceType.ROAD, lines: WaterLines | None = None) -> WaterMachine:
    return WaterMachine(WaterSetup(place, (), lines=lines))


def saw(second: float, ratio: float, cm: float | None = None, error: float = 0.5) -> WaterReading:
    level = None if cm is None else Level(cm, error, "mark")
    return WaterReading(at(second), None, ratio, 0.9, level)


def unseen(second: float, why: Unseen = Unseen.HAZE) -> WaterReading:
    return WaterReading(at(second), why)


def steady(start: float, end: float, ratio: float, cm: float | None = None) -> list[WaterReading]:
    """Return looks every ten seconds from start to end, both included."""
    return [saw(second, ratio, cm) for second in range(int(start), int(end) + 1, 10)]


def play(
    one: WaterMachine, readings: Iterable[WaterReading], rain: RainState = UNKNOWN
) -> list[WaterJudgement]:
    return [one.step(reading, rain) for reading in readings]


def entries(judgements: Sequence[WaterJudgement]) -> list[tuple[WaterState, float]]:
    """Return each state entered, with the second of it."""
    changed = [b for a, b in pairwise(judgements) if a.state is not b.state]
    return [(one.state, (one.at - EPOCH).total_seconds()) for one in changed]


def rank(judgement: WaterJudgement) -> int:
    return ORDER.index(judgement.state)


@pytest.mark.parametrize("until", range(70, 131, 10))
def test_nothing_begins_at_a_look_that_shows_no_water(until: int) -> None:
    gone_again = [*steady(0, until - 10, 0.11), *steady(until, 400, 0.0)]
    begun = [one for one in play(machine(), gone_again) if one.state is not NORMAL]
    shown = {one.at for one in gone_again if one.area_ratio}
    assert not begun or begun[0].at in shown


def test_the_table_answers_every_event_in_every_phase_and_only_waits_turn_a_rung() -> None:
    assert set(TRANSITIONS) == set(Phase)
    on = {Phase.ON, Phase.FALLING}
    for phase, row in TRANSITIONS.items():
        assert set(row) == set(Event)
        for event, following in row.items():
            if phase not in on and following in on:
                assert event is Event.CONFIRMED
            if phase in on and following not in on:
                assert event is Event.GONE


@pytest.mark.parametrize(
    ("ratio", "cm", "state", "reason"),
    [
        (0.049, None, NORMAL, Reason.NOTHING),
        (0.05, None, WATCH, Reason.AREA),
        (0.0, 2.9, NORMAL, Reason.NOTHING),
        (0.0, 3.0, WATCH, Reason.DEPTH),
        (0.149, None, WATCH, Reason.AREA),
        (0.15, None, YELLOW, Reason.AREA),
        (0.0, 9.9, WATCH, Reason.DEPTH),
        (0.0, 10.0, YELLOW, Reason.DEPTH),
        (0.0, 29.9, YELLOW, Reason.DEPTH),
        (0.0, 30.0, RED, Reason.DEPTH),
    ],
)
def test_each_line_is_where_it_is_said_to_be(
    ratio: float, cm: float | None, state: WaterState, reason: Reason
) -> None:
    last = play(machine(), steady(0, 900, ratio, cm))[-1]
    assert (last.state, last.reason) == (state, reason)


@pytest.mark.parametrize(
    ("place", "cm", "state"),
    [
        (PlaceType.UNDERPASS, 24.9, YELLOW),
        (PlaceType.UNDERPASS, 25.0, RED),
        (PlaceType.ROAD, 25.0, YELLOW),
        (PlaceType.YARD, 30.0, RED),
    ],
)
def test_red_is_shallower_in_an_underpass(place: PlaceType, cm: float, state: WaterState) -> None:
    assert play(machine(place), steady(0, 600, 0.0, cm))[-1].state is state


def test_a_site_may_set_its_own_lines() -> None:
    own = replace(PLACE_LINES[PlaceType.UNDERPASS], red_cm=20.0)
    assert play(machine(PlaceType.UNDERPASS, own), steady(0, 600, 0.0, 20.0))[-1].state is RED


def test_states_are_entered_after_their_waits() -> None:
    dry, wet = steady(0, 600, 0.0), steady(610, 2000, 0.2)
    lines = replace(PLACE_LINES[PlaceType.ROAD], red_ratio=1.0, red_within_s=0.0)
    # The median of a minute is over the line thirty seconds after the water.
    assert entries(play(machine(lines=lines), dry + wet)) == [(WATCH, 760), (YELLOW, 820)]


@pytest.mark.parametrize(
    ("per_min", "second"),
    [
        # Slow: over 3 % from 600 s on, so the wait is over when 5 % is reached, at 1000 s; the
        # median of a minute lags by thirty seconds.
        (0.003, 1030),
        # Fast: over 3 % from 60 s on, lagging as much, and two minutes from there.
        (0.03, 210),
    ],
)
def test_the_wait_is_counted_from_the_line_that_would_keep_it(
    per_min: float, second: float
) -> None:
    film = [saw(s, s / 60 * per_min) for s in range(0, 1500, 10)]
    assert entries(play(machine(lines=NO_TREND), film))[0] == (WATCH, second)


def test_any_water_at_all_is_looked_at_again_soon_though_it_may_be_learnt_from() -> None:
    trace = play(machine(), steady(0, 600, 0.01))[-1]
    assert (trace.is_clear, trace.look_again_s) == (True, LOOK_SOON_S)


@pytest.mark.parametrize("after", [0.0, 0.029])
def test_what_is_gone_is_left_at_once_ten_minutes_after(after: float) -> None:
    film = steady(0, 600, 0.0, 40.0) + steady(610, 2000, after, 1.0)
    (state, second), *more = entries(play(machine(), film))[-1:]
    assert (state, second, more) == (NORMAL, 1240, [])


@pytest.mark.parametrize(("ratio", "state"), [(0.12, WATCH), (0.091, YELLOW), (0.089, WATCH)])
def test_a_state_is_kept_down_to_sixty_percent_of_its_line(ratio: float, state: WaterState) -> None:
    lines = replace(PLACE_LINES[PlaceType.ROAD], red_ratio=1.0, red_within_s=0.0)
    film = steady(0, 600, 0.2 if ratio < 0.12 else 0.12) + steady(610, 2000, ratio)
    assert play(machine(lines=lines), film)[-1].state is state


def test_wide_and_rising_is_red_wide_and_steady_for_long_is_not() -> None:
    rising = [saw(s, min(s / 6000, 1.0)) for s in range(0, 3600, 10)]
    lines = replace(PLACE_LINES[PlaceType.ROAD], red_within_s=0.0)
    states = dict(entries(play(machine(lines=lines), rising)))
    # Over 24 % for long by then; the median of a minute lags by half of it.
    assert states[RED] == 2400 + 30
    creeping = [saw(s, 0.3 + 0.15 * min(s / 36000, 1.0)) for s in range(0, 40000, 60)]
    assert play(machine(lines=lines), creeping)[-1].state is YELLOW


def test_a_jump_over_the_red_line_is_red() -> None:
    film = steady(0, 1200, 0.0) + steady(1210, 2400, 0.9)
    assert dict(entries(play(machine(), film)))[RED] <= 1210 + 300


def test_a_trend_that_reaches_the_red_line_within_ten_minutes_is_red_before_it_does() -> None:
    film = [saw(s, 0.0, max(s - 1200, 0) / 60 * 1.5) for s in range(0, 3000, 10)]
    one = machine(lines=NO_AREA)
    judgements = play(one, film)
    red = next(j for j in judgements if j.state is RED)
    assert red.reason is Reason.TREND
    assert red.water is not None
    assert red.water.depth_cm is not None
    assert 15.0 < red.water.depth_cm < 25.0


@pytest.mark.parametrize(
    ("rain", "line", "wait_s"), [(RAIN, 0.035, 120), (UNKNOWN, 0.05, 120), (DRY, 0.075, 240)]
)
def test_rain_moves_the_lines_and_a_dry_day_doubles_the_wait(
    rain: RainState, line: float, wait_s: float
) -> None:
    assert entries(play(machine(), steady(0, 900, line + 1e-6), rain)) == [(WATCH, wait_s)]
    assert entries(play(machine(), steady(0, 900, line - 1e-6), rain)) == []


def test_a_feed_that_cannot_make_up_its_mind_about_rain_makes_no_state_flap() -> None:
    one = machine()
    turns = [rain for rain in (RAIN, DRY, UNKNOWN, RAIN, DRY) for _ in range(120)]
    judgements = [one.step(saw(i * 10, 0.04), rain) for i, rain in enumerate(turns)]
    assert entries(judgements) == [(WATCH, 120)]


def test_water_is_dated_by_the_last_look_that_found_it() -> None:
    one = machine()
    play(one, steady(0, 600, 0.1))
    falling = play(one, steady(610, 1200, 0.0))
    assert falling[-1].state is WATCH
    # The median of a minute is below the line thirty seconds after the water.
    assert falling[-1].wet_at == at(630)


def test_a_dry_day_closes_a_place_at_the_same_depth() -> None:
    assert play(machine(), steady(0, 900, 0.0, 30.0), DRY)[-1].state is RED


def test_a_depth_within_its_own_error_is_no_water() -> None:
    film = [saw(s, 0.0, 7.9, error=4.0) for s in range(0, 600, 10)]
    assert play(machine(), film)[-1].state is NORMAL
    film = [saw(s, 0.0, 8.1, error=4.0) for s in range(0, 600, 10)]
    assert play(machine(), film)[-1].state is WATCH


def test_a_mark_nobody_can_read_any_more_is_not_a_mark_that_fell_dry() -> None:
    one = machine()
    play(one, steady(0, 600, 0.04, 15.0))
    assert play(one, steady(610, 3000, 0.04))[-1].state is YELLOW
    assert play(one, steady(3010, 4000, 0.01))[-1].state is NORMAL


@pytest.mark.parametrize(("gap_s", "state"), [(GAP_S, WATCH), (GAP_S + 10, NORMAL)])
def test_time_counts_between_looks_up_to_a_stated_gap(gap_s: float, state: WaterState) -> None:
    assert play(machine(), [saw(0, 0.1), saw(gap_s, 0.1), saw(gap_s + 30, 0.1)])[-1].state is state


def test_the_wait_goes_on_after_a_short_blindness_and_begins_anew_after_a_long_one() -> None:
    for blind_s, second in ((300, 0 + 60 + 300 + 60), (700, 60 + 700 + 120)):
        film = steady(0, 60, 0.1) + steady(60 + blind_s, 2000, 0.1)
        assert entries(play(machine(lines=NO_TREND), film))[0] == (WATCH, second)


def test_a_clock_set_back_neither_counts_nor_breaks() -> None:
    one = machine()
    play(one, steady(5000, 5100, 0.1))
    assert entries(play(one, steady(0, 300, 0.1)))[0] == (WATCH, 120)


def test_blindness_says_since_when_and_is_no_all_clear() -> None:
    one = machine()
    clear = play(one, steady(0, 100, 0.0))[-1]
    assert (clear.is_clear, clear.blind_since, clear.look_again_s) == (True, None, LOOK_S)
    assert clear.passability is Passability.OPEN
    blind = play(one, [unseen(110), unseen(400)])[-1]
    assert (blind.seen, blind.is_clear, blind.passability) == (False, False, None)
    assert (blind.blind_since, blind.blind_s, blind.unseen) == (at(100), 300.0, Unseen.HAZE)
    assert (blind.frozen, blind.look_again_s) == (True, LOOK_SOON_S)


def test_a_place_never_seen_is_blind_since_its_first_look() -> None:
    blind = play(machine(), [unseen(5, Unseen.LEARNING), unseen(95, Unseen.LEARNING)])[-1]
    assert (blind.blind_since, blind.state, blind.passability) == (at(5), NORMAL, None)


def test_a_closed_place_stays_closed_while_nobody_sees_it() -> None:
    one = machine()
    play(one, steady(0, 600, 0.0, 40.0))
    blind = play(one, [unseen(s) for s in range(610, 20000, 30)])[-1]
    assert (blind.state, blind.passability) == (RED, Passability.CLOSED)


def test_another_process_goes_on_from_where_one_stopped() -> None:
    one = machine()
    one.adopt(YELLOW, at(-500))
    first = one.step(saw(0, 0.0), UNKNOWN)
    assert (first.state, first.since, first.reason) == (YELLOW, at(-500), Reason.BEFORE)
    assert entries(play(one, steady(0, 900, 0.0))) == [(NORMAL, 600)]


def test_passability_is_known_for_every_place_and_state_and_never_eases_with_danger() -> None:
    order = list(Passability)
    for place in PlaceType:
        ranks = [order.index(PASSABILITY[place][state]) for state in ORDER]
        assert ranks == sorted(ranks)
        assert (ranks[0], ranks[-1]) == (0, 2)


RATIOS = st.floats(0.0, 1.0, allow_nan=False)
DEPTHS = st.none() | st.floats(0.0, 60.0, allow_nan=False)
RAINS = st.sampled_from(RainState)
LOOKS = st.lists(st.tuples(RATIOS, RAINS), min_size=1, max_size=120)


@given(
    level=st.floats(0.01, 0.6),
    noise=st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=300),
    step_s=st.sampled_from([10, 20, 30]),
)
@settings(max_examples=50)
def test_noise_of_a_fifth_about_any_level_never_makes_a_rung_flap(
    level: float, noise: list[float], step_s: int
) -> None:
    film = [saw(i * step_s, level * (1 + 0.2 * n)) for i, n in enumerate(noise)]
    lines = replace(PLACE_LINES[PlaceType.ROAD], red_ratio=1.0, red_within_s=0.0)
    ranks = [rank(one) for one in play(machine(lines=lines), film)]
    assert ranks == sorted(ranks)


@given(
    ratios=st.lists(RATIOS, min_size=2, max_size=400),
    depths=st.lists(DEPTHS, min_size=400, max_size=400),
    rains=st.lists(RAINS, min_size=400, max_size=400),
)
@settings(max_examples=40)
def test_whatever_comes_changes_are_as_rare_as_their_waits(
    ratios: list[float], depths: list[float | None], rains: list[RainState]
) -> None:
    one = machine()
    film = [saw(i * 10, r, d) for i, (r, d) in enumerate(zip(ratios, depths, strict=False))]
    judgements = [one.step(reading, rain) for reading, rain in zip(film, rains, strict=False)]
    lasts_s = len(film) * 10
    # Each of three rungs needs two minutes to turn on and ten to turn off.
    assert len(entries(judgements)) <= 3 * 2 * (1 + lasts_s / 720)
    falls = [b for a, b in pairwise(judgements) if rank(b) < rank(a)]
    assert len(falls) <= 3 * (1 + lasts_s / 720)


@given(
    looks=LOOKS,
    more=st.lists(st.floats(0.0, 0.5), min_size=120, max_size=120),
    step_s=st.sampled_from([10, 30]),
)
@settings(max_examples=50)
def test_more_water_at_every_look_is_never_a_lower_state(
    looks: list[tuple[float, RainState]], more: list[float], step_s: int
) -> None:
    less_machine, more_machine = machine(lines=NO_TREND), machine(lines=NO_TREND)
    for i, (ratio, rain) in enumerate(looks):
        less = less_machine.step(saw(i * step_s, ratio), rain)
        greater = more_machine.step(saw(i * step_s, min(ratio + more[i], 1.0)), rain)
        assert rank(less) <= rank(greater)


@given(depths=st.lists(st.floats(0, 20), min_size=1, max_size=200), extra=st.floats(0, 20))
@settings(max_examples=40)
def test_more_depth_with_the_same_trend_is_never_a_lower_state(
    depths: list[float], extra: float
) -> None:
    less = play(machine(), [saw(i * 10, 0.0, cm) for i, cm in enumerate(depths)])
    greater = play(machine(), [saw(i * 10, 0.0, cm + extra) for i, cm in enumerate(depths)])
    assert all(rank(a) <= rank(b) for a, b in zip(less, greater, strict=True))


@given(looks=LOOKS)
@settings(max_examples=40)
def test_rain_never_makes_a_state_lower_than_a_dry_day_does(
    looks: list[tuple[float, RainState]],
) -> None:
    film = [saw(i * 10, ratio) for i, (ratio, _) in enumerate(looks)]
    dry, unknown, rain = (play(machine(lines=NO_TREND), film, r) for r in (DRY, UNKNOWN, RAIN))
    for a, b, c in zip(dry, unknown, rain, strict=True):
        assert rank(a) <= rank(b) <= rank(c)


@given(looks=st.lists(st.tuples(RATIOS, st.booleans()), min_size=1, max_size=200), rain=RAINS)
@settings(max_examples=50)
def test_nothing_is_learnt_from_while_there_is_water_or_no_sight(
    looks: list[tuple[float, bool]], rain: RainState
) -> None:
    one = machine()
    for i, (ratio, blind) in enumerate(looks):
        judged = one.step(unseen(i * 10) if blind else saw(i * 10, ratio), rain)
        if judged.state is not NORMAL or blind or ratio >= 0.03:
            assert judged.frozen
        if blind:
            assert not judged.is_clear
            assert judged.passability is not Passability.OPEN


@given(looks=st.lists(RATIOS | st.none(), min_size=1, max_size=200), rain=RAINS)
@settings(max_examples=50)
def test_looks_that_saw_nothing_change_nothing(looks: list[float | None], rain: RainState) -> None:
    one = machine()
    state = NORMAL
    for i, ratio in enumerate(looks):
        judged = one.step(unseen(i * 10) if ratio is None else saw(i * 10, ratio), rain)
        if ratio is None:
            assert judged.state is state
        state = judged.state


@given(
    turns=st.lists(st.tuples(st.floats(0, 0.3), st.integers(4, 40)), min_size=1, max_size=6),
    rain=RAINS,
)
@settings(max_examples=40)
def test_looks_ten_and_thirty_seconds_apart_judge_alike_to_within_one(
    turns: list[tuple[float, int]], rain: RainState
) -> None:
    """Water that stands for two minutes at least between turns, as any that can be acted on."""
    levels = [level for level, looks in turns for _ in range(looks * 3)]
    fast = play(machine(lines=NO_TREND), [saw(i * 10, v) for i, v in enumerate(levels)], rain)
    slow = play(machine(lines=NO_TREND), [saw(i * 30, v) for i, v in enumerate(levels[::3])], rain)
    for i, one in enumerate(slow):
        near = fast[max(i * 3 - 3, 0) : i * 3 + 4]
        assert one.state in {other.state for other in near}
