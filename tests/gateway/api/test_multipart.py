"""Forms as browsers and httpx write them are read back, byte for byte; broken ones are refused."""

from contextlib import suppress

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.api.multipart import MAX_PARTS, read_form
from gateway.http.errors import BadRequestError, MediaTypeError

TYPE = "multipart/form-data; boundary=B"
NAME = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=12)


def encoded(fields: dict[str, str], files: list[tuple[str, tuple[str, bytes]]]):
    request = httpx.Request("POST", "http://here", data=fields, files=files)
    return request.headers["content-type"], request.read()


@settings(max_examples=100)
@given(
    st.dictionaries(NAME, st.text(st.characters(codec="utf-8"), max_size=40), max_size=4),
    st.lists(st.tuples(NAME, st.binary(max_size=300)), min_size=1, max_size=4),
)
def test_a_form_is_read_as_it_was_written(fields, files):
    form = read_form(*encoded(fields, [("picture", (f"{n}.jpg", data)) for n, data in files]))
    assert form.fields == fields
    assert [(one.name, one.data) for one in form.files_of("picture")] == [
        (f"{n}.jpg", data) for n, data in files
    ]


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
        + name.replace("\\", "\\\\").encode()
        + b'"\r\n\r\n1\r\n--B--\r\n'
    )
    (upload,) = read_form(TYPE, body).files
    assert upload.name == kept


@pytest.mark.parametrize(
    ("content_type", "body", "error"),
    [
        ("application/json", b"{}", MediaTypeError),
        ("multipart/form-data", b"", MediaTypeError),
        (TYPE, b"", BadRequestError),
        (TYPE, b"--B\r\nX: 1\r\n\r\ncut off", BadRequestError),
        (TYPE, b"--B\r\nno end of headers\r\n--B--", BadRequestError),
        (
            TYPE,
            b"--B\r\nX: 1\r\n\r\nno name\r\n--B--",
            BadRequestError,
        ),
        (
            TYPE,
            b'--B\r\nContent-Disposition: form-data; name="t"\r\n\r\n\xff\r\n--B--',
            BadRequestError,
        ),
        (
            TYPE,
            b"--B" + b"\r\n--B" * (MAX_PARTS + 1) + b"--",
            BadRequestError,
        ),
    ],
)
def test_a_broken_form_is_refused(content_type, body, error):
    with pytest.raises(error):
        read_form(content_type, body)


@settings(max_examples=200)
@given(st.binary(max_size=200), st.text(max_size=60))
def test_nothing_else_comes_of_any_bytes(body, content_type):
    for one in (content_type, TYPE):
        with suppress(BadRequestError, MediaTypeError):
            read_form(one, b"--B\r\n" + body + b"\r\n--B--")
