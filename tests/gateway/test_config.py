"""Settings: defaults, the file, the environment, and what a mistake in them says."""

from pathlib import Path

import pytest

from gateway.config import Settings, load_settings, redis_url
from gateway.errors import ConfigError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def write(tmp_path):
    def write_file(text: str) -> Path:
        path = tmp_path / "site.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


def test_without_a_file_the_defaults_hold():
    assert load_settings(None) == Settings.from_mapping({})


def test_the_example_file_is_the_defaults():
    assert load_settings(ROOT / "configs/example.yaml") == load_settings(None)


def test_the_environment_beats_the_file(write, monkeypatch):
    path = write("serve: {port: 8700, host: 0.0.0.0}\n")
    monkeypatch.setenv("GRIDPATROL_SERVE__PORT", "8701")
    settings = load_settings(path)
    assert (settings.serve.port, settings.serve.host) == (8701, "0.0.0.0")


def test_chinese_names_survive(write):
    assert load_settings(write("site: {name: 桃源村}\n")).site.name == "桃源村"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("site:\n  nam: x\n", ":2: site.nam: unknown key; did you mean `name`?"),
        ("sitte: {}\n", ":1: sitte: unknown key; did you mean `site`?"),
        ("serve:\n  host: a\n  port: 99999\n", ":3: serve.port: "),
        ("site: {time_zone: Asia/Peking}\n", ":1: site.time_zone: "),
        ("site: {}\nserve: [\n", ":3: not valid YAML: "),
        ("- a\n", ": expected settings as `key: value`"),
        ("analysis: fast\n", ":1: analysis: "),
    ],
)
def test_a_mistake_names_file_line_and_key(write, text, expected):
    path = write(text)
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    assert f"{path}{expected}" in str(caught.value)


def test_every_mistake_is_listed(write):
    with pytest.raises(ConfigError) as caught:
        load_settings(write("serve: {port: 0}\nlog: {level: loud}\n"))
    assert len(str(caught.value).splitlines()) == 2


def test_a_missing_file_is_a_clear_error(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings(tmp_path / "none.yaml")


def test_the_queue_address_never_shows_in_the_settings_text(write):
    settings = load_settings(write("queue: {url: 'redis://:hunter2@host/0'}\n"))
    assert "hunter2" not in repr(settings)
    assert redis_url(settings.queue) == "redis://:hunter2@host/0"


def test_redis_url_comes_from_the_environment_when_the_file_is_silent(monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://example/3")
    assert redis_url(load_settings(None).queue) == "redis://example/3"
