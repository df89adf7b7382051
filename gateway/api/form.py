"""Forms with files: `multipart/form-data` (RFC 7578), their files on disk while they are read."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import Message
from typing import BinaryIO, Final, TypeVar

from fastapi import Request
from pydantic import BaseModel, JsonValue, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from gateway.http.errors import BadRequestError, MediaTypeError, fields_refused

Model = TypeVar("Model", bound=BaseModel)

TYPE: Final = "multipart/form-data"
MAX_FILES = 16
MAX_FIELDS = 32
MAX_FIELD_BYTES = 65_536
"""Of one field that is no file; how large a file may be says whoever takes it, and all of them
together what the route takes."""
MAX_NAME = 120
"""Characters of a file's name that are kept."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form. name: as whoever sent it calls it, without directories; for showing only.

    field: of the form. content: at its beginning; closed with the form.
    """

    field: str
    name: str
    content: BinaryIO

    def read(self) -> bytes:
        """Return all of the file."""
        self.content.seek(0)
        return self.content.read()


@dataclass(frozen=True, slots=True)
class Form:
    """What a form holds: its fields, the last of a name counts, and its files in their order."""

    fields: dict[str, str]
    files: tuple[Upload, ...]

    def files_of(self, field: str) -> tuple[Upload, ...]:
        """Return the files of one field."""
        return tuple(one for one in self.files if one.field == field)


def form_of(model: type[BaseModel], field: str, most: int) -> dict[str, object]:
    """Return how OpenAPI describes a form: the fields of a model, and files in one more field."""
    described = model.model_json_schema(ref_template="{model}")
    definitions = described.get("$defs", {})
    fields = {name: _in_place(one, definitions) for name, one in described["properties"].items()}
    files = {"type": "array", "maxItems": most, "items": {"type": "string", "format": "binary"}}
    schema = {
        "type": "object",
        "required": described.get("required", []),
        "properties": {**fields, field: files},
    }
    return {"requestBody": {"required": True, "content": {TYPE: {"schema": schema}}}}


def _in_place(node: JsonValue, definitions: Mapping[str, JsonValue]) -> JsonValue:
    """Return a schema with what it refers to in place: a route's own schema has no definitions."""
    if isinstance(node, list):
        return [_in_place(part, definitions) for part in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _in_place(definitions[str(node["$ref"])], definitions)
    return {key: _in_place(part, definitions) for key, part in node.items()}


class _Parser(MultiPartParser):
    """Starlette's, which takes a form that breaks off for a whole one, and any bytes for text."""

    is_whole = False

    def on_part_end(self) -> None:
        part = self._current_part
        try:
            part.data.decode()
        except UnicodeDecodeError as error:
            said = f"{part.field_name} is not UTF-8 text (byte {error.start})"
            raise MultiPartException(said) from error
        super().on_part_end()

    def on_end(self) -> None:
        self.is_whole = True


@asynccontextmanager
async def read_form(request: Request) -> AsyncIterator[Form]:
    """Read a request's form; its files are gone once the block ends.

    Raises MediaTypeError for another type, BadRequestError for a form that is broken or too much.
    """
    head = Message()
    head["Content-Type"] = request.headers.get("content-type", "")
    if head.get_content_type() != TYPE or not head.get_param("boundary"):
        raise MediaTypeError(f"Send the form as {TYPE}.")
    parser = _Parser(
        request.headers,
        request.stream(),
        max_files=MAX_FILES,
        max_fields=MAX_FIELDS,
        max_part_size=MAX_FIELD_BYTES,
    )
    try:
        data = await parser.parse()
    except MultiPartException as error:
        raise BadRequestError(f"{error.message.rstrip('.')}: mend the form") from error
    except ClientDisconnect as error:
        raise BadRequestError("the form is cut off: send it again") from error
    try:
        if not parser.is_whole:
            raise BadRequestError("the form is cut off: send it again")
        yield _form(data)
    finally:
        await data.close()


def read_fields(model: type[Model], form: Form) -> Model:
    """Return the fields of a form as a model; an empty one is as good as none.

    Raises BadRequestError.
    """
    given = {name: text for name, text in form.fields.items() if text.strip()}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise fields_refused(error.errors()) from error


def _form(data: FormData) -> Form:
    fields: dict[str, str] = {}
    files: list[Upload] = []
    for name, part in data.multi_items():
        if isinstance(part, UploadFile):
            files.append(Upload(name, _plain_name(part.filename or ""), part.file))
        else:
            fields[name] = part
    return Form(fields, tuple(files))


def _plain_name(name: str) -> str:
    """Return a file's name without directories, control characters and excess."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(one for one in last if one.isprintable()).strip()[-MAX_NAME:]
