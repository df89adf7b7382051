"""The console's words over the API."""

import pytest


@pytest.fixture
def locale_dir(tmp_path):
    for language, word in (("zh-CN", "在线"), ("en", "Online")):
        file = tmp_path / "locale" / language / "LC_MESSAGES" / "gridpatrol.po"
        file.parent.mkdir(parents=True)
        file.write_text(
            'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
            f'msgid "Online"\nmsgstr "{word}"\n',
            "utf-8",
        )
    return tmp_path / "locale"


def test_words_are_there_before_anybody_signs_in(make_site, locale_dir, refused):
    with make_site(locale_dir=locale_dir).client() as client:
        assert client.get("/api/locales/zh-CN.json").json() == {"Online": "在线"}
        assert client.get("/api/locales/en.json").json() == {"Online": "Online"}
        missing = client.get("/api/locales/fr.json")
        assert "en, zh-CN" in refused(missing, 404, "not_found")
        refused(client.get("/api/locales/..%2fen.json"), 404, "not_found")


def test_the_browser_learns_which_language_suits_it(make_site, locale_dir):
    with make_site(locale_dir=locale_dir).client() as client:
        english = client.get("/api/locales", headers={"Accept-Language": "en-GB,en;q=0.9"})
        assert english.json() == {"languages": ["en", "zh-CN"], "preferred": "en"}
        assert client.get("/api/locales").json()["preferred"] == "zh-CN"
