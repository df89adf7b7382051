"""The chain of the audit log: each record carries a hash over itself and all before it.

The bytes of a record are the JSON array `[seq,at,actor,action,object,detail]` in UTF-8: no spaces
between its parts, no escapes but those JSON demands, `at` as `2026-05-01T08:00:00.250000Z`,
`detail` as the text of a JSON object with sorted keys. With `digest = sha256(bytes)`, hexadecimal,

    hash = sha256(previous hash + digest)        both in hexadecimal; of the first: 64 zeros

so that whoever has the digests of records they may not read can still follow the chain.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from gateway.audit.act import Act, Detail

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain stands: its last record's number and hash; 0 and zeros before the first."""

    seq: int
    hash: str


ROOT = Head(0, "0" * 64)
"""What the first record hangs on."""


def parse_head(text: str) -> Head:
    """Return the head that `SEQ:HASH` spells; raises ValueError for other texts."""
    seq, _, digest = text.strip().partition(":")
    if not (seq.isdecimal() and _SHA256.fullmatch(digest)):
        raise ValueError(f"{text!r} is no head of a log: give SEQ:HASH, as it was printed")
    return Head(int(seq), digest)


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it is kept. detail: the text of a JSON object. prev, hash: hexadecimal sha256."""

    seq: int
    at: datetime
    actor: str
    action: str
    object: str
    detail: str
    prev: str
    hash: str

    @property
    def head(self) -> Head:
        """Where the chain stands after it."""
        return Head(self.seq, self.hash)


class Fault(StrEnum):
    """What is wrong where a chain breaks."""

    MISSING = "missing"
    """Records before this one are not there, or not in their place."""
    ALTERED = "altered"
    """The record does not match its own hash: one of them was changed."""
    DETACHED = "detached"
    """The record does not hang on the one before it: that one was exchanged or put in later."""
    CUT = "cut"
    """The chain ends before a head that is known from elsewhere."""
    FORKED = "forked"
    """The chain has another record where a head is known from elsewhere."""


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain breaks. seq: the number of the record that does not fit, or is not there."""

    seq: int
    fault: Fault


def link(act: Act, before: Head) -> Record:
    """Return the record that tells of an act, hung on the end of a chain."""
    loose = Record(
        seq=before.seq + 1,
        at=act.at.astimezone(UTC),
        actor=act.actor,
        action=act.action,
        object=act.object,
        detail=detail_text(act.detail),
        prev=before.hash,
        hash="",
    )
    return replace(loose, hash=hash_of(before.hash, digest_of(loose)))


def detail_text(detail: Detail) -> str:
    """Return what else is known of an act as it is kept."""
    return json.dumps(dict(detail), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonical_bytes(record: Record) -> bytes:
    """Return the bytes that a record's hash is taken over."""
    said = (
        record.seq,
        spelled(record.at),
        record.actor,
        record.action,
        record.object,
        record.detail,
    )
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def spelled(at: datetime) -> str:
    """Return a time as records have it: ISO 8601, UTC, microseconds, Z."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def digest_of(record: Record) -> str:
    """Return the sha256 of a record's own bytes, hexadecimal."""
    return hashlib.sha256(canonical_bytes(record)).hexdigest()


def hash_of(prev: str, digest: str) -> str:
    """Return a record's hash: over the hash before it and its own digest, all hexadecimal."""
    return hashlib.sha256((prev + digest).encode()).hexdigest()


def breaks(
    records: Iterable[Record], after: Head = ROOT, known: Iterable[Head] = ()
) -> Iterator[Break]:
    """Yield every place where a chain breaks; nothing where it is whole.

    records: in the order they are kept. after: what the first must hang on. known: heads that were
    noted elsewhere when the chain was as long; one at or before `after` proves nothing here.
    """
    awaited = {head.seq: head.hash for head in known if head.seq > after.seq}
    end = after
    for record in records:
        yield from _faults(record, end)
        if awaited.pop(record.seq, record.hash) != record.hash:
            yield Break(record.seq, Fault.FORKED)
        end = record.head
    yield from (Break(seq, Fault.CUT) for seq in sorted(awaited))


def _faults(record: Record, before: Head) -> Iterator[Break]:
    if record.seq != before.seq + 1:
        yield Break(record.seq, Fault.MISSING)
    elif record.prev != before.hash:
        yield Break(record.seq, Fault.DETACHED)
    if record.hash != hash_of(record.prev, digest_of(record)):
        yield Break(record.seq, Fault.ALTERED)
