"""Forms as browsers and httpx write them are read back, byte for byte; broken ones are refused."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from gateway.api.form import MAX_FIELD_BYTES, MAX_FIELDS, MAX_FILES, read_form
from gateway.http.errors import BadRequestError, MediaTypeError

TYPE = "multipart/form-data; boundary=B"
NAME = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=12)


def encoded(fields: dict[str, str], files: list[tuple[str, tuple[str, bytes]]]):
    request = httpx.Request("POST", "http://here", data=fields, files=files)
    return request.headers["content-type"], request.read()


def asked(content_type: str, pieces: Iterator[bytes]) -> Request:
    """Return a request whose body comes in pieces, and breaks off where they end."""

    async def receive():
        piece = next(pieces, None)
        if piece is None:
            return {"type": "http.request", "body": b"", "more_body": False}
        return {"type": "http.request", "body": piece, "more_body": True}

    headers = [(b"content-type", content_type.encode("latin-1", "replace"))]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


def read(content_type: str, *pieces: bytes):
    """Return the fields of a form, and of its files field, name and bytes."""

    async def answer():
        async with read_form(asked(content_type, iter(pieces))) as form:
            return form.fields, [(one.field, one.name, one.read()) for one in form.files]

    return asyncio.run(answer())


@settings(max_examples=60)
@given(
    st.dictionaries(NAME, st.text(st.characters(codec="utf-8"), max_size=40), max_size=4),
    st.lists(st.tuples(NAME, st.binary(max_size=300)), min_size=1, max_size=4),
    st.integers(1, 400),
)
def test_a_form_is_read_as_it_was_written(fields, files, at_once):
    content_type, body = encoded(fields, [("picture", (f"{n}.jpg", data)) for n, data in files])
    pieces = (body[start : start + at_once] for start in range(0, len(body), at_once))
    assert read(content_type, *pieces) == (
        fields,
        [("picture", f"{n}.jpg", data) for n, data in files],
    )


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\图 1.jpg", "图 1.jpg"),
        ("a\x00b.jpg", "ab.jpg"),
        ("x" * 500, "x" * 120),
    ],
)
def test_a_name_leads_nowhere(name, kept):
    body = (
        b'--B\r\nContent-Disposition: form-data; name="picture"; filename="'
        + name.encode()
        + b'"\r\n\r\n1\r\n--B--\r\n'
    )
    assert read(TYPE, body) == ({}, [("picture", kept, b"1")])


def test_a_large_file_waits_on_disk_and_is_gone_with_the_form():
    async def answer():
        large = encoded({}, [("picture", ("1.jpg", b"\x07" * 3_000_000))])
        async with read_form(asked(large[0], iter([large[1]]))) as form:
            (upload,) = form.files
            assert upload.content._rolled, "three megabytes are not kept in memory"
            assert len(upload.read()) == 3_000_000
        assert upload.content.closed

    asyncio.run(answer())


def part(head: bytes, data: bytes = b"1") -> bytes:
    return b"--B\r\nContent-Disposition: form-data; " + head + b"\r\n\r\n" + data + b"\r\n"


@pytest.mark.parametrize(
    ("content_type", "body", "error", "said"),
    [
        ("application/json", b"{}", MediaTypeError, "multipart/form-data"),
        ("multipart/form-data", b"", MediaTypeError, "multipart/form-data"),
        (TYPE, b"", BadRequestError, "cut off"),
        (TYPE, part(b'name="t"')[:-2], BadRequestError, "cut off"),
        (TYPE, part(b'name="t"'), BadRequestError, "cut off"),
        (TYPE, b"--B\r\nno end of headers\r\n--B--", BadRequestError, "mend the form"),
        (TYPE, part(b"") + b"--B--", BadRequestError, "name"),
        (TYPE, part(b'name="t"', b"\xff") + b"--B--", BadRequestError, "t is not UTF-8 text"),
        (
            TYPE,
            part(b'name="t"', b"1" * (MAX_FIELD_BYTES + 1)) + b"--B--",
            BadRequestError,
            "maximum size",
        ),
        (TYPE, part(b'name="t"') * (MAX_FIELDS + 1) + b"--B--", BadRequestError, str(MAX_FIELDS)),
        (
            TYPE,
            part(b'name="t"; filename="1"') * (MAX_FILES + 1) + b"--B--",
            BadRequestError,
            str(MAX_FILES),
        ),
    ],
)
def test_a_broken_form_is_refused(content_type, body, error, said):
    with pytest.raises(error, match=said):
        read(content_type, body)


@settings(max_examples=100)
@given(st.binary(max_size=200), st.text(max_size=60))
def test_nothing_else_comes_of_any_bytes(body, content_type):
    for one in (content_type, TYPE):
        with suppress(BadRequestError, MediaTypeError):
            read(one, b"--B\r\n" + body + b"\r\n--B--")
