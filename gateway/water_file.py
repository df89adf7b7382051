"""Where water is watched at a camera: as people write it (YAML), keep it (JSON) and send it (HTTP).

It is one document in all three. Lines that it does not name are as usual at such a place.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from gateway.errors import ConfigError
from gateway.yaml_file import dotted, explain, load_yaml, mistakes
from vision.errors import RuleError
from vision.geometry import Polygon
from vision.rule import ID_PATTERN
from vision.scene import Zone
from vision.water.lines import PLACE_LINES
from vision.water.types import Mark, PermanentWater, PlaceType, WaterLines, WaterSetup

LARGEST_CM = 1000.0
"""No gauge, post or kerb beside a road is higher, and no line."""
LONGEST_S = 86_400.0
MAX_PARTS = 32
"""Zones of one camera; marks, permanent water and text masks likewise."""
MAX_CORNERS = 200


def _mistake(text: str) -> PydanticCustomError:
    return PydanticCustomError("water", "{text}", {"text": text})


def _outline(corners: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    try:
        Polygon(corners)
    except RuleError as error:
        raise _mistake(str(error)) from error
    return corners


Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Share = Annotated[Number, Field(ge=0.0, le=1.0)]
Spot = tuple[Share, Share]
"""x, y; normalised 0-1."""
Outline = Annotated[tuple[Spot, ...], Field(max_length=MAX_CORNERS), AfterValidator(_outline)]
Id = Annotated[str, StringConstraints(pattern=rf"^{ID_PATTERN.pattern}$")]
Name = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)]
Depth = Annotated[Number, Field(gt=0.0, le=LARGEST_CM)]
Part = Annotated[Number, Field(gt=0.0, le=1.0)]
Wait = Annotated[Number, Field(ge=0.0, le=LONGEST_S)]


Outlines = Annotated[tuple[Outline, ...], Field(max_length=MAX_PARTS)]
TextMasks = Annotated[
    Annotated[Literal["auto"], Tag("auto")] | Annotated[Outlines, Tag("outlines")],
    Discriminator(lambda said: "auto" if isinstance(said, str) else "outlines"),
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WaterZone(_Part):
    """A lowest place of the ground: only water in zones counts. polygon: corners, 0-1."""

    id: Id
    name: Name = ""
    polygon: Outline


class PermanentBody(_Part):
    """A river or pond. normal: the ends of a line at its usual edge; null: it is ignored."""

    id: Id
    name: Name = ""
    polygon: Outline
    normal: tuple[Spot, Spot] | None = None


class MarkBody(_Part):
    """Something of known height. foot: where it meets the dry ground; top: where it ends.

    height_cm: from foot to top. zero_cm: of the foot, above the lowest dry ground.
    """

    id: Id
    name: Name = ""
    kind: Literal["gauge", "post", "kerb"] = "post"
    foot: Spot
    top: Spot
    height_cm: Depth
    zero_cm: Annotated[Number, Field(ge=-LARGEST_CM, le=LARGEST_CM)] = 0.0

    @field_validator("top")
    @classmethod
    def _stands(cls, top: Spot, info: ValidationInfo) -> Spot:
        foot = info.data.get("foot")
        if foot is not None and top[1] >= foot[1]:
            raise _mistake("the top of a mark is above its foot in the picture")
        return top


class LinesBody(_Part):
    """Where water begins to count, and for how long it must; null: as usual at such a place.

    *_cm: depth. *_ratio: flooded share of the zones. clear_part: a state is left below this part of
    its own line, held for clear_s. red_within_s: red when the trend gets there within this time.
    """

    watch_cm: Depth | None = None
    watch_ratio: Part | None = None
    watch_s: Wait | None = None
    yellow_cm: Depth | None = None
    yellow_ratio: Part | None = None
    yellow_s: Wait | None = None
    red_cm: Depth | None = None
    red_ratio: Part | None = None
    red_s: Wait | None = None
    red_within_s: Wait | None = None
    clear_part: Part | None = None
    clear_s: Wait | None = None

    def over(self, usual: WaterLines) -> WaterLines:
        """Return the usual lines with those that are given."""
        given = {one.name: getattr(self, one.name) for one in fields(usual)}
        return replace(usual, **{name: value for name, value in given.items() if value is not None})


class WaterDocument(_Part):
    """Where and how water is watched at one camera.

    type: what kind of place it is. place: its name; cameras of one name watch one place. zones: its
    lowest parts. permanent: water that is always there. text_masks: where the camera writes on its
    picture, outlines, or "auto" to have that found. marks: for centimetres. lines: own limits.
    """

    type: PlaceType
    place: Name = ""
    zones: Annotated[tuple[WaterZone, ...], Field(max_length=MAX_PARTS)]
    permanent: Annotated[tuple[PermanentBody, ...], Field(max_length=MAX_PARTS)] = ()
    text_masks: TextMasks = "auto"
    marks: Annotated[tuple[MarkBody, ...], Field(max_length=MAX_PARTS)] = ()
    lines: LinesBody = LinesBody()

    @field_validator("zones")
    @classmethod
    def _somewhere(cls, zones: tuple[WaterZone, ...]) -> tuple[WaterZone, ...]:
        if not zones:
            raise _mistake("at least one zone is needed: the lowest part of the ground")
        return zones

    @field_validator("zones", "permanent", "marks")
    @classmethod
    def _own_ids(cls, parts: "tuple[_Named, ...]") -> "tuple[_Named, ...]":
        _check_ids(part.id for part in parts)
        return parts

    @field_validator("lines")
    @classmethod
    def _in_order(cls, lines: LinesBody, info: ValidationInfo) -> LinesBody:
        place = info.data.get("type")
        if place is None:
            return lines
        complete = lines.over(PLACE_LINES[place])
        for unit in ("cm", "ratio"):
            steps = [getattr(complete, f"{state}_{unit}") for state in ("watch", "yellow", "red")]
            if steps != sorted(set(steps)):
                shown = ", ".join(f"{step:g}" for step in steps)
                raise _mistake(f"watch, yellow and red must rise in {unit}, unlike {shown}")
        return lines

    @property
    def water_lines(self) -> WaterLines:
        """The lines of this camera, complete."""
        return self.lines.over(PLACE_LINES[self.type])

    @property
    def setup(self) -> WaterSetup:
        """The same for `vision.water`."""
        masks = self.text_masks
        return WaterSetup(
            place=self.type,
            zones=tuple(Zone(one.id, Polygon(one.polygon), one.name) for one in self.zones),
            permanent=tuple(
                PermanentWater(one.id, Polygon(one.polygon), one.normal) for one in self.permanent
            ),
            text_masks=None if masks == "auto" else tuple(Polygon(mask) for mask in masks),
            marks=tuple(
                Mark(one.id, one.foot, one.top, one.height_cm, one.zero_cm, one.kind)
                for one in self.marks
            ),
            lines=self.water_lines,
        )


_Named = WaterZone | PermanentBody | MarkBody


@dataclass(frozen=True, slots=True)
class WaterPoint:
    """A camera's place where water gathers. place: its name, "" where no other camera sees it."""

    setup: WaterSetup
    place: str = ""


def load_water(path: Path) -> WaterDocument:
    """Return the document of a YAML file.

    Raises ConfigError with a line for each mistake: file, line, key, what is wrong.
    """
    document = load_yaml(path)
    try:
        return WaterDocument.model_validate(document)
    except ValidationError as error:
        raise ConfigError(explain(path, document, WaterDocument, error)) from error


def water_from_json(text: str) -> WaterDocument:
    """Return a document kept as JSON. Raises ConfigError with a line for each mistake."""
    try:
        return WaterDocument.model_validate_json(text)
    except ValidationError as error:
        found = mistakes(WaterDocument, error)
        lines = (f"{dotted(mistake.location)}: {mistake.text}" for mistake in found)
        raise ConfigError("\n".join(lines)) from error


def water_to_json(document: WaterDocument) -> str:
    """Return a document as JSON that `water_from_json` reads; what was not said stays unsaid."""
    return document.model_dump_json(exclude_unset=True)


def point_of(text: str) -> WaterPoint | None:
    """Return what a camera's kept JSON says; None for "". Raises ConfigError."""
    if not text:
        return None
    document = water_from_json(text)
    return WaterPoint(document.setup, document.place)


def _check_ids(ids: Iterable[str]) -> None:
    twice = [name for name, count in Counter(ids).items() if count > 1]
    if twice:
        raise _mistake(f"the id {twice[0]!r} is used twice")
