"""What is said, in both languages; every kind that the console knows has a name."""

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.notify.decision import News
from gateway.notify.target import Occasion
from gateway.notify.words import MOST_LINES, Words
from gateway.workflow.case import Level
from vision.types import Severity

ZONE = ZoneInfo("Asia/Shanghai")
VOCABULARY = Path(__file__).parents[3] / "gateway" / "console" / "vocabulary.js"
CHINESE, ENGLISH = Words.load("zh-CN", ZONE), Words.load("en", ZONE)


def news(occasion: Occasion, **more: object) -> News:
    at = datetime(2026, 5, 1, 18, 10, tzinfo=UTC)
    place = ("gate", "东山村", "", "东山村 村口")
    return News("e", "i", occasion, "waterlogging", Severity.RED, *place, at, **more)


@pytest.mark.parametrize(
    ("told", "chinese", "english"),
    [
        (
            news(Occasion.OPENED),
            "05-02 02:10 东山村 村口：道路积水（红色）",
            "05-02 02:10 东山村 村口: Waterlogging (red)",
        ),
        (
            news(Occasion.WORSENED),
            "05-02 02:10 东山村 村口：道路积水，升为红色",
            "05-02 02:10 东山村 村口: Waterlogging, now red",
        ),
        (
            news(Occasion.ESCALATED, level=Level.TOWN, see_to_it="湖镇"),
            "【督办】05-02 02:10 东山村 村口：道路积水（红色）超时未办，请湖镇督促处置",
            "05-02 02:10 东山村 村口: Waterlogging (red) is late; 湖镇 is to see to it",
        ),
        (
            news(Occasion.ESCALATED),
            "【督办】05-02 02:10 东山村 村口：道路积水（红色）超时未办，请上一级督促处置",
            "05-02 02:10 东山村 村口: Waterlogging (red) is late; the next level is to see to it",
        ),
    ],
)
def test_lines(told: News, chinese: str, english: str) -> None:
    assert (CHINESE.line(told), ENGLISH.line(told)) == (chinese, english)


def test_messages() -> None:
    assert CHINESE.title(Severity.RED, 1, "东山") == "【红色】东山"
    assert CHINESE.title(Severity.RED, 3, "东山") == "【红色】东山：3 条"
    body = ENGLISH.body([str(number) for number in range(MOST_LINES + 5)])
    assert body.splitlines()[-2:] == [str(MOST_LINES - 1), "and 5 more"]
    assert ENGLISH.body(["one"]) == "one"


def test_every_kind_has_a_chinese_name() -> None:
    table = VOCABULARY.read_text("utf-8").split("const KINDS = {", 1)[1].split("};", 1)[0]
    kinds = re.findall(r"^  (\w+):", table, re.MULTILINE)
    assert len(kinds) > 40
    assert [kind for kind in kinds if kind not in CHINESE.translations] == []
    assert CHINESE.kind("quake_felt") == "Quake felt"
