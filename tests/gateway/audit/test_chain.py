"""Whatever is done to a chain of records shows, and where."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.audit.act import Act, AuditAction, case_object, evidence_object
from gateway.audit.chain import ROOT, Break, Fault, Head, Record, breaks, canonical_bytes, link

AT = datetime(2026, 5, 1, 8, 0, 0, 250_000, tzinfo=UTC)
QUICK = settings(max_examples=50)
WORDS = st.text(max_size=8)
ACTS = st.builds(
    Act,
    at=st.datetimes(timezones=st.just(UTC)),
    actor=WORDS,
    action=st.sampled_from(AuditAction),
    object=WORDS,
    detail=st.dictionaries(WORDS, st.none() | st.booleans() | st.integers() | WORDS, max_size=3),
)


def chain(acts: list[Act]) -> list[Record]:
    records: list[Record] = []
    for act in acts:
        records.append(link(act, records[-1].head if records else ROOT))
    return records


CHAINS = st.lists(ACTS, min_size=1, max_size=6).map(chain)


def two(records: list[Record]) -> st.SearchStrategy[tuple[int, int]]:
    places = st.integers(0, len(records) - 1)
    return st.tuples(places, places).filter(lambda pair: pair[0] != pair[1])


@QUICK
@given(CHAINS)
def test_what_nobody_touched_is_whole(records: list[Record]) -> None:
    assert list(breaks(records, known=[record.head for record in records])) == []
    middle = len(records) // 2
    assert list(breaks(records[middle:], records[middle - 1].head if middle else ROOT)) == []


@QUICK
@given(CHAINS, st.data())
def test_an_edited_record_shows_at_its_place(records: list[Record], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(records) - 1))
    was = records[place]
    name = data.draw(st.sampled_from(("at", "actor", "action", "object", "detail", "prev", "hash")))
    value = data.draw(
        st.datetimes(timezones=st.just(UTC))
        if name == "at"
        else st.text(max_size=70).filter(lambda text: text != getattr(was, name))
    )
    if value == getattr(was, name):
        return
    records[place] = replace(was, **{name: value})
    assert was.seq in {found.seq for found in breaks(records)}


@QUICK
@given(CHAINS, st.data())
def test_an_edit_with_its_hash_made_anew_shows_at_the_next(
    records: list[Record], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(records) - 1))
    was, head = records[place], records[-1].head
    forged = link(
        Act(was.at, was.actor + "x", AuditAction(was.action), was.object),
        Head(was.seq - 1, was.prev),
    )
    records[place] = forged
    found = list(breaks(records, known=[head]))
    last = Break(was.seq, Fault.FORKED)
    assert found == ([last] if was.seq == head.seq else [Break(was.seq + 1, Fault.DETACHED)])


@QUICK
@given(CHAINS, st.data())
def test_a_dropped_record_shows(records: list[Record], data: st.DataObject) -> None:
    head = records[-1].head
    gone = records.pop(data.draw(st.integers(0, len(records) - 1)))
    fault = Fault.CUT if gone.seq == head.seq else Fault.MISSING
    seq = gone.seq if fault is Fault.CUT else gone.seq + 1
    assert list(breaks(records, known=[head])) == [Break(seq, fault)]


@QUICK
@given(CHAINS.filter(lambda records: len(records) > 1), st.data())
def test_reordered_records_show(records: list[Record], data: st.DataObject) -> None:
    one, other = data.draw(two(records))
    records[one], records[other] = records[other], records[one]
    assert list(breaks(records))


@QUICK
@given(CHAINS, ACTS, st.data())
def test_an_inserted_record_shows(records: list[Record], act: Act, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(records)))
    head = records[-1].head
    before = records[place - 1].head if place else ROOT
    records.insert(place, link(act, before))
    # Behind the last nothing was forged: that is what adding to the log looks like.
    assert bool(list(breaks(records, known=[head]))) is (place < len(records) - 1)


@QUICK
@given(CHAINS, ACTS)
def test_a_chain_written_anew_from_some_record_on_forks_from_a_known_head(
    records: list[Record], act: Act
) -> None:
    head = records[-1].head
    if act == Act(
        records[0].at,
        records[0].actor,
        AuditAction(records[0].action),
        records[0].object,
        json.loads(records[0].detail),
    ):
        return
    rest = [
        Act(r.at, r.actor, AuditAction(r.action), r.object, json.loads(r.detail))
        for r in records[1:]
    ]
    assert list(breaks(chain([act, *rest]), known=[head])) == [Break(head.seq, Fault.FORKED)]


def test_the_bytes_are_those_that_the_docs_tell() -> None:
    act = Act(
        datetime(2026, 5, 1, 16, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=8))),
        "li",
        AuditAction.EVIDENCE_VIEWED,
        evidence_object("i1", "e1"),
        {"type": "raw", "n": 1, "注": "村口"},
    )
    record = link(act, ROOT)
    spelled = (
        '[1,"2026-05-01T08:00:00.250000Z","li","evidence_viewed","case/i1/evidence/e1",'
        '"{\\"n\\":1,\\"type\\":\\"raw\\",\\"注\\":\\"村口\\"}"]'
    )
    assert canonical_bytes(record) == spelled.encode()
    digest = hashlib.sha256(spelled.encode()).hexdigest()
    assert record.hash == hashlib.sha256(("0" * 64 + digest).encode()).hexdigest()


@pytest.mark.parametrize(
    "heads",
    [
        (Act(AT, "a", AuditAction.SIGN_IN, "bc"), Act(AT, "ab", AuditAction.SIGN_IN, "c")),
        (Act(AT, 'a","b', AuditAction.SIGN_IN, ""), Act(AT, "a", AuditAction.SIGN_IN, "b")),
    ],
)
def test_no_two_acts_have_the_same_bytes(heads: tuple[Act, Act]) -> None:
    one, other = (link(act, ROOT) for act in heads)
    assert one.hash != other.hash


def test_the_evidence_of_a_case_is_named_below_it() -> None:
    assert evidence_object("i1", "e1").startswith(case_object("i1") + "/")
