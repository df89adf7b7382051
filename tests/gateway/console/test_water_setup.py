"""Water set up in the console: drawn with mouse, finger and keys, corrected, and what it sees."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import av
import cv2
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from gateway.decode import Picture, PictureScaler
from gateway.dispatch.message import MessageWriter
from gateway.incident_writer import IncidentWriter
from gateway.store.audit_log import AuditFilter
from gateway.store.users import Role
from gateway.water.bank_files import BankFiles
from gateway.water.camera_water import CameraWater, WaterDesk
from gateway.water_file import WaterDocument, point_of, water_from_json
from gateway.worker_water_api import TrainingFacts
from vision.water.eye_trial import EyeFigures
from vision.water.types import PlaceType, RainState

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
WALL = {"width": 1920, "height": 1080}
WIDTH, HEIGHT = 640, 272
SETUP = """{"type": "road", "zones": [{"id": "low", "name": "最低处",
  "polygon": [[0.05, 0.55], [0.95, 0.55], [0.98, 1], [0.02, 1]]}],
  "marks": [{"id": "gauge", "kind": "gauge", "foot": [0.8, 0.8], "top": [0.8, 0.4],
  "height_cm": 100}], "permanent": [{"id": "ditch", "name": "水沟",
  "polygon": [[0, 0.4], [0.12, 0.4], [0.1, 0.6], [0, 0.6]]}],
  "lines": {"watch_s": 10, "yellow_s": 10}}"""


def shots(page: Page, name: str) -> None:
    """Keep pictures of a page where somebody asked for them: phone and wall, dark and light."""
    if folder := os.environ.get("GRIDPATROL_SHOTS"):
        before = page.viewport_size
        for size in (PHONE, WALL):
            page.set_viewport_size(size)
            for scheme, language in (("dark", "zh-CN"), ("light", "en")):
                page.emulate_media(color_scheme=scheme)
                page.evaluate(
                    f"import('./static/language.js').then((it) => it.useLanguage('{language}'))"
                )
                path = f"{folder}/{name}-{size['width']}-{language}.png"
                page.screenshot(path=path, full_page=True)
        page.evaluate("import('./static/language.js').then((it) => it.useLanguage('zh-CN'))")
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size(before)


def street(*, flooded: bool = False) -> np.ndarray:
    """Return a street before houses, with the clock that the camera writes; flooded: in part."""
    rng = np.random.default_rng(7)
    picture = np.full((HEIGHT, WIDTH, 3), (200, 190, 180), np.uint8)
    for left in range(0, WIDTH, 80):
        shade = tuple(int(value) for value in rng.integers(60, 200, 3))
        cv2.rectangle(picture, (left, 36), (left + 74, 140), shade, cv2.FILLED)
        cv2.rectangle(picture, (left + 12, 60), (left + 28, 90), (40, 40, 50), cv2.FILLED)
    road = rng.integers(70, 150, (HEIGHT - 140, WIDTH, 1), np.uint8).repeat(3, axis=2)
    picture[140:] = cv2.GaussianBlur(road, (0, 0), 1.2)
    if flooded:
        picture[190:] = (120, 135, 140)
    cv2.rectangle(picture, (20, 4), (216, 24), (0, 0, 0), cv2.FILLED)
    cv2.putText(picture, "2026-07-01 08:00", (24, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255,) * 3)
    return picture


def jpeg(picture: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", picture)[1].tobytes()


@dataclass
class Street:
    """A street that a camera's real watch of water looks at, on a clock of its own."""

    water: CameraWater
    report: Callable[..., None]
    now: datetime = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
    scaler: PictureScaler = field(default_factory=PictureScaler)

    def show(self, scene: np.ndarray, seconds: int) -> None:
        """Let it be seen for a while, twice a second."""
        noise = np.random.default_rng(3).integers(0, 6, (HEIGHT, WIDTH, 1), np.uint8)
        for half in range(2 * seconds):
            self.now += timedelta(seconds=0.5)
            if self.water.collector.wanted:
                shown = cv2.add(scene, np.roll(noise, 97 * half, axis=0).repeat(3, axis=2))
                frame = av.VideoFrame.from_ndarray(shown, "bgr24").reformat(format="yuv420p")
                self.water.collector.see(Picture(frame, self.now, self.scaler), self.now)
            if self.now.microsecond == 0:
                look = self.water.step(self.now, RainState.UNKNOWN)
                self.report([look] if look else [])


@pytest.fixture
def kept(site, worker) -> Callable[[], WaterDocument]:
    """Return what reads the set-up of the camera "road" as it is kept; it shows the street."""
    worker.stills["road"] = jpeg(street())
    return lambda: water_from_json(site.store.inventory.get("road").water)


@pytest.fixture
def set_up(site, kept) -> None:
    """Have the camera "road" watch water; no worker has taken it up yet."""
    camera = site.store.inventory.get("road")
    site.store.inventory.replace(replace(camera, water=SETUP))


@pytest.fixture
def watched(site, worker, set_up) -> Street:
    """Return the street of the camera "road", which has learnt it dry and seen it flooded."""
    store, data_dir = site.store, site.data_dir
    camera = store.inventory.get("road")
    desk = WaterDesk(store, IncidentWriter(store, data_dir, MessageWriter("d")), data_dir, "0.1.0")
    water = CameraWater(camera, point_of(camera.water), desk, lambda: False)
    worker.waters["road"] = water
    seen = Street(water, store.water.put)
    seen.show(street(), 52)
    seen.show(street(flooded=True), 60)
    return seen


@pytest.fixture
def page(console, site) -> Page:
    """Return the page of the water at the camera "road"."""
    console.goto(f"{site.url}#/cameras/road/water")
    expect(console.get_by_role("heading", name="东环路的水面监测")).to_be_visible()
    return console


def spot(page: Page, x: float, y: float) -> tuple[float, float]:
    """Return where a share of the picture is on the screen."""
    box = page.locator("gp-shapes .stage").bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def tap(page: Page, *points: tuple[float, float]) -> None:
    for x, y in points:
        page.mouse.click(*spot(page, x, y))


def drag(page: Page, name: str, by: tuple[float, float]) -> None:
    """Drag a handle by shares of the picture, in two moves."""
    page.get_by_role("button", name=name, exact=True).hover()
    box = page.get_by_role("button", name=name, exact=True).bounding_box()
    stage = page.locator("gp-shapes .stage").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.down()
    for part in (0.5, 1.0):
        page.mouse.move(x + part * by[0] * stage["width"], y + part * by[1] * stage["height"])
    page.mouse.up()


def outline(page: Page, look: str) -> list[list[float]]:
    """Return the corners of the first shape of a look, as it is drawn."""
    points = page.locator(f"gp-shapes .drawn > .{look}").first.get_attribute("points")
    return [[float(value) for value in point.split(",")] for point in points.split(" ")]


def part(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def near(x: float, y: float) -> object:
    return pytest.approx((x, y), abs=0.006)


def test_a_camera_is_set_up_from_nothing(page, site, kept, unnamed):
    page.get_by_label("地点类型").select_option("underpass")
    expect(page.get_by_label("红色: 水深（厘米）")).to_have_attribute("placeholder", "25")
    page.get_by_label("共同监测地点名").fill("东门涵洞")
    expect(page.get_by_role("button", name="保存")).to_be_disabled()
    page.get_by_role("button", name="画监测区").click()
    tap(page, (0.2, 0.6), (0.8, 0.6), (0.9, 0.95), (0.1, 0.95), (0.2, 0.605))
    page.get_by_label("area-1 的名称").fill("涵洞最低处")
    page.get_by_role("button", name="画标尺").click()
    expect(page.get_by_text("先点底端")).to_be_visible()
    tap(page, (0.5, 0.3), (0.51, 0.9))
    page.get_by_label("标尺类型").select_option("post")
    expect(part(page, "标尺").get_by_role("img")).to_be_visible()
    page.get_by_role("button", name="保存").click()
    height = page.get_by_label("底端到顶端（厘米）")
    expect(page.locator("label").filter(has=height).get_by_role("alert")).to_have_text("请填数字。")
    assert site.store.inventory.get("road").water == ""
    height.fill("80")
    page.keyboard.press("Tab")
    expect(page.locator("gp-water-page .refusal")).to_have_count(0)
    expect(part(page, "标尺").get_by_text("像素，读数误差约")).to_be_visible()
    page.get_by_role("button", name="画常年水面").click()
    page.get_by_role("button", name="完成").click()
    page.get_by_role("button", name="画平时水边线").click()
    tap(page, (0.05, 0.5), (0.3, 0.5))
    page.get_by_label("关注: 水深（厘米）").fill("11")
    page.keyboard.press("Tab")
    limits = part(page, "告警限值")
    expect(limits.get_by_role("alert")).to_have_text("水深应大于“关注”的 11 厘米。")
    page.get_by_label("关注: 水深（厘米）").fill("5")
    page.get_by_label("黄色: 面积（占监测区 %）").fill("12.5")
    page.get_by_label("红色: 持续（分钟）").fill("1.5")
    page.keyboard.press("Tab")
    expect(limits.get_by_role("alert")).to_have_count(0)
    shots(page, "new")
    assert page.evaluate(unnamed) == []
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存")).to_be_visible()
    document = kept()
    assert (document.type, document.place) == (PlaceType.UNDERPASS, "东门涵洞")
    (zone,), (mark,), (river,) = document.zones, document.marks, document.permanent
    assert (zone.name, len(zone.polygon), zone.polygon[2]) == ("涵洞最低处", 4, near(0.9, 0.95))
    assert (mark.kind, mark.height_cm, mark.zero_cm) == ("post", 80.0, 0.0)
    assert (mark.foot, mark.top) == (near(0.51, 0.9), near(0.5, 0.3))
    assert river.normal == (near(0.05, 0.5), near(0.3, 0.5))
    assert document.text_masks == "auto"
    lines = document.lines
    assert (lines.watch_cm, lines.yellow_ratio, lines.red_s) == (5.0, 0.125, 90.0)
    assert (lines.red_cm, document.water_lines.red_cm) == (None, 25.0)


def test_what_is_drawn_is_moved_by_mouse_and_keys_and_each_step_taken_back(page, set_up, kept):
    page.reload()
    page.get_by_role("button", name="选中最低处").click()
    drag(page, "最低处 的第 1 个角点", (0.1, -0.1))
    assert outline(page, "zone")[0] == near(0.15, 0.45)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowDown")
    assert outline(page, "zone")[0] == near(0.14, 0.451)
    drag(page, "在第 1 个角点后添加角点", (0.0, 0.1))
    assert len(outline(page, "zone")) == 5
    page.get_by_role("button", name="删除角点").click()
    assert len(outline(page, "zone")) == 4
    drag(page, "整体移动最低处", (0.5, 0.0))
    assert max(x for x, _ in outline(page, "zone")) == 1.0, "it stops at the edge of the picture"
    page.get_by_role("button", name="整体移动最低处").press("Delete")
    expect(page.locator("gp-shapes .drawn > .zone")).to_have_count(0)
    expect(page.get_by_role("button", name="保存")).to_be_disabled()
    page.locator("h1").click()
    for corners in (4, 4, 5, 4):
        page.keyboard.press("Control+z")
        expect(page.locator("gp-shapes .drawn > .zone")).to_have_count(1)
        assert len(outline(page, "zone")) == corners
    page.get_by_role("button", name="全部撤销").click()
    assert outline(page, "zone")[0] == near(0.05, 0.55)
    expect(page.get_by_role("button", name="全部撤销")).to_be_disabled()
    page.get_by_role("button", name="删除 水沟").click()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存")).to_be_visible()
    assert kept().permanent == ()
    assert kept().lines.watch_s == 10.0


def test_an_outline_that_crosses_itself_is_shown_and_not_sent(page, set_up):
    page.reload()
    page.get_by_role("button", name="画监测区").click()
    tap(page, (0.2, 0.2), (0.6, 0.2), (0.2, 0.4), (0.4, 0.1))
    expect(page.get_by_text("请撤回上一点")).to_be_visible()
    expect(page.locator("gp-shapes .drawn > .crossed")).to_have_count(2)
    page.get_by_role("button", name="上一点").click()
    expect(page.locator("gp-shapes .drawn > .crossed")).to_have_count(0)
    tap(page, (0.6, 0.4))
    page.get_by_role("button", name="完成").click()
    foot = page.locator("gp-water-page form.foot")
    expect(foot.get_by_text("“area-1”的线条有交叉")).to_be_visible()
    expect(page.locator("gp-shapes .drawn > .crossed")).to_have_count(2)
    expect(page.get_by_role("button", name="保存")).to_be_disabled()
    shots(page, "crossed")
    drag(page, "area-1 的第 3 个角点", (0.5, 0.3))
    expect(page.locator("gp-shapes .drawn > .crossed")).to_have_count(0)
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存")).to_be_visible()


def test_what_is_not_saved_is_not_left_without_a_word(page, site, set_up):
    page.reload()
    page.get_by_role("button", name="删除 水沟").click()
    for leave in (lambda: page.get_by_role("link", name="规则").click(), page.go_back):
        leave()
        asked = page.get_by_role("dialog", name="不保存就离开？")
        asked.get_by_role("button", name="留在本页").click()
        expect(asked).to_be_hidden()
        expect(page.get_by_role("button", name="全部撤销")).to_be_enabled()
        assert page.url.endswith("#/cameras/road/water")
    questions = []
    page.once("dialog", lambda dialog: (questions.append(dialog.type), dialog.dismiss()))
    page.evaluate("location.reload()")
    expect(page.get_by_role("button", name="全部撤销")).to_be_enabled()
    assert questions == ["beforeunload"]
    page.get_by_role("link", name="规则").click()
    page.get_by_role("dialog").get_by_role("button", name="不保存，离开").click()
    expect(page.get_by_role("heading", name="东环路 的规则")).to_be_visible()
    page.get_by_role("button", name="添加规则").click()
    page.get_by_role("link", name="摄像机", exact=True).first.click()
    expect(page.get_by_role("dialog", name="不保存就离开？")).to_be_visible()
    page.get_by_role("button", name="留在本页").click()
    page.get_by_role("button", name="全部撤销").click()
    page.get_by_role("link", name="摄像机", exact=True).first.click()
    expect(page.locator("gp-cameras-page")).to_be_visible()


def test_a_camera_is_taught_from_its_page(page, site, worker, watched):
    page.reload()
    seen = page.locator("gp-water-seen")
    seen.get_by_role("button", name="立即训练").click()
    bar = seen.get_by_role("progressbar")
    expect(bar).to_have_js_property("value", 0.25)
    expect(seen.get_by_role("button", name="立即训练")).to_have_count(0)
    shots(page, "taught")
    worker.runs["road"] = replace(worker.runs["road"], error="the training ended early")
    expect(seen.get_by_text("训练未完成：the training ended early")).to_be_visible()
    seen.get_by_role("button", name="立即训练").click()
    expect(bar).to_be_visible()
    figures = EyeFigures(0.55, 0.8, 0.12, None)
    facts = TrainingFacts(watched.now, kept=False, before=figures, after=figures)
    BankFiles(site.data_dir, "road").save_training(facts)
    del worker.runs["road"]
    expect(seen).to_contain_text("不优于原有模型，未采用")
    assert site.store.audit.newest(AuditFilter(), None, 1)[0].action == "water_trained"


def test_a_finger_draws_and_moves(chromium, site, set_up, kept, signing_in):
    context = chromium.new_context(
        locale="zh-CN", has_touch=True, is_mobile=True, viewport=PHONE, color_scheme="dark"
    )
    page = context.new_page()
    page.goto(f"{site.url}#/cameras/road/water")
    signing_in(page, site)
    page.get_by_role("button", name="画标尺").tap()
    page.get_by_role("button", name="放大").tap()
    for point in ((0.5, 0.7), (0.5, 0.4)):
        page.touchscreen.tap(*spot(page, *point))
    page.get_by_label("底端到顶端（厘米）").nth(1).fill("60")
    top = page.get_by_role("button", name="mark-1的顶端")
    top.scroll_into_view_if_needed()
    box, stage = top.bounding_box(), page.locator("gp-shapes .stage").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    fingers = context.new_cdp_session(page)
    moved = {"x": x + 0.05 * stage["width"], "y": y - 0.05 * stage["height"]}
    for kind, points in (
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [moved]),
        ("touchMove", [moved]),
        ("touchMove", [{**moved, "x": moved["x"] + 0.01}]),
        ("touchEnd", []),
    ):
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.get_by_role("button", name="保存").tap()
    expect(page.get_by_text("已保存")).to_be_visible()
    gauge, drawn = kept().marks
    assert (gauge.id, drawn.height_cm) == ("gauge", 60.0)
    assert (drawn.foot, drawn.top) == (near(0.5, 0.7), near(0.55, 0.35))
    context.close()


def test_what_it_sees_knows_and_was_taught_is_shown_and_corrected(page, site, watched, kept):
    before = EyeFigures(0.55, 0.8, 0.12, None)
    after = replace(before, iou=0.66, found=0.9)
    training = TrainingFacts(watched.now, kept=True, before=before, after=after)
    BankFiles(site.data_dir, "road").save_training(training)
    page.reload()
    seen = page.locator("gp-water-seen")
    expect(seen.get_by_role("img")).to_have_js_property("naturalWidth", 640)
    for words in ("对照状态", "彩色 1", "地面纹理消失", "积水", "优于原有模型", "55%", "66%"):
        expect(seen).to_contain_text(words)
    text = part(page, "画面文字")
    expect(text).to_contain_text("已自动识别 1 处")
    assert outline(page, "found")[2][0] == pytest.approx(0.29, abs=0.03)
    shots(page, "seen")
    text.get_by_role("button", name="手工修正").click()
    page.get_by_role("button", name="选中文字 1").click()
    page.get_by_role("button", name="文字 1 的第 2 个角点").press("ArrowRight")
    text.get_by_role("button", name="框出文字").click()
    page.get_by_role("button", name="完成").click()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存")).to_be_visible()
    assert [len(mask) for mask in kept().text_masks] == [4, 4]
    text.get_by_role("button", name="改回自动识别").click()
    page.get_by_role("button", name="保存").click()
    expect(text.get_by_role("button", name="手工修正")).to_be_visible()
    states = page.locator("gp-water-states")
    expect(states.get_by_role("listitem")).to_have_count(1)
    expect(states.get_by_role("img")).to_have_js_property("naturalWidth", 320)
    states.get_by_role("button", name="只是潮湿").click()
    page.get_by_role("dialog").get_by_role("button", name="只是潮湿").click()
    expect(states.get_by_role("listitem")).to_have_count(2)
    expect(states.get_by_text("人工标定")).to_be_visible()
    states.get_by_role("button", name="删除状态 彩色 1").click()
    page.get_by_role("dialog").get_by_role("button", name="删除").click()
    expect(states.get_by_role("listitem")).to_have_count(1)
    told = [one.action for one in site.store.audit.newest(AuditFilter(), None, 9)]
    assert told[:2] == ["water_forgotten", "water_taught"]
    assert told.count("camera_changed") >= 2


def test_an_operator_sees_it_all_and_changes_nothing(tab, site, set_up, signing_in):
    made_up = site.store.users.add("li", Role.OPERATOR)
    site.store.users.change_password("li", made_up, "a word of their own")
    tab.goto(f"{site.url}#/cameras/road/water")
    signing_in(tab, site, "a word of their own", name="li")
    expect(tab.get_by_text("只有管理员可以修改水面监测设置。")).to_be_visible()
    expect(tab.get_by_label("底端到顶端（厘米）")).to_be_disabled()
    tab.get_by_role("button", name="选中gauge").click()
    expect(tab.locator("gp-shapes .drawn > .chosen")).to_have_count(1)
    for name in ("画监测区", "画标尺", "保存", "不再监测此处", "gauge的顶端", "手工修正"):
        expect(tab.get_by_role("button", name=name)).to_have_count(0)
    expect(tab.get_by_role("button", name="只是潮湿")).to_be_enabled()
    expect(tab.get_by_text("半分钟内会有首次查看结果")).to_be_visible()


def test_a_slope_has_no_marks_and_watching_ends(page, site, set_up):
    page.reload()
    page.get_by_label("地点类型").select_option("slope")
    expect(part(page, "边坡")).to_be_visible()
    for name in ("标尺", "告警限值"):
        expect(part(page, name)).to_have_count(0)
    page.get_by_role("button", name="保存").click()
    states = page.locator("gp-water-states")
    expect(states.get_by_role("button", name="现状无害")).to_be_visible()
    for word in ("积水", "潮湿"):
        expect(states).not_to_contain_text(word)
    states.get_by_role("button", name="现状无害").click()
    asked = page.get_by_role("dialog")
    expect(asked).to_contain_text("坡面现在的样子将不再报变动")
    shots(page, "slope")
    asked.get_by_role("button", name="取消").click()
    page.get_by_role("button", name="不再监测此处").click()
    page.get_by_role("dialog").get_by_role("button", name="不再监测此处").click()
    expect(page.get_by_role("button", name="不再监测此处")).to_have_count(0)
    assert site.store.inventory.get("road").water == ""
    expect(page.get_by_text("请先画监测区。")).to_be_visible()
