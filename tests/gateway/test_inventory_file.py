"""Files of cameras: what Excel in China writes, every mistake told, and nothing lost on the way."""

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ConfigError
from gateway.inventory_columns import ADVICE, COLUMNS
from gateway.inventory_file import FileFormat, read_inventory, write_csv, write_yaml
from gateway.packets import Transport
from gateway.record_mode import RecordMode
from gateway.store.inventory import Camera

SECRET = "p4ss,w:rd@\"'"
GATE = Camera(
    id="gate",
    name="村口",
    channel_code="33010200001320000001",
    unit="东山村",
    grid="第三网格",
    address="onvif://192.0.2.7:8080",
    username="admin",
    main_uri="rtsp://192.0.2.7:554/main",
    sub_uri="rtsp://192.0.2.7:554/sub",
    zones='[{"id": "gate", "name": "村口", "polygon": [[0.1, 0.5], [0.9, 0.5], [0.9, 1.0]]}]',
    rules='[{"type": "presence", "id": "persons"}]',
    water='{"type":"road","zones":[{"id":"low","polygon":[[0.1,0.5],[0.9,0.5],[0.9,1.0]]}]}',
    latitude=30.2741,
    longitude=-120.1551,
    record=RecordMode.CONTINUOUS,
    transport=Transport.UDP,
    enabled=False,
)


def read_csv(text: str, encoding: str = "utf-8"):
    return read_inventory(text.encode(encoding), FileFormat.CSV)


def read_yaml(text: str):
    return read_inventory(text.encode(), FileFormat.YAML)


def entry_of(camera: Camera, password: str | None) -> dict[str, object]:
    """Return what a file should say of a camera."""
    return {c.name: getattr(camera, c.name) for c in COLUMNS if c.name != "password"} | {
        "password": password
    }


def said(entry) -> dict[str, object]:
    return {column.name: getattr(entry, column.name) for column in COLUMNS}


@pytest.mark.parametrize(
    ("write", "format_"), [(write_csv, FileFormat.CSV), (write_yaml, FileFormat.YAML)]
)
def test_what_is_written_is_read_again(write, format_):
    file = read_inventory(write([GATE], lambda _: SECRET), format_)
    assert file.bad == ()
    (entry,) = file.entries
    assert said(entry) == entry_of(GATE, SECRET)


def test_zones_rules_and_water_travel_in_yaml_alone():
    (entry,) = read_inventory(write_yaml([GATE], None), FileFormat.YAML).entries
    assert '"polygon"' in entry.zones
    assert '"presence"' in entry.rules
    assert entry.water == GATE.water
    (entry,) = read_inventory(write_csv([GATE], None), FileFormat.CSV).entries
    assert (entry.zones, entry.rules, entry.water, entry.password) == (None, None, None, None)


def test_a_dash_says_that_no_water_is_watched():
    (entry,) = read_yaml("cameras: [{id: gate, name: g, water: '-'}]").entries
    assert entry.water == ""
    (entry,) = read_yaml("cameras: [{id: gate, name: g}]").entries
    assert entry.water is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_excels_ways_of_saving(encoding, delimiter, newline):
    lines = (("编号", "名称", "所属网格", "IP地址"), ("gate", "村口", "第三网格", "10.0.0.8"))
    text = newline.join(delimiter.join(line) for line in lines)
    (entry,) = read_csv(text, encoding).entries
    assert (entry.id, entry.name, entry.grid) == ("gate", "村口", "第三网格")
    assert entry.address == "onvif://10.0.0.8:80"


@pytest.mark.parametrize("heading", ["name", "Name", "名称", "名称 name", " NAME ", "摄像机名称"])
def test_headings_in_both_languages(heading):
    (entry,) = read_csv(f"{heading},id\n村口,gate\n").entries
    assert entry.name == "村口"


@pytest.mark.parametrize(
    ("column", "value", "advice"),
    [
        ("id", "Gate 1", "id"),
        ("id", "村口", "id"),
        ("name", "x" * 201, "long"),
        ("channel_code", "3.30102E+19", "rounded"),
        ("latitude", "north", "number"),
        ("latitude", "91", "latitude"),
        ("latitude", "nan", "latitude"),
        ("longitude", "-181", "longitude"),
        ("address", "10.0.0.8 or 9", "address"),
        ("address", "10.0.0.8:port", "address"),
        ("address", "onvif://10.0.0.8/path/of/it", "address"),
        ("address", "gopher://10.0.0.8", "uri"),
        ("main_uri", "10.0.0.8/stream", "uri"),
        ("sub_uri", "rtsp://", "uri"),
        ("record", "sometimes", "record"),
        ("transport", "pigeon", "transport"),
        ("enabled", "perhaps", "yes_no"),
    ],
)
def test_each_mistake_is_told_with_its_place(column, value, advice):
    headings = list(dict.fromkeys(["name", column]))
    cells = {"name": "x", "address": "10.0.0.1"} | {column: value}
    out = io.StringIO()
    table = csv.DictWriter(out, [*dict.fromkeys([*headings, *cells])])
    table.writeheader()
    table.writerow({"name": "good", "address": "10.0.0.2"})
    table.writerow(cells)
    file = read_csv(out.getvalue())
    assert [entry.name for entry in file.entries] == ["good"]
    (bad,) = file.bad
    assert (bad.row, bad.column, bad.advice) == (3, column, ADVICE[advice])
    assert bad.value == value[:200]


def test_every_mistake_of_a_row_is_told():
    file = read_csv("id,name,latitude,record\nA B,gate,95,never\nok,gate,30,off\n")
    assert [(one.row, one.column) for one in file.bad] == [
        (2, "id"), (2, "latitude"), (2, "record"), (3, "latitude"),
    ]  # fmt: skip
    assert file.bad[-1].advice == ADVICE["place"]
    assert file.entries == ()


def test_lines_are_counted_as_an_editor_counts_them():
    file = read_csv('id,name\n\na,"two\nlines"\nB,x\n')
    assert [(one.row, one.column) for one in file.bad] == [(3, "name"), (5, "id")]


def test_headings_that_are_strange_are_told_and_cost_nothing():
    file = read_csv("id,name,名称,colour,\ngate,x,y,red,\n")
    assert [(one.value, one.advice) for one in file.bad] == [
        ("名称", ADVICE["twice"]), ("colour", ADVICE["heading"]),
    ]  # fmt: skip
    assert [entry.id for entry in file.entries] == ["gate"]


def test_more_cells_than_headings():
    (bad,) = read_csv("id,name\ngate,x,,,lost\n").bad
    assert (bad.row, bad.value, bad.advice) == (2, "lost", ADVICE["cells"])


@pytest.mark.parametrize(
    ("content", "format_", "told"),
    [
        (b"", FileFormat.YAML, "cameras:"),
        (b"a,b\n1,2\n", FileFormat.CSV, "first row must name"),
        (b"\xff\x00\xfe\x81", FileFormat.CSV, "UTF-8 or GB18030"),
        (b"cameras: [", FileFormat.YAML, "not valid YAML"),
        (b"cameras:\n  gate: {}\n", FileFormat.YAML, "- id"),
        (b"x" * (8 * 2**20 + 1), FileFormat.CSV, "larger than 8 MiB"),
        (b"name\n" + b"x\n" * 20_002, FileFormat.CSV, "more than 20000 rows"),
    ],
)
def test_files_that_are_no_table_of_cameras(content, format_, told):
    with pytest.raises(ConfigError, match=told):
        read_inventory(content, format_)


def test_an_empty_cell_changes_nothing_and_a_dash_empties():
    file = read_csv("id,name,unit,sub_uri,password,latitude\ngate,村口,-,-,,\n")
    (entry,) = file.entries
    assert (entry.unit, entry.sub_uri) == ("", "")
    assert (entry.password, entry.latitude, entry.grid) == (None, None, None)


def test_user_and_password_move_out_of_addresses():
    file = read_csv("name,main_uri\ngate,rtsp://admin:s%40cret@10.0.0.8/1\n")
    (entry,) = file.entries
    assert (entry.main_uri, entry.username, entry.password) == (
        "rtsp://10.0.0.8/1", "admin", "s@cret",
    )  # fmt: skip
    assert "s@cret" not in repr(entry)
    named = read_csv("name,username,password,main_uri\ngate,u,p,rtsp://admin:x@10.0.0.8/1\n")
    assert (named.entries[0].username, named.entries[0].password) == ("u", "p")


@pytest.mark.parametrize(
    "row",
    ["gate,admin:s3cret@10.0.0.8 x", "gate,gopher://admin:s3cret@h/", "gate,rtsp://a:s3cret@"],
)
def test_mistakes_never_show_a_password(row):
    file = read_csv(f"name,main_uri\n{row}\n")
    assert file.bad
    assert "s3cret" not in repr(file.bad)
    file = read_csv("name,password\ngate," + "s3cret" * 50 + "\n")
    assert "s3cret" not in repr(file.bad)


@pytest.mark.parametrize("name", ["=1+1", "+86", "-", "@x", "'quoted'", "''", "'=x"])
def test_what_a_spreadsheet_would_calculate_is_marked_and_comes_back(name):
    content = write_csv([replace(GATE, name=name)], None)
    assert f"'{name}".encode() in content
    (entry,) = read_inventory(content, FileFormat.CSV).entries
    assert entry.name == ("" if name == "-" else name)


def test_yaml_tells_mistakes_by_line():
    file = read_yaml(
        "cameras:\n  - id: gate\n    name: 村口\n    colour: red\n"
        "  - just words\n  - id: b\n    name: [a]\n"
        "  - id: c\n    name: c\n    rules: [{type: presense}]\n"
        "  - id: d\n    name: d\n    water: {type: rode}\n"
    )
    assert [(one.row, one.column, one.advice) for one in file.bad] == [
        (2, "", ADVICE["heading"]),
        (5, "", ADVICE["shape"]),
        (6, "name", ADVICE["nested"]),
        (8, "zones", ADVICE["zones"]),
        (11, "water", ADVICE["water"]),
    ]
    assert "presence" in file.bad[-2].value
    assert "zones: Field required" in file.bad[-1].value


text = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=40).filter(
    lambda one: one not in {"", "-"}
)


@given(
    name=text, unit=text, password=text,
    latitude=st.floats(-90, 90), longitude=st.floats(-180, 180),
)  # fmt: skip
def test_any_text_comes_back_from_both_forms(name, unit, password, latitude, longitude):
    camera = replace(GATE, name=name, unit=unit, latitude=latitude, longitude=longitude)
    for write, format_ in ((write_csv, FileFormat.CSV), (write_yaml, FileFormat.YAML)):
        file = read_inventory(write([camera], lambda _: password), format_)
        assert file.bad == ()
        assert said(file.entries[0]) == entry_of(camera, password)


@given(content=st.binary(max_size=300), format_=st.sampled_from(FileFormat))
def test_no_bytes_raise_anything_else(content, format_):
    try:
        file = read_inventory(content, format_)
    except ConfigError:
        return
    assert all(one.advice in ADVICE.values() for one in file.bad)


CELLS = st.text("abc019 ,;\"'\n\t-=@:/.村编", max_size=12)


@given(rows=st.lists(st.lists(CELLS, max_size=5), max_size=5))
def test_no_table_raises_anything_else(rows):
    out = io.StringIO()
    csv.writer(out).writerows([["id", "name", "address", "main_uri", "latitude"], *rows])
    file = read_csv(out.getvalue())
    lines = out.getvalue().count("\n") + 1
    assert all(1 <= one.row <= lines for one in (*file.bad, *file.entries))


@given(lines=st.lists(st.text("- :[]{}&*!|>'\"#abc1\n", max_size=20), max_size=8))
def test_no_yaml_raises_anything_else(lines):
    try:
        read_yaml("cameras:\n  - " + "\n    ".join(lines))
    except ConfigError:
        return


def test_brackets_without_end_are_refused():
    with pytest.raises(ConfigError, match="not valid YAML"):
        read_yaml("cameras: " + "[" * 5000)
