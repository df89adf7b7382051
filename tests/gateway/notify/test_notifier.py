"""People told through Apprise, by a real receiver: once, late when it must be, never blocked."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.config import SiteSettings
from gateway.dispatch.case_message import CaseWriter
from gateway.errors import ConfigError, NotToldError, StorageError
from gateway.notify.apprise_service import check_url, tell, without_secrets
from gateway.notify.notifier import Notifier
from gateway.notify.target import Wishes
from gateway.store.notices import NoticeState
from gateway.units import Unit, tree_of
from gateway.workflow.case import Level
from gateway.workflow.unasked import Policy
from vision.types import ChangeType, Severity

NOON = datetime(2026, 5, 1, 4, tzinfo=UTC)
NOBODY = "json://duty:S3cretWord@127.0.0.1:9/hook-token-9"


class Clock:
    """A time of day that a test moves."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def add(store, receiver):
    """Add a target, of the receiver if it is of none other."""

    def put(name: str = "duty", url: str | None = None, **wishes: object) -> None:
        store.notices.put_target(name, Wishes(**wishes).model_dump_json(), url or receiver.url)

    return put


@pytest.fixture
def notifier(store, clock):
    return Notifier(store, SiteSettings(name="东山"), now=clock)


@pytest.fixture
def tell_due(store, notifier, clock):
    """Look through all news, then tell what is due, one target after the other."""

    def do() -> None:
        while notifier.look():
            pass
        due = store.notices.due(clock.now, (), 100)
        for name in sorted({one.target for one in due}):
            notifier.tell_target(name, [one for one in due if one.target == name])

    return do


@pytest.fixture
def record(store, samples):
    """Record a change of an incident; each is of a camera of its own, unless told."""

    def do(number: int, type_: ChangeType = ChangeType.OPENED, sequence: int = 0, **fields):
        fields = {"camera": f"cam-{number}"} | fields
        change = samples.change(f"i-{number}", type_, sequence, **fields)
        camera = replace(samples.origin.camera, id=fields["camera"])
        origin = replace(samples.origin, camera=camera)
        return store.incidents.record(change, origin, (), samples.compose)

    return do


def states(store, target: str | None = None) -> list[str]:
    return [one.state.value for one in reversed(store.notices.log(target))]


def test_without_targets_nothing_happens_and_the_past_is_no_news(
    store, add, record, tell_due, receiver
) -> None:
    record(0)
    tell_due()
    add()
    tell_due()
    assert (receiver.told, store.notices.log()) == ([], ())
    record(1)
    tell_due()
    tell_due()
    (told,) = receiver.told
    assert told["title"] == "【黄色】东山"
    assert told["message"] == "05-01 16:00 东山村 第三网格 村口：人员出现（黄色）"
    assert told["type"] == "warning"
    (notice,) = store.notices.log()
    assert (notice.state, notice.attempts, notice.case_id) == (NoticeState.TOLD, 1, "i-1")


def test_a_restart_tells_nobody_twice_and_forgets_nothing(
    store, add, record, receiver, clock
) -> None:
    add()
    record(0)
    first = Notifier(store, SiteSettings(), now=clock)
    assert first.look() is False
    second = Notifier(store, SiteSettings(), now=clock)
    assert second.look() is False
    (due,) = store.notices.due(clock.now, (), 10)
    second.tell_target("duty", [due])
    assert store.notices.due(clock.now, (), 10) == ()
    assert len(receiver.told) == 1


def test_what_gets_worse_is_told_and_what_stays_is_not(store, add, record, tell_due, receiver):
    add()
    record(0)
    record(0, ChangeType.UPDATED, 1)
    record(0, ChangeType.UPDATED, 2, severity=Severity.RED)
    record(0, ChangeType.UPDATED, 3, severity=Severity.RED)
    tell_due()
    assert [one.occasion for one in reversed(store.notices.log())] == ["opened", "worsened"]
    (told,) = receiver.told
    assert (told["title"], told["type"]) == ("【红色】东山：2 条", "failure")


def test_the_like_at_one_camera_cools_down(store, add, record, tell_due, receiver, clock) -> None:
    add()
    for number in range(3):
        record(number, camera="gate")
    tell_due()
    assert states(store) == ["told", "cooled", "cooled"]
    clock.now += timedelta(minutes=11)
    record(3, camera="gate")
    tell_due()
    assert len(receiver.told) == 2


def test_a_digest_collects_and_red_goes_ahead(
    store, add, record, tell_due, receiver, clock
) -> None:
    add(digest_s=600)
    record(0)
    tell_due()
    clock.now += timedelta(minutes=4)
    record(1)
    record(2, severity=Severity.RED)
    tell_due()
    assert len(receiver.told) == 1
    clock.now += timedelta(minutes=6)
    tell_due()
    assert receiver.told[1]["title"] == "【黄色】东山：2 条"
    assert len(receiver.texts[1].splitlines()) == 2


def test_what_comes_in_quiet_hours_is_told_in_the_morning(
    store, add, record, tell_due, receiver, clock
) -> None:
    clock.now = datetime(2026, 5, 1, 16, tzinfo=UTC)
    add(quiet=["22:00-06:00"])
    record(0)
    record(1)
    tell_due()
    assert receiver.told == []
    clock.now = datetime(2026, 5, 1, 22, tzinfo=UTC)
    tell_due()
    assert len(receiver.texts[0].splitlines()) == 2


def test_what_is_late_is_told_again_and_to_the_unit_above(
    store, add, record, tell_due, receiver, samples
) -> None:
    tree = [Unit("town", "湖镇", Level.TOWN), Unit("east", "东山村", Level.VILLAGE, "town")]
    store.units.replace(tree_of(tree))
    add("village", unit="east")
    add("town", unit="town", on=["escalated"])
    record(0)
    tell_due()
    since = store.cases.get("i-0").case.since
    for hours in (3, 6):
        store.cases.proceed(Policy(), since + timedelta(hours=hours), CaseWriter("site"))
        tell_due()
    assert states(store, "village") == ["told"] * 3
    (town,) = store.notices.log("town")
    assert (town.occasion, town.state) == ("escalated", NoticeState.TOLD)
    assert town.line.endswith("超时未办，请湖镇督促处置")


def test_what_is_not_taken_is_tried_again_later_and_given_up_after_a_day(
    store, add, record, tell_due, receiver, clock
) -> None:
    add()
    receiver.statuses = [500, 503]
    record(0)
    tell_due()
    tell_due()
    (notice,) = store.notices.log()
    assert (notice.state, notice.attempts) == (NoticeState.WAITING, 1)
    assert notice.due_at > clock.now
    assert "did not take it" in notice.detail
    clock.now += timedelta(minutes=1)
    tell_due()
    clock.now += timedelta(hours=1)
    tell_due()
    assert states(store) == ["told"]
    receiver.statuses = [500, 500]
    record(1)
    tell_due()
    clock.now += timedelta(days=2)
    tell_due()
    assert states(store) == ["told", "failed"]


def test_no_secret_is_kept_or_said(store, add, record, tell_due, capfd) -> None:
    add("gone", NOBODY)
    record(0)
    tell_due()
    (notice,) = store.notices.log()
    assert notice.state is NoticeState.WAITING
    with pytest.raises(NotToldError) as raised:
        tell(NOBODY, "title", "body", Severity.RED)
    heard = capfd.readouterr()
    for text in (notice.detail, str(raised.value), heard.out, heard.err):
        assert "S3cretWord" not in text
        assert "hook-token" not in text
    assert store.notices.url("gone") == NOBODY
    with store._database.read() as connection:
        kept = connection.exec_driver_sql("SELECT url FROM notify_targets").scalar()
    assert "S3cretWord" not in kept
    assert without_secrets("at hook-token-9 of duty", NOBODY) == "at *** of ***"


@pytest.mark.parametrize("url", ["", "nonsense", "syslog://", "gopher://S3cretWord", "json://"])
def test_addresses_that_are_none(url: str, capfd) -> None:
    with pytest.raises(ConfigError) as raised:
        check_url(url)
    said = capfd.readouterr()
    assert "S3cretWord" not in f"{raised.value}{said.out}{said.err}"


def test_a_service_that_breaks_down_is_tried_again(store, add, record, clock) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("S3cretWord")

    add()
    record(0)
    notifier = Notifier(store, SiteSettings(), tell=broken, now=clock)
    notifier.look()
    notifier.tell_target("duty", store.notices.due(clock.now, (), 10))
    (notice,) = store.notices.log()
    assert (notice.state, notice.detail) == (
        NoticeState.WAITING,
        "the service failed: RuntimeError",
    )


def test_who_is_removed_is_told_no_more(store, add, record, notifier, receiver, clock) -> None:
    add()
    record(0)
    notifier.look()
    due = store.notices.due(clock.now, (), 10)
    store.notices.remove_target("duty")
    notifier.tell_target("duty", due)
    assert (states(store), receiver.told) == (["failed"], [])


@asynccontextmanager
async def running(notifier: Notifier):
    stop = asyncio.Event()
    task = asyncio.create_task(notifier.run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 60)


async def until(condition) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.02)


async def test_one_that_hangs_holds_up_no_other(store, add, record, receiver, monkeypatch) -> None:
    told = []
    slow = receiver.url

    def teller(url, title, body, severity) -> None:
        if url == slow:
            tell(url, title, body, severity)
        else:
            told.append(body)

    receiver.hold.clear()
    add("slow")
    add("quick", "json://127.0.0.1/quick")
    async with running(Notifier(store, SiteSettings(), tell=teller)):
        record(0)
        await asyncio.to_thread(receiver.arrived.wait, 60)
        record(1)
        await until(lambda: len(told) == 2)
        assert receiver.told == []
        receiver.hold.set()
        await until(lambda: states(store, "slow") == ["told", "told"])
    assert states(store, "quick") == ["told", "told"]


async def test_a_store_that_refuses_is_waited_for(store, add, record, receiver, monkeypatch):
    add()
    refused = asyncio.Event()
    loop = asyncio.get_running_loop()

    def full(*_: object) -> None:
        loop.call_soon_threadsafe(refused.set)
        raise StorageError("the disk is full")

    with monkeypatch.context() as disk:
        disk.setattr(store.notices, "fresh", full)
        async with running(Notifier(store, SiteSettings())):
            record(0)
            await refused.wait()
            disk.undo()
            await until(lambda: receiver.told)
