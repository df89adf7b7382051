"""Today's traffic counts on a camera's page."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from gateway.clock import utc_now
from vision.types import Kind, Tally, TallyRow

pytestmark = pytest.mark.browser

SHANGHAI = ZoneInfo("Asia/Shanghai")
LINE = '[{"id": "bridge", "name": "东桥", "line": [[0.1, 0.5], [0.9, 0.5]]}]'


@pytest.fixture
def count(store):
    """Return a keeper of the counts of one hour of today, hours after the site's midnight."""
    now = utc_now().astimezone(SHANGHAI)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)

    def put(hour: int, *rows: TallyRow, watched_s: float = 3600.0, place: str | None = "gate"):
        start = midnight + timedelta(hours=hour)
        end = start + timedelta(hours=1)
        store.counts.put("road", [Tally("traffic", place, start, end, start, watched_s, rows)])

    return put


@pytest.fixture
def page(console, site):
    """Return a tab that shows the camera's page."""

    def show():
        console.goto(f"{site.url}#/cameras/road")
        return console

    return show


def cells(table) -> list[list[str]]:
    return [row.locator("th, td").all_inner_texts() for row in table.locator("tr").all()]


def test_hours_by_kind_and_direction_with_a_sum(page, count, unnamed):
    car = TallyRow(Kind.VEHICLE, "car", "a_to_b", 4)
    truck = TallyRow(Kind.VEHICLE, "truck", "a_to_b", 1)
    back, walker = (
        TallyRow(Kind.VEHICLE, "car", "b_to_a", 2),
        TallyRow(Kind.PERSON, "person", None, 3),
    )
    count(0, car, truck, back)
    count(1, car, walker, watched_s=1800.0)
    tab = page()
    table = tab.get_by_role("table", name="今日通行：路口")
    expect(table).to_be_visible()
    head, first, second, total = cells(table)
    assert [" ".join(cell.split()) for cell in head] == ["小时", "人员", "车辆 A → B", "车辆 B → A"]
    assert first == ["00:00", "0", "5", "2"]
    assert second[1:] == ["3", "4", "0"]
    assert total == ["合计", "3", "9", "2"]
    expect(table.locator("tr").nth(1)).not_to_contain_text("仅查看")
    assert tab.evaluate(unnamed) == []
    with tab.expect_download() as told:
        tab.get_by_role("link", name="表格").click()
    assert told.value.suggested_filename.startswith("counts-")


def test_an_hour_half_watched_says_so(page, count, monkeypatch):
    count(-1, watched_s=1.0)
    count(0, TallyRow(Kind.VEHICLE, "car", None, 1), watched_s=1.0)
    table = page().get_by_role("table", name="今日通行：路口")
    rows = table.locator("tbody tr")
    expect(rows).to_have_count(2)
    passed = utc_now().astimezone(SHANGHAI)
    if passed.hour or passed.minute > 5:
        expect(rows.first).to_contain_text("仅查看 0%")


def test_the_last_hours_are_shown_and_all_when_asked_for(page, count):
    for hour in range(8):
        count(hour, TallyRow(Kind.VEHICLE, "car", None, 10))
    tab = page()
    rows = tab.locator("gp-counts tbody tr")
    expect(rows).to_have_count(7)
    expect(rows.last).to_contain_text("80")
    tab.get_by_role("button", name="全天").click()
    expect(rows).to_have_count(9)
    tab.get_by_role("button", name="近几小时").click()
    expect(rows).to_have_count(7)


def test_two_places_are_two_tables_and_none_is_none(page, count, console):
    tab = page()
    expect(tab.get_by_role("heading", name="位置")).to_be_visible()
    expect(tab.locator("gp-counts table")).to_have_count(0)
    count(0, TallyRow(Kind("smoke"), "smoke", None, 1), place=None)
    count(0)
    tab.reload()
    expect(tab.locator("gp-counts table")).to_have_count(2)
    expect(tab.get_by_role("table", name="今日通行：整个画面")).to_contain_text("烟雾")


@pytest.mark.parametrize("width", [390, 1920])
def test_it_fits_its_window(page, count, width):
    for direction in ("a_to_b", "b_to_a"):
        for kind in (Kind.PERSON, Kind.VEHICLE):
            count(0, TallyRow(kind, str(kind), direction, 1234), place=f"{kind}-{direction}")
    tab = page()
    tab.set_viewport_size({"width": width, "height": 900})
    expect(tab.locator("gp-counts table")).to_have_count(4)
    tab.wait_for_function("document.scrollingElement.scrollWidth <= innerWidth")
