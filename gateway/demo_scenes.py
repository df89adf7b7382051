"""What the demonstration cameras show and are watched for: zones placed by looking at the films.

Films run in a loop; each zone is empty for some part of it, so incidents open and close again.
"""

from dataclasses import dataclass

from gateway.footage import ROAD, SQUARE, Film
from vision.geometry import Polygon
from vision.rules import RuleSet
from vision.rules.presence import PresenceSpec
from vision.scene import Zone
from vision.types import Kind, Severity


@dataclass(frozen=True, slots=True)
class Scene:
    """What a demonstration camera is called, how it films, and what it is watched for.

    main, sub: width and height of the streams, in the film's proportions. fps: the film's own.
    """

    slug: str
    name: str
    grid: str
    film: Film
    main: tuple[int, int]
    sub: tuple[int, int]
    fps: int
    rules: RuleSet


LANE = Zone("lane", Polygon(((0.44, 0.50), (1.0, 0.47), (1.0, 0.68), (0.44, 0.68))), "出村车道")
"""The carriageway behind the fence, in the one shot of the film that overlooks a street."""

EAST_GATE = Zone(
    "east-gate", Polygon(((0.80, 0.48), (1.0, 0.50), (1.0, 0.83), (0.80, 0.73))), "东侧出入口"
)
"""The right end of the paved way, where most people come into the picture and leave it."""

LAWN_EDGE = ((0.0, 0.47), (0.19, 0.51), (0.39, 0.59), (0.56, 0.67), (0.77, 0.79), (1.0, 0.92))
LAWN = Zone("lawn", Polygon((*LAWN_EDGE, (1.0, 1.0), (0.0, 1.0))), "草坪禁入区")
"""The grass in front, a hand's breadth inside its edge: those who walk along it do not count."""

SCENES = (
    Scene(
        slug="demo-road",
        name="村口大路",
        grid="东一网格",
        film=ROAD,
        main=(1280, 544),
        sub=(640, 272),
        fps=25,
        rules=RuleSet(
            zones=(LANE,),
            rules=(
                PresenceSpec(
                    id="vehicle-in-lane",
                    kinds=(Kind.VEHICLE,),
                    zone=LANE.id,
                    severity=Severity.YELLOW,
                    confirm_s=0.5,
                    clear_s=2.0,
                ),
            ),
        ),
    ),
    Scene(
        slug="demo-square",
        name="文化广场",
        grid="东二网格",
        film=SQUARE,
        main=(768, 576),
        sub=(640, 480),
        fps=10,
        rules=RuleSet(
            zones=(EAST_GATE, LAWN),
            rules=(
                PresenceSpec(id="person-at-east-gate", kinds=(Kind.PERSON,), zone=EAST_GATE.id),
                PresenceSpec(
                    id="person-on-lawn",
                    kinds=(Kind.PERSON,),
                    zone=LAWN.id,
                    severity=Severity.RED,
                ),
            ),
        ),
    ),
)
