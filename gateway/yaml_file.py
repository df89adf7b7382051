"""YAML files read into checked models; errors name the file, the line and the likely word."""

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import TypeVar, get_args

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from gateway.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)
Location = tuple[int | str, ...]
OUR_OWN = "value_error"
"""The type of what our own checks find wrong, as pydantic calls it."""


def load_yaml(path: Path) -> CommentedMap:
    """Return a file's top-level mapping with its line numbers (an empty file: an empty mapping).

    Raises ConfigError when the file cannot be read, is not YAML, or is not a mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text (byte {error.start}).") from error
    return parse_yaml(text, path)


def parse_yaml(text: str, path: Path) -> CommentedMap:
    """Return the top-level mapping of a YAML text, as `load_yaml`; path: how errors name it."""
    try:
        document = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        raise ConfigError(f"{path}{line}: not valid YAML: {error.problem}.") from error
    except (
        YAMLError,
        ValueError,
        RecursionError,
    ) as error:  # such as a 13th month, or 999 brackets
        raise ConfigError(f"{path}: not valid YAML: {error}.") from error
    if document is None:
        return CommentedMap()
    if not isinstance(document, CommentedMap):
        raise ConfigError(f"{path}: expected settings as `key: value` lines at the top level.")
    return document


def read_model(path: Path, model: type[Model]) -> Model:
    """Return a YAML file parsed into `model`; raises ConfigError with one line for each mistake."""
    document = load_yaml(path)
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise ConfigError(explain(path, document, model, error)) from error


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong at one place of a document. text: a sentence, without the place.

    kind: a stable word, pydantic's type of error; values: the bounds and the like that go with it.
    """

    location: Location
    text: str
    kind: str = OUR_OWN
    values: Mapping[str, object] = field(default_factory=dict)


def mistakes(model: type[BaseModel], error: ValidationError, at: Location = ()) -> list[Mistake]:
    """Return what `error` found wrong; `at` is where in the document the model stands."""
    return [
        Mistake(
            (*at, *found["loc"]),
            _problem(model, found["type"], found["loc"], found["msg"]),
            found["type"],
            found.get("ctx", {}),
        )
        for found in error.errors()
    ]


def located(path: Path, document: CommentedMap, found: Iterable[Mistake]) -> str:
    """Return a line for each mistake, from the top down: `file:line: key: what is wrong`."""
    placed = sorted(((line_of(document, one.location), one) for one in found), key=itemgetter(0))
    return "\n".join(f"{path}:{line}: {dotted(one.location)}: {one.text}" for line, one in placed)


def explain(
    path: Path, document: CommentedMap, model: type[BaseModel], error: ValidationError
) -> str:
    """Return a line for each mistake: `file:line: key: what is wrong`, and the likely word."""
    return located(path, document, mistakes(model, error))


def line_of(document: CommentedMap, location: Location) -> int:
    """Return the 1-based line where a location, or its nearest parent, stands in the document."""
    node: object = document
    line = 1
    for key in location:
        if isinstance(node, CommentedMap) and key in node:
            line = node.lc.key(key)[0] + 1
        elif isinstance(node, CommentedSeq) and isinstance(key, int) and key < len(node):
            line = node.lc.item(key)[0] + 1
        else:
            break
        node = node[key]
    return line


def dotted(location: Location) -> str:
    """Return a location as people write it: `rules.0.confirm_s`."""
    return ".".join(str(part) for part in location) or "(the whole file)"


def _problem(model: type[BaseModel], kind: str, location: Location, message: str) -> str:
    if kind != "extra_forbidden":
        return f"{message}."
    return f"unknown key; {suggestion(str(location[-1]), _keys_at(model, location[:-1]))}"


def suggestion(word: str, known: Collection[str]) -> str:
    """Return the word probably meant as a question, or all that are known."""
    near = difflib.get_close_matches(word, known, n=1)
    return f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(sorted(known))}."


def _keys_at(model: type[BaseModel], location: Location) -> list[str]:
    """Return the keys a model allows at a location, following nested models and lists of them."""
    current: type[BaseModel] | None = model
    for part in location:
        if isinstance(part, int) or current is None:
            continue
        field = current.model_fields.get(part)
        current = _nested_model(field.annotation) if field else None
    return list(current.model_fields) if current else []


def _nested_model(annotation: object) -> type[BaseModel] | None:
    """Return the model inside an annotation such as `Rule`, `list[Rule]` or `Rule | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    candidates: Iterable[object] = get_args(annotation)
    return next((found for arg in candidates if (found := _nested_model(arg))), None)


def merged(base: Mapping[str, object], over: Mapping[str, object]) -> dict[str, object]:
    """Return `base` with `over` laid on top, mapping by mapping."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        result[key] = (
            merged(below, value)
            if isinstance(below, Mapping) and isinstance(value, Mapping)
            else value
        )
    return result
