"""Water set-up files: what is read, what is refused and where; the way to the database and back."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ConfigError
from gateway.water_file import WaterDocument, load_water, point_of, water_from_json, water_to_json
from vision.geometry import Polygon
from vision.scene import Zone
from vision.water.types import Mark, PermanentWater, PlaceType, WaterLines

EXAMPLE = Path(__file__).parents[2] / "configs" / "water-example.yaml"
LOW = "zones: [{id: low, name: 最低处, polygon: [[0.1, 0.5], [0.9, 0.5], [0.9, 1], [0.1, 1]]}]\n"


def read(tmp_path: Path, text: str):
    path = tmp_path / "water.yaml"
    path.write_text(text, encoding="utf-8")
    return load_water(path)


def test_a_file_becomes_a_setup(tmp_path) -> None:
    document = read(
        tmp_path,
        LOW
        + """\
type: yard
place: 东门
permanent:
  - {id: pond, polygon: [[0, 0], [0.2, 0], [0, 0.2]], normal: [[0, 0.2], [0.2, 0]]}
text_masks: [[[0, 0], [0.3, 0], [0.3, 0.1], [0, 0.1]]]
marks: [{id: g, kind: gauge, foot: [0.5, 0.8], top: [0.5, 0.4], height_cm: 100, zero_cm: 5}]
lines: {watch_s: 60}
""",
    )
    setup = document.setup
    corners = ((0.1, 0.5), (0.9, 0.5), (0.9, 1.0), (0.1, 1.0))
    assert (setup.place, document.place) == (PlaceType.YARD, "东门")
    assert setup.zones == (Zone("low", Polygon(corners), "最低处"),)
    pond = Polygon(((0.0, 0.0), (0.2, 0.0), (0.0, 0.2)))
    assert setup.permanent == (PermanentWater("pond", pond, ((0.0, 0.2), (0.2, 0.0))),)
    assert setup.text_masks == (Polygon(((0.0, 0.0), (0.3, 0.0), (0.3, 0.1), (0.0, 0.1))),)
    assert setup.marks == (Mark("g", (0.5, 0.8), (0.5, 0.4), 100.0, 5.0, "gauge"),)
    assert setup.lines == WaterLines(watch_s=60.0)


def test_text_is_found_by_itself_unless_it_is_said_where_it_is(tmp_path) -> None:
    assert read(tmp_path, f"{LOW}type: road").setup.text_masks is None
    assert read(tmp_path, f"{LOW}type: road\ntext_masks: auto").setup.text_masks is None
    assert read(tmp_path, f"{LOW}type: road\ntext_masks: []").setup.text_masks == ()


def test_an_underpass_is_closed_sooner_than_a_road(tmp_path) -> None:
    depths = {
        kind: read(tmp_path, f"{LOW}type: {kind}").setup.lines.red_cm
        for kind in ("road", "underpass")
    }
    assert depths == {"road": 30.0, "underpass": 25.0}
    own = read(tmp_path, f"{LOW}type: underpass\nlines: {{red_cm: 27}}")
    assert own.setup.lines.red_cm == 27.0


def test_the_example_holds() -> None:
    document = load_water(EXAMPLE)
    assert document.type is PlaceType.UNDERPASS
    assert [mark.kind for mark in document.marks] == ["gauge", "kerb"]


MARK = f"{LOW}type: road\nmarks:\n  - {{id: g, foot: [0.5, 0.5], top: [0.5, 0.4], height_cm: 9"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (LOW, 1, "type: Field required"),
        ("type: road", 1, "zones: Field required"),
        ("type: road\nzones: []", 2, "at least one zone"),
        (f"{LOW}type: rode", 2, "'road', 'underpass'"),
        (f"{LOW}type: road\nzone: 1", 3, "did you mean `zones`"),
        (f"{LOW}type: road\nlines: {{redcm: 3}}", 3, "did you mean `red_cm`"),
        (f"{LOW}type: road\nlines: {{watch_cm: 11}}", 3, "must rise in cm, unlike 11, 10, 30"),
        (f"{LOW}type: road\nlines: {{red_ratio: 1.5}}", 3, "less than or equal to 1"),
        (f'{LOW}type: road\nlines: {{red_cm: "3"}}', 3, "valid number"),
        (f"{LOW}type: road\nlines: {{red_cm: .nan}}", 3, "finite number"),
        (f"type: road\n{LOW.replace('[0.9, 1], ', '[0.9, 1.1], ')}", 2, "zones.0.polygon.2.1"),
        (f"type: road\n{LOW.replace(', [0.9, 1], [0.1, 1]', '')}", 2, "at least three corners"),
        (f"type: road\n{LOW.replace('id: low', 'id: 洼地')}", 2, "zones.0.id"),
        (f"type: road\n{LOW.replace('name: 最低处', 'nam: x')}", 2, "did you mean `name`"),
        (f"{LOW}type: road\ntext_masks: car", 3, "text_masks"),
        (f"{MARK}, kind: gage}}", 4, "'gauge', 'post' or 'kerb'"),
        (f"{MARK.replace('0.4]', '0.6]')}}}", 4, "above its foot"),
        (f"{MARK}}}\n  - {{id: g, foot: [0, 1], top: [0, 0], height_cm: 1}}", 3, "used twice"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path, text, line, words) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    told = [one for one in str(caught.value).splitlines() if words in one]
    assert len(told) == 1, str(caught.value)
    assert told[0].startswith(f"{tmp_path / 'water.yaml'}:{line}: ")


def test_every_mistake_is_told_at_once(tmp_path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, f"{MARK}, kind: x}}\npermanent: 3\nplace: 3")
    assert len(str(caught.value).splitlines()) == 3


share = st.floats(0.0, 1.0)


@given(x=share, y=st.floats(0.01, 1.0), red=st.floats(11.0, 900.0), name=st.text(max_size=20))
def test_what_is_kept_is_read_again_as_it_was(x, y, red, name) -> None:
    zones = {"id": "low", "polygon": [[0.1, 0.5], [0.9, 0.5], [0.9, 1.0]], "name": name}
    document = WaterDocument.model_validate(
        {
            "type": "bridge",
            "zones": [zones],
            "marks": [{"id": "m", "foot": [x, y], "top": [x, 0.0], "height_cm": red}],
            "lines": {"red_cm": red},
        }
    )
    assert water_from_json(water_to_json(document)) == document


def test_no_setup_is_kept_as_nothing() -> None:
    assert point_of("") is None
    with pytest.raises(ConfigError, match="type: "):
        point_of("{}")
