"""Forms with files: `multipart/form-data` (RFC 7578), small enough to be read whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from gateway.http.errors import BadRequestError, MediaTypeError
from gateway.yaml_file import dotted

Model = TypeVar("Model", bound=BaseModel)

MAX_PARTS = 32
MAX_HEAD_BYTES = 4096
"""Of the headers of one part."""
MAX_NAME = 120
"""Characters of a file's name that are kept."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form. name: as whoever sent it calls it, without directories; for showing only.

    field: of the form.
    """

    field: str
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """What a form holds: its fields, the last of a name counts, and its files in their order."""

    fields: dict[str, str]
    files: tuple[Upload, ...]

    def files_of(self, field: str) -> tuple[Upload, ...]:
        """Return the files of one field."""
        return tuple(one for one in self.files if one.field == field)


def read_form(content_type: str, body: bytes) -> Form:
    """Return a form; raises MediaTypeError for another type, BadRequestError for a broken one."""
    head = EmailMessage(HTTP)
    head["Content-Type"] = " ".join(content_type.splitlines())
    boundary = head.get_boundary()
    if head.get_content_type() != "multipart/form-data" or not boundary:
        raise MediaTypeError("Send the form as multipart/form-data.")
    fields: dict[str, str] = {}
    files: list[Upload] = []
    for part in _parts(body, boundary):
        one = _read_part(part)
        if isinstance(one, Upload):
            files.append(one)
        else:
            fields[one[0]] = one[1]
    return Form(fields, tuple(files))


def read_fields(model: type[Model], form: Form) -> Model:
    """Return the fields of a form as a model; an empty one is as good as none.

    Raises BadRequestError.
    """
    given = {name: text for name, text in form.fields.items() if text.strip()}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        raise BadRequestError(f"{dotted(wrong['loc'])}: {wrong['msg']}") from error


def _parts(body: bytes, boundary: str) -> Sequence[bytes]:
    """Return the parts between the delimiters; none of them can hold one (RFC 2046 §5.1.1)."""
    delimiter = b"\r\n--" + boundary.encode("latin-1", "replace")
    pieces = (b"\r\n" + body).split(delimiter)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise BadRequestError("the form is cut off: send it again")
    if len(pieces) - 2 > MAX_PARTS:
        raise BadRequestError(f"the form has more than {MAX_PARTS} parts: send fewer files at once")
    return pieces[1:-1]


def _read_part(part: bytes) -> Upload | tuple[str, str]:
    """Return a file, or a field's name and its text."""
    head, separator, data = part.partition(b"\r\n\r\n")
    if not separator or len(head) > MAX_HEAD_BYTES:
        raise BadRequestError("a part of the form has no end to its headers: send it again")
    headers = BytesParser(EmailMessage, policy=HTTP).parsebytes(head.lstrip(b"\r\n") + b"\r\n\r\n")
    disposition = headers["Content-Disposition"]
    field = "" if disposition is None else disposition.params.get("name", "")
    if not field:
        raise BadRequestError("a part of the form has no name: send it again")
    file_name = headers.get_filename()
    if file_name is None:
        try:
            return field, data.decode()
        except UnicodeDecodeError as error:
            raise BadRequestError(f"{field} is not UTF-8 text (byte {error.start})") from error
    return Upload(field, _plain_name(file_name), data)


def _plain_name(name: str) -> str:
    """Return a file's name without directories, control characters and excess."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(one for one in last if one.isprintable()).strip()[-MAX_NAME:]
