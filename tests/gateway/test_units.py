"""The tree of units: what is one, what a camera's texts mean in it, and whose places are whose."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ConfigError
from gateway.unit_file import read_units, write_units
from gateway.units import Unit, UnitTree, places_of, tree_of
from gateway.workflow.case import Level

COUNTY = Unit("county", "龙游县", Level.COUNTY)
TOWN = Unit("hu-town", "湖镇", Level.TOWN, "county")
EAST = Unit("east", "东山村", Level.VILLAGE, "hu-town")
WEST = Unit("west", "西山村", Level.VILLAGE, "hu-town")
EAST_1 = Unit("east-1", "第一网格", Level.GRID, "east")
WEST_1 = Unit("west-1", "第一网格", Level.GRID, "west")
EAST_2 = Unit("east-2", "第二网格", Level.GRID, "east")
TREE = tree_of([EAST_1, WEST, EAST, WEST_1, TOWN, EAST_2, COUNTY])


@pytest.mark.parametrize(
    ("unit", "grid", "found"),
    [
        ("东山村", "第一网格", EAST_1),
        ("西山村", "第一网格", WEST_1),
        ("west", "west-1", WEST_1),
        ("湖镇", "第二网格", EAST_2),
        ("", "第二网格", EAST_2),
        ("", "第一网格", None),
        ("湖镇", "第一网格", TOWN),
        ("东山村", "", EAST),
        ("东山村", "第九网格", EAST),
        ("北山村", "第二网格", None),
        ("第二网格", "", EAST_2),
        ("", "", None),
    ],
)
def test_what_the_texts_of_a_camera_mean(unit: str, grid: str, found: Unit | None) -> None:
    assert TREE.find(unit, grid) is found


def test_lines_levels_and_what_lies_within() -> None:
    assert TREE.line("east-1") == (EAST_1, EAST, TOWN, COUNTY)
    assert TREE.within("east") == {"east", "east-1", "east-2"}
    assert (TREE.line("north"), TREE.within("north")) == ((), frozenset())
    assert TREE.names("west") == {
        Level.GRID: "西山村",
        Level.VILLAGE: "西山村",
        Level.TOWN: "湖镇",
        Level.COUNTY: "龙游县",
    }
    lone = tree_of([Unit("g", "网格", Level.GRID, "t"), Unit("t", "镇", Level.TOWN)])
    assert lone.names("g") == {Level.GRID: "网格", Level.VILLAGE: "镇", Level.TOWN: "镇"}


@pytest.mark.parametrize(
    ("units", "words"),
    [
        ([EAST, EAST], "east is there twice"),
        ([EAST], "east lies in hu-town, which is not there"),
        ([TOWN, Unit("county", "县", Level.VILLAGE)], "cannot lie in"),
        ([Unit("a", "一", Level.TOWN, "b"), Unit("b", "二", Level.TOWN, "a")], "cannot lie in"),
    ],
)
def test_what_is_no_tree(units: list[Unit], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        tree_of(units)


@pytest.mark.parametrize(
    ("unit_id", "name"), [("East", "东"), ("", "东"), ("a_b", "东"), ("e", " ")]
)
def test_what_is_no_unit(unit_id: str, name: str) -> None:
    with pytest.raises(ConfigError):
        Unit(unit_id, name, Level.GRID)


def test_a_town_sees_its_villages_and_a_village_itself() -> None:
    town, east = TREE.jurisdiction("hu-town"), TREE.jurisdiction("east")
    assert town.covers("西山村", "哪里")
    assert east.covers("湖镇", "第二网格")
    assert not east.covers("西山村", "第一网格")
    assert not east.covers("湖镇", "第一网格")
    assert not TREE.jurisdiction("gone").covers("东山村", "第一网格")


NAMES = ("甲", "乙", "丙", "a")


@st.composite
def trees(draw: st.DrawFn) -> UnitTree:
    """Draw a tree in which many units have the same name, or another's id for one."""
    units: list[Unit] = []
    for number, level in enumerate(draw(st.lists(st.sampled_from(list(Level)), max_size=9))):
        ranks = list(Level)
        above = [one.id for one in units if ranks.index(one.level) > ranks.index(level)]
        parent = draw(st.sampled_from([None, *above]))
        units.append(Unit("abcdefghi"[number], draw(st.sampled_from(NAMES)), level, parent))
    return tree_of(units)


@given(trees())
def test_a_jurisdiction_covers_what_is_found_within_and_nothing_else(tree: UnitTree) -> None:
    words = {"", "无", *NAMES, *tree.by_id}
    for unit_id in tree.by_id:
        seen, ids = tree.jurisdiction(unit_id), tree.within(unit_id)
        for unit, grid in product(words, words):
            found = tree.find(unit, grid)
            assert seen.covers(unit, grid) == (found is not None and found.id in ids)


@given(trees())
def test_a_tree_written_is_read_back(tree: UnitTree) -> None:
    assert read_units(write_units(tree)) == tree


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("units:\n- {id: a, name: 甲, level: 镇}", "the file:2: units.0.level"),
        ("units:\n- {id: a, name: 甲, level: town, boss: b}", "unknown key"),
        ("villages: []", "unknown key; did you mean|unknown key"),
        ("units: [", "not valid YAML"),
    ],
)
def test_mistakes_in_a_file_are_told_with_their_line(content: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read_units(content.encode())
    with pytest.raises(ConfigError, match="UTF-8"):
        read_units("units".encode("utf-16"))


@pytest.mark.parametrize(
    ("unit", "concerned", "unconcerned"),
    [
        ("east", ("东山村", "east", "湖镇", "county", "east-1"), ("西山村", "west-1")),
        ("west-1", ("西山村", "湖镇", "west-1"), ("东山村", "east-2")),
        ("county", ("湖镇", "东山村", "龙游县"), ("北山村",)),
    ],
)
def test_what_holds_above_is_of_concern(unit, concerned, unconcerned) -> None:
    jurisdiction = TREE.jurisdiction(unit)
    assert [jurisdiction.concerns(one) for one in concerned] == [True] * len(concerned)
    assert [jurisdiction.concerns(one) for one in unconcerned] == [False] * len(unconcerned)


@pytest.mark.parametrize(
    ("unit", "cameras", "is_covered"),
    [
        ("东山村", ("gate",), True),
        ("", ("gate", "gone"), True),
        ("东山村", ("gone",), True),
        ("", ("gone",), False),
        ("", ("gate", "pond"), False),
        ("西山村", ("gate",), False),
        ("湖镇", ("gate",), False),
    ],
)
def test_what_has_several_places_lies_within_with_all_of_them(unit, cameras, is_covered) -> None:
    where = {"gate": ("东山村", "第一网格"), "pond": ("西山村", "")}
    assert TREE.jurisdiction("east").covers_all(places_of(unit, cameras, where)) is is_covered


@pytest.mark.parametrize(("unit", "word"), [("east", "东山村"), ("east-1", "east-1"), ("x", "")])
def test_what_a_unit_is_called_where_cameras_name_theirs(unit: str, word: str) -> None:
    assert TREE.word_of(unit) == word
