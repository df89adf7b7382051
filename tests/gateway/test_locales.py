"""Catalogues: reading .po files, and choosing a language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ConfigError
from gateway.locales import Catalogues

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'


@pytest.fixture
def write(tmp_path):
    """Return a writer of catalogues: language folder and text after the header."""

    def put(folder: str, text: str) -> None:
        file = tmp_path / folder / "LC_MESSAGES" / "gridpatrol.po"
        file.parent.mkdir(parents=True)
        file.write_text(HEADER + text, "utf-8")

    return put


def test_only_texts_that_are_translated_for_sure_are_in(tmp_path, write):
    write(
        "zh-CN",
        'msgid "Online"\nmsgstr "在线"\n\n'
        'msgid "Not yet"\nmsgstr ""\n\n'
        '#, fuzzy\nmsgid "Perhaps"\nmsgstr "也许"\n\n'
        'msgid "Posting: {waiting} waiting"\nmsgstr "待上报 {waiting} 条"\n\n'
        '#~ msgid "Gone"\n#~ msgstr "没了"\n',
    )
    assert Catalogues.load(tmp_path).words == {
        "zh-CN": {"Online": "在线", "Posting: {waiting} waiting": "待上报 {waiting} 条"}
    }


def test_folders_of_gettext_and_of_the_web_name_the_same_languages(tmp_path, write):
    write("zh_CN", "")
    write("en", "")
    assert Catalogues.load(tmp_path).languages == ("en", "zh-CN")


def test_no_catalogues_at_all_is_no_fault(tmp_path):
    assert Catalogues.load(tmp_path / "nowhere").languages == ()


def test_a_broken_catalogue_is_named(tmp_path, write):
    write("en", 'msgid "a"\nmsgstr "b"\nnonsense\n')
    with pytest.raises(ConfigError, match=r"gridpatrol\.po"):
        Catalogues.load(tmp_path)


BOTH = Catalogues({"en": {}, "zh-CN": {}})


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "zh-CN"),
        ("en", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("en;q=0.8, zh-CN", "zh-CN"),
        ("zh-TW, en;q=0.9", "zh-CN"),
        ("en-GB", "en"),
        ("zh-TW", "zh-CN"),
        ("zh", "zh-CN"),
        ("zh-cn", "zh-CN"),
        ("ZH-Hans", "zh-CN"),
        ("fr, de;q=0.5", "zh-CN"),
        ("fr, en-US;q=0.5", "en"),
        ("en;q=0", "zh-CN"),
        ("*", "zh-CN"),
        ("en;q=nonsense, en-GB;q=0.1", "en"),
        (";;q=,,", "zh-CN"),
    ],
)
def test_the_browsers_wishes_decide_else_the_site(header, expected):
    assert BOTH.negotiate(header, "zh-CN") == expected


@given(st.text(max_size=100))
def test_any_header_gives_a_language_there_is(header):
    assert BOTH.negotiate(header, "zh-CN") in BOTH.languages
