"""Kinds: any plain word, checked wherever it comes from."""

import copy
import json
import pickle

import pytest
from pydantic import BaseModel, ValidationError

from vision.types import KNOWN_KINDS, Kind


class Watch(BaseModel):
    kinds: tuple[Kind, ...]


@pytest.mark.parametrize("name", ["smoke", "straw_burning", "a", "9", "x" * 32])
def test_any_plain_word_is_a_kind(name):
    kind = Kind(name)
    assert kind == name
    assert hash(kind) == hash(name)
    assert f"{kind}" == name
    assert json.dumps({kind: kind}) == json.dumps({name: name})


@pytest.mark.parametrize("name", ["", "Smoke", "floating rubbish", "smoke\n", "烟", "x" * 33])
def test_other_text_is_none(name):
    with pytest.raises(ValueError, match="cannot be a kind"):
        Kind(name)


def test_the_known_ones_have_names_of_their_own():
    assert KNOWN_KINDS == (Kind.PERSON, Kind.VEHICLE) == ("person", "vehicle")


def test_copies_are_kinds_still():
    for kind in (copy.deepcopy(Kind.PERSON), pickle.loads(pickle.dumps(Kind("smoke")))):
        assert type(kind) is Kind


def test_pydantic_reads_kinds_and_refuses_what_is_none():
    read = Watch.model_validate_json('{"kinds": ["person", "smoke"]}')
    assert read.kinds == (Kind.PERSON, Kind("smoke"))
    assert all(type(kind) is Kind for kind in read.kinds)
    assert Watch.model_validate_json(read.model_dump_json()) == read
    with pytest.raises(ValidationError, match="cannot be a kind"):
        Watch(kinds=("Person",))
