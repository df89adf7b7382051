"""The table and the contact sheet: what Excel and browsers make of them, in both languages."""

import ast
import csv
import io
import json
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.pofile import read_po

import gateway.replay
from gateway.replay.contact_sheet import to_html
from gateway.replay.results import FoundIncident, incidents_in
from gateway.replay.table import COLUMNS, to_csv
from gateway.replay.words import DOMAIN, LOCALE_DIR, Words, clock

SHANGHAI = ZoneInfo("Asia/Shanghai")
SUMMARY = '{"type": "summary", "file": "gate.mp4"}'


def words(language: str) -> Words:
    return Words.load(language, SHANGHAI)


def incident(**fields: object) -> FoundIncident:
    line = {
        "type": "incident", "id": "i-1", "file": "gate.mp4", "kind": "person_presence",
        "severity": "yellow", "rule": "gate", "zone": None, "start_s": 3683.4, "end_s": 3690.0,
        "duration_s": 6.6, "lasts": True, "opened_at": "2026-05-04T00:00:00.000Z",
        "closed_at": "2026-05-04T00:00:06.600Z", "readings": {"count": 2},
    }  # fmt: skip
    (found,) = incidents_in([json.dumps(line | fields), SUMMARY])
    return found


def rows(*found: FoundIncident, language: str = "zh-CN") -> list[list[str]]:
    data = to_csv(found, words(language)).encode()
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_the_table_in_chinese() -> None:
    heading, row = rows(incident())
    assert heading[:4] == ["录像", "类型", "等级", "区域"]
    assert row[:4] == ["gate.mp4", "人员出现", "黄色", ""]
    assert row[5:11] == [
        "2026-05-04 08:00:00", "2026-05-04 08:00:06", "1:01:23.4", "1:01:30.0", "6.6", "是",
    ]  # fmt: skip


def test_the_table_in_english() -> None:
    heading, row = rows(incident(kind="smoke_presence"), language="en")
    assert heading[:4] == ["Film", "Kind", "Severity", "Zone"]
    assert row[1:3] == ["Smoke presence", "Yellow"]


def test_no_cell_is_a_formula() -> None:
    _, row = rows(incident(file="=1+1.mp4", zone="@zone"))
    assert (row[0], row[3]) == ("'=1+1.mp4", "'@zone")


def test_a_film_that_knows_no_time_gives_none() -> None:
    _, row = rows(incident(opened_at="1970-01-01T00:00:01Z", closed_at="1970-01-01T00:00:02Z"))
    assert row[5:7] == ["", ""]


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0:00.0"), (83.4, "1:23.4"), (3683.4, "1:01:23.4")]
)
def test_seconds_as_a_player_shows_them(seconds, shown) -> None:
    assert clock(seconds) == shown


class Page(HTMLParser):
    """The texts and pictures of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.pictures: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag != "script"
        if tag == "img":
            self.pictures.append(dict(attrs)["src"] or "")

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh-CN", {"录像分析事件一览", "2 段录像，1 起事件", "人员出现", "未发现事件。"}),
        ("en", {"Incidents found in films", "Incidents: 1 · films: 2", "Nothing was found."}),
    ],
)
def test_the_sheet_in_both_languages(language, said) -> None:
    names = ("gate.mp4", "empty.mp4")
    page = Page(to_html(names, [incident()], {"i-1": "pictures/i-1.jpg"}, words(language)))
    assert said <= set(page.texts)
    assert page.pictures == ["pictures/i-1.jpg"]


def test_names_of_files_are_no_markup() -> None:
    name = "<script>alert(1)</script>.mp4"
    page = Page(to_html((name,), [incident(file=name)], {}, words("zh-CN")))
    assert name in page.texts
    assert "无图片" in page.texts


def said_in_source() -> set[str]:
    """Return every text that goes through `Words.say`, or heads a column of the table."""
    found = {heading for heading, _ in COLUMNS} | {"Red", "Yellow", "Green"}
    for path in Path(gateway.replay.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr="say"), args=[ast.Constant(value=text), *_]):
                    found.add(text)
                case ast.Assign(targets=[ast.Name(id="facts")], value=ast.Dict(keys=keys)):
                    found |= {key.value for key in keys if isinstance(key, ast.Constant)}
    return found


def test_every_text_is_translated_and_none_is_left_over() -> None:
    with (LOCALE_DIR / "zh_CN" / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        messages = {str(one.id) for one in read_po(file) if one.id}
    kinds = {one for one in messages if one == "crowd" or "_" in one}
    assert messages - kinds == said_in_source()
