"""The part of the audit log that goes with a case: its records readable, all others as digests.

One line for each record, `SEQ HASH DIGEST` and, of the case's own, the record as the canonical JSON
that the digest is taken over. So the chain can be followed without learning of anything else.
"""

from collections.abc import Iterable, Iterator

from gateway.audit.act import case_object
from gateway.audit.chain import ROOT, Head, Record, canonical_bytes, digest_of
from gateway.store import Store

LINES_AT_ONCE = 500


class Excerpt:
    """The excerpt of a case, from its first record to the end of the log; to be read once.

    Its first line is the head that the first record hangs on: `SEQ HASH`. head: where it ends, once
    it is read.
    """

    def __init__(self, store: Store, case_id: str) -> None:
        self._store = store
        self._case = case_object(case_id)
        self.head = ROOT

    def chunks(self) -> Iterator[bytes]:
        """Yield the excerpt, some lines at a time."""
        audit = self._store.audit
        with audit.records(after=audit.seq_before(self._case)) as records:
            yield from _chunks(_lines(self._noting(records), self._case))

    def _noting(self, records: Iterable[Record]) -> Iterator[Record]:
        for record in records:
            self.head = record.head
            yield record


def _lines(records: Iterable[Record], case: str) -> Iterator[bytes]:
    is_first = True
    for record in records:
        if is_first:
            yield _head_line(Head(record.seq - 1, record.prev))
            is_first = False
        own = record.object == case or record.object.startswith(f"{case}/")
        shown = b" " + canonical_bytes(record) if own else b""
        yield f"{record.seq} {record.hash} {digest_of(record)}".encode() + shown + b"\n"
    if is_first:
        yield _head_line(ROOT)


def _head_line(head: Head) -> bytes:
    return f"{head.seq} {head.hash}\n".encode()


def _chunks(lines: Iterable[bytes]) -> Iterator[bytes]:
    held: list[bytes] = []
    for line in lines:
        held.append(line)
        if len(held) == LINES_AT_ONCE:
            yield b"".join(held)
            held.clear()
    yield b"".join(held)
