"""Every refusal that people can meet has a Chinese sentence; each field has a Chinese name."""

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

import gateway
from gateway.api.app import ROUTES
from gateway.api.services import LOCALE_DIR
from gateway.http.tongue import PLAIN, Tongues
from gateway.http.wrong_values import NEEDED, SENTENCES, sentence_for
from gateway.yaml_file import Mistake

ROOT = Path(gateway.__file__).parents[1]
SHOWN = (
    "gateway/api/*.py",
    "gateway/http/*.py",
    "gateway/camera_tour.py",
    "gateway/casefile/blur.py",
    "gateway/casefile/check.py",
    "gateway/dial_policy.py",
    "gateway/inventory_file.py",
    "gateway/jobs.py",
    "gateway/live.py",
    "gateway/notify/[!w]*.py",
    "gateway/onboarding.py",
    "gateway/onvif/[!c]*.py",
    "gateway/patrol*.py",
    "gateway/patrol/*.py",
    "gateway/photo.py",
    "gateway/recording/export.py",
    "gateway/store/[!dmps]*.py",
    "gateway/store/patrol.py",
    "gateway/stream_tuning.py",
    "gateway/suppression/*.py",
    "gateway/talk.py",
    "gateway/units.py",
    "gateway/water/teacher.py",
    "gateway/worker_client.py",
    "gateway/workflow/*.py",
    "vision/arming.py",
    "vision/geometry.py",
    "vision/scene.py",
    "vision/water/training.py",
)
"""Where refusals are worded that an API answers with."""
WITHOUT = frozenset({"{}: {}", "{}; {}"})
"""Forms without words of their own."""
PLACE = re.compile(r"(\{[^{}]*\})+")


def outline(sentence: str) -> str:
    """Return a sentence with its places empty, two side by side as one, and no stop."""
    return PLACE.sub("{}", sentence).strip().removesuffix(".")


def literal(node: ast.expr) -> str | None:
    """Return a text as it is written, with `{}` for each value; None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
        )
    return None


def raised(files: list[Path]) -> set[str]:
    """Return the outlines of all sentences that errors are made with."""
    return {
        outline(said)
        for file in files
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "").endswith("Error")
        and node.args
        and " " in (said := literal(node.args[0]) or "")
    }


@pytest.fixture(scope="module")
def tongues() -> Tongues:
    return Tongues.load(LOCALE_DIR)


@pytest.fixture(scope="module")
def chinese(tongues):
    return tongues.for_wishes("zh-CN,zh;q=0.9,en;q=0.8")


def test_every_refusal_of_the_api_has_a_chinese_sentence(chinese):
    shown = raised(sorted({file for pattern in SHOWN for file in ROOT.glob(pattern)}))
    assert len(shown) > 150
    said = {one: one.replace("{}", "x7") for one in shown - WITHOUT}
    assert {one for one, filled in said.items() if chinese.say(filled) == filled} == set()


def test_every_kind_of_wrong_value_has_one(chinese):
    assert {outline(one) for one in (*SENTENCES.values(), NEEDED)} <= {
        outline(one) for one in chinese.sentences
    }


def test_translations_keep_the_places_and_end_as_sentences():
    with (LOCALE_DIR / "zh_CN" / "LC_MESSAGES" / "errors.po").open("rb") as file:
        for message in read_po(file):
            if message.id:
                assert set(PLACE.findall(message.id)) == set(PLACE.findall(message.string))
                assert message.string.endswith(("。", "？", "}")), message.id


def fields_below(node, schemas, seen) -> set[str]:
    """Return the names of all properties that a schema or a list of them has, at any depth."""
    if isinstance(node, list):
        return set().union(*(fields_below(part, schemas, seen) for part in node))
    if not isinstance(node, dict):
        return set()
    known = node.get("$ref", "").rpartition("/")[2]
    if known in seen:
        return set()
    if known:
        seen.add(known)
        return fields_below(schemas[known], schemas, seen)
    properties = node.get("properties", {})
    parts = [node.get(key) for key in ("anyOf", "oneOf", "prefixItems", "items")]
    return {*properties, *fields_below([*properties.values(), *parts], schemas, seen)}


def fields_of_the_api() -> set[str]:
    """Return every field that a request can have, by the API's own description."""
    app = FastAPI()
    for router in ROUTES:
        app.include_router(router)
    described = app.openapi()
    schemas = described["components"]["schemas"]
    names: set[str] = set()
    for operation in (one for route in described["paths"].values() for one in route.values()):
        names.update(one["name"] for one in operation.get("parameters", ()))
        for content in operation.get("requestBody", {}).get("content", {}).values():
            names |= fields_below(content["schema"], schemas, set())
    return names


def test_every_field_of_the_api_has_a_chinese_name(chinese):
    assert fields_of_the_api() - chinese.fields.keys() == set()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("there is no camera gate-1", "没有摄像机 gate-1。"),
        ("there is no hand-over note 3", "没有交班记录 3。"),
        ("unknown key; did you mean `confirm_s`?", "没有这一项；是不是 `confirm_s`？"),
        ("password: type it again, for the address is another", "密码：地址变了，请重新输入。"),
        (
            "rules.0: rule gate: confirm_s is 99, outside 0 to 60.",
            "规则 1：规则 gate：确认时间 为 99，不在 0 到 60 之间。",
        ),
        (
            "the camera cannot be saved: there is a camera gate already: choose another id",
            "摄像机无法保存：已有摄像机 gate：请换一个编号。",
        ),
        (
            "Camera gate is switched off in the inventory.\nSomething nobody translated.",
            "摄像机 gate 已在台账中停用。\nSomething nobody translated.",
        ),
    ],
)
def test_a_sentence_is_found_by_its_form(chinese, said, expected):
    assert chinese.say(said) == expected
    assert PLAIN.say(said) == said


def test_a_mistake_names_its_field_and_its_bounds(chinese):
    found = [
        Mistake(("username",), "String should…", "string_too_short", {"min_length": 1}),
        Mistake(("rules", 0, "confirm_s"), "Input should…", "less_than_equal", {"le": 60}),
        Mistake(("look", "password"), "write user and password in their own fields"),
    ]
    assert chinese.mistakes(found).splitlines() == [
        "用户名：必填。",
        "规则 1 确认时间：不能大于 60。",
        "地址与登录 密码：用户名和密码请填在各自的栏里。",
    ]
    assert PLAIN.mistakes(found).splitlines()[1] == "rules.0.confirm_s: It must be 60 or less."


def test_one_at_least_is_what_is_needed():
    assert sentence_for("too_short", {"min_length": 1}) == NEEDED
    assert sentence_for("too_short", {"min_length": 3}) != NEEDED
    assert sentence_for("of_the_future", {}) is None


@pytest.mark.parametrize(
    ("wishes", "language"),
    [("", "en"), ("en-GB", "en"), ("zh-TW", "zh-CN"), ("de, zh;q=0.3", "zh-CN"), ("*", "en")],
)
def test_who_says_no_language_is_a_program(tongues, wishes, language):
    assert tongues.for_wishes(wishes).language == language


@given(st.text(max_size=80))
def test_any_text_can_be_said(chinese, text):
    assert isinstance(chinese.say(f"there is no camera {text}"), str)
