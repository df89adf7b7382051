"""Zones, lines and rules as people write them (YAML) and as the database keeps them (JSON).

The schema of each rule type is made from the fields of its settings class, so a new rule needs no
change here.
"""

import io
import json
import types
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, Field, asdict, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast, get_args, get_origin, get_type_hints

import pydantic
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError, create_model
from ruamel.yaml import YAML

from gateway.errors import ConfigError
from gateway.yaml_file import Location, Mistake, dotted, load_yaml, located, mistakes, suggestion
from vision.errors import RuleError
from vision.geometry import Polygon
from vision.rule import RuleSpec
from vision.rules import DEFAULT_RULES, RULES, RuleSet
from vision.scene import Line, Zone

STRICT = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)

Model = TypeVar("Model", bound=BaseModel)


class _PlaceEntry(BaseModel):
    """A zone with its outline, or a line with its two ends."""

    model_config = STRICT

    id: str
    name: str = ""
    polygon: tuple[tuple[float, float], ...] | None = None
    line: tuple[tuple[float, float], tuple[float, float]] | None = None


class _Settings(BaseModel):
    """Settings of a rule, or of a part of it, as its dataclass has them; see `_schema`."""

    model_config = STRICT
    made_from: ClassVar[type]

    def built(self, at: Location) -> object:
        """Return the dataclass with what is set here; `at`: where in the document it stands."""
        said = {name: _built(getattr(self, name), (*at, name)) for name in self.model_fields_set}
        with _at(*at):
            return self.made_from(**said)


class _Document(BaseModel):
    """The outline of a rules file; rules are checked one by one, each against its own type."""

    model_config = STRICT

    zones: tuple[_PlaceEntry, ...] = ()
    rules: tuple[dict[str, JsonValue], ...] = ()


class RulesRefusedError(ConfigError):
    """Zones or rules cannot be used; each mistake says where it stands in the document."""

    code = "bad_rules"

    def __init__(self, found: Sequence[Mistake]) -> None:
        lines = (f"{dotted(mistake.location)}: {mistake.text}" for mistake in found)
        super().__init__("\n".join(lines))
        self.found = tuple(found)


def load_rules(path: Path) -> RuleSet:
    """Return the zones and rules of a YAML file; without rules in it, the default ones.

    Raises ConfigError with a line for each mistake: file, line, key, what is wrong.
    """
    document = load_yaml(path)
    try:
        return _parse(document)
    except RulesRefusedError as wrong:
        raise ConfigError(located(path, document, wrong.found)) from wrong


def rules_from_document(document: Mapping[str, object]) -> RuleSet:
    """Return the zones and rules of a document of JSON; without rules in it, the default ones.

    Raises RulesRefusedError.
    """
    return _parse(document)


def rules_from_json(zones: str, rules: str) -> RuleSet:
    """Return zones and rules kept as two JSON arrays; an empty array of rules means the default.

    Raises ConfigError with a line for each mistake.
    """
    try:
        return _parse({"zones": json.loads(zones), "rules": json.loads(rules)})
    except json.JSONDecodeError as error:
        raise ConfigError(f"zones or rules are not JSON: {error}.") from error
    except RulesRefusedError as wrong:
        raise ConfigError(str(wrong)) from wrong


def zones_to_json(rules: RuleSet) -> str:
    """Return the zones, then the lines, as a JSON array that `rules_from_json` reads."""
    zones = [
        {"id": zone.id, "name": zone.name, "polygon": zone.polygon.corners} for zone in rules.zones
    ]
    lines = [
        {"id": line.id, "name": line.name, "line": (line.start, line.end)} for line in rules.lines
    ]
    return json.dumps([*zones, *lines], ensure_ascii=False)


def rules_to_json(rules: RuleSet) -> str:
    """Return the rules as a JSON array that `rules_from_json` reads, every setting spelled out.

    The default ones are an empty array.
    """
    return "[]" if rules.rules == DEFAULT_RULES.rules else spelled_out(rules)


def spelled_out(rules: RuleSet) -> str:
    """Return the rules as `rules_to_json`, the default ones too."""
    return json.dumps([{"type": rule.type} | asdict(rule) for rule in rules.rules])


def rules_to_yaml(zones: str, rules: str) -> str:
    """Return zones and rules kept as JSON arrays as a file that `load_rules` reads."""
    text = io.StringIO()
    writer = YAML()
    writer.default_flow_style = None  # each zone and rule on lines of its own, its lists in one
    writer.width = 100
    writer.dump({"zones": json.loads(zones), "rules": json.loads(rules)}, text)
    return text.getvalue()


def _parse(data: Mapping[str, object]) -> RuleSet:
    document = _checked(_Document, data, ())
    places = [_place(entry, number) for number, entry in enumerate(document.zones)]
    found: list[Mistake] = []
    rules: list[RuleSpec] = []
    for number, entry in enumerate(document.rules):
        try:
            rules.append(_rule(entry, number))
        except RulesRefusedError as wrong:
            found += wrong.found
    if found:
        raise RulesRefusedError(found)
    return _checked_together(places, tuple(rules) or DEFAULT_RULES.rules)


def _place(entry: _PlaceEntry, number: int) -> Zone | Line:
    if entry.polygon is not None and entry.line is None:
        with _at("zones", number, "polygon"):
            return Zone(entry.id, Polygon(entry.polygon), entry.name)
    if entry.line is not None and entry.polygon is None:
        with _at("zones", number, "line"):
            return Line(entry.id, *entry.line, entry.name)
    text = "give either `polygon`, the corners of an area, or `line`, its two ends."
    raise RulesRefusedError([Mistake(("zones", number), text)])


def _rule(entry: Mapping[str, JsonValue], number: int) -> RuleSpec:
    name = entry.get("type")
    at: Location = ("rules", number)
    if not isinstance(name, str):
        raise RulesRefusedError(
            [Mistake(at, f"`type` is missing; known here: {', '.join(RULES)}.")]
        )
    if name not in RULES:
        text = f"no rule type {name!r}; {suggestion(name, RULES)}"
        raise RulesRefusedError([Mistake((*at, "type"), text)])
    spec = RULES[name]
    settings = {key: value for key, value in entry.items() if key != "type"}
    checked = _checked(_schema(spec), settings, at)
    return cast("RuleSpec", checked.built(at))


def _checked_together(places: list[Zone | Line], rules: tuple[RuleSpec, ...]) -> RuleSet:
    """Return the whole set; built entry by entry, so that a mistake has a place."""
    for number in range(len(places)):
        with _at("zones", number):
            _together(places[: number + 1], ())
    for number in range(len(rules)):
        with _at("rules", number):
            _together(places, rules[: number + 1])
    return _together(places, rules)


def _together(places: list[Zone | Line], rules: tuple[RuleSpec, ...]) -> RuleSet:
    zones = tuple(place for place in places if isinstance(place, Zone))
    lines = tuple(place for place in places if isinstance(place, Line))
    return RuleSet(zones, rules, lines)


@contextmanager
def _at(*location: int | str) -> Iterator[None]:
    """Give a RuleError raised inside its place in the document."""
    try:
        yield
    except RuleError as error:
        raise RulesRefusedError([Mistake(location, f"{error}.")]) from error


def _checked(model: type[Model], data: Mapping[str, object], at: Location) -> Model:
    """Return the data as `model`, checked as strictly as JSON allows: no text for numbers."""
    try:
        return model.model_validate_json(json.dumps(data, default=str))
    except ValidationError as error:
        raise RulesRefusedError(mistakes(model, error, at)) from error


@cache
def _schema(settings: type) -> type[_Settings]:
    """Return a pydantic model with the fields, defaults and bounds of a settings dataclass."""
    hints = get_type_hints(settings)
    columns: dict[str, Any] = {
        field.name: (_schema_type(hints[field.name]), _schema_field(field))
        for field in fields(settings)
    }
    model: type[_Settings] = create_model(settings.__name__, __base__=_Settings, **columns)
    model.made_from = settings
    return model


def _schema_type(hint: object) -> object:
    """Return a field's type with dataclasses, alone or in a tuple of any length, as models."""
    if is_dataclass(hint) and isinstance(hint, type):
        return _schema(hint)
    if get_origin(hint) is tuple:
        first, *_ = get_args(hint)
        return types.GenericAlias(tuple, (_schema_type(first), ...))
    return hint


def _schema_field(field: Field[Any]) -> object:
    default = ... if field.default is MISSING else field.default
    if field.default_factory is not MISSING:
        return pydantic.Field(default_factory=field.default_factory)
    low, high = field.metadata.get("low"), field.metadata.get("high")
    schema: object = pydantic.Field(default, ge=low, le=high)
    return schema


def _built(value: object, at: Location) -> object:
    """Return a checked value with every part of a rule's settings as its dataclass."""
    if isinstance(value, _Settings):
        return value.built(at)
    if isinstance(value, tuple):
        return tuple(_built(part, (*at, number)) for number, part in enumerate(value))
    return value
