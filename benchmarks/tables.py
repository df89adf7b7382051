"""The records of benchmarks as the tables that people read: in the READMEs, and in full here."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
FULL_PAGE = "benchmarks/README.md"

BETWEEN_MARKERS = re.compile(r"(?<=<!-- benchmarks -->\n).*?(?=<!-- /benchmarks -->)", re.DOTALL)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class RecordedFigure(_Part):
    """A number of a record. holds: whether it reaches its aim, None without one."""

    name: str
    value: float
    unit: str
    aim: str | None
    holds: bool | None


class RecordedMachine(_Part):
    """Where a record was made."""

    processor: str
    cores: int
    memory_gib: float
    load: float


class Record(_Part):
    """The parts of a benchmark's JSON that people are shown."""

    benchmark: str
    question: str
    commit: str
    command: str
    quick: bool
    started_at: str
    machine: RecordedMachine
    versions: Mapping[str, str]
    figures: tuple[RecordedFigure, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Headline:
    """A row of the READMEs. figures: patterns of figure names, each matched as a whole.

    Of several matches the last counts: benchmarks put the precision chosen here last.
    """

    benchmark: str
    english: str
    chinese: str
    figures: tuple[str, ...]


HEADLINES = (
    Headline(
        "latency",
        "people in view → event in the Redis stream, p50 / p95",
        "人员出现 → 事件进入 Redis 流,p50 / p95",
        ("appearance to event, p50", "appearance to event, p95"),
    ),
    Headline(
        "latency",
        "deciding picture → event in the Redis stream, p50 / p95",
        "判定画面 → 事件进入 Redis 流,p50 / p95",
        ("picture that makes sure to event, p50", "picture that makes sure to event, p95"),
    ),
    Headline(
        "latency",
        "camera → picture in Chromium, p50 / p95",
        "摄像机 → Chromium 画面,p50 / p95",
        ("capture to picture in Chromium, p50", "capture to picture in Chromium, p95"),
    ),
    Headline(
        "soak",
        "streams kept for an hour, lost on the way",
        "持续接入一小时,中途断开的路数",
        ("streams lost on the way",),
    ),
    Headline(
        "soak",
        "keeping a stream, processor",
        "每路接入的处理器开销",
        ("ours: processor",),
    ),
    Headline(
        "soak",
        "one FFmpeg process per camera, five pictures a second, against ours: processor / memory",
        "每路一个 FFmpeg 进程(每秒五帧)相对本网关:处理器 / 内存",
        (
            "ffmpeg, five pictures a second against ours: processor",
            "ffmpeg, five pictures a second against ours: memory",
        ),
    ),
    Headline(
        "fleet",
        "150 tuned cameras analysed on this box, a tenth of them busy: events found / latency p95",
        "本机分析 150 路(已调码流,十分之一有动静):事件检出率 / 延迟 p95",
        (
            "tuned, 150 cameras, 10 % busy: event recall",
            "tuned, 150 cameras, 10 % busy: latency, p95",
        ),
    ),
    Headline(
        "fleet",
        "the same with 325 cameras",
        "同上,325 路",
        (
            "tuned, 325 cameras, 10 % busy: event recall",
            "tuned, 325 cameras, 10 % busy: latency, p95",
        ),
    ),
    Headline(
        "fleet",
        "the same with 150 cameras whose streams nobody touched",
        "同上,150 路(码流原样)",
        (
            "found, 150 cameras, 10 % busy: event recall",
            "found, 150 cameras, 10 % busy: latency, p95",
        ),
    ),
    Headline(
        "peers",
        "cameras carried at recall 0.95 and a p95 of 2 s, same weights: FFmpeg a camera / stock "
        "Ultralytics / `cv2.VideoCapture` threads / gridpatrol",
        "检出率 0.95、p95 2 秒内可承载路数,权重相同:逐路 FFmpeg / 原版 Ultralytics / "
        "`cv2.VideoCapture` 线程 / gridpatrol",
        (
            "FFmpeg per camera, motion, detector: cameras sustained",
            "stock Ultralytics multi-stream: cameras sustained",
            "cv2.VideoCapture threads, detector: cameras sustained",
            "gridpatrol: cameras sustained",
        ),
    ),
    Headline(
        "peers",
        "gridpatrol against the best of them",
        "gridpatrol 相对其中最好者",
        ("gridpatrol against the best of them",),
    ),
    Headline(
        "water",
        "rendered floods over real views: found / delay after a true 5 % under water, median",
        "实景上合成的积水:20 次中发现 / 真实淹没 5 % 后的延迟(中位数)",
        ("rendered: events found", "rendered: delay after a true 5 %, median"),
    ),
    Headline(
        "water",
        "photographs of 105 roads on which nothing happened: called water",
        "无积水的 105 张道路照片:误判为积水",
        ("real roads, nothing happened: called water",),
    ),
    Headline(
        "bit_rate",
        "streams tuned to 160 kbit/s against 400: events found / decoding key frames",
        "码流调至 160 kbit/s(对比 400):事件检出率 / 关键帧解码开销",
        (
            "160 kbit/s: of the events at 400 found",
            "160 kbit/s: decoding key frames, against the first",
        ),
    ),
    Headline(
        "chaos",
        "100,000 incidents while writer, relay, queue and reader are killed a hundred times: "
        "events lost / made up / out of order",
        "十万条事件,写入、投递、队列、消费进程共被强杀百余次:事件丢失 / 凭空多出 / 乱序",
        ("consumer: lost", "consumer: invented", "consumer: out of order"),
    ),
    Headline(
        "delivery",
        "incidents a second from store to Redis, from a backlog",
        "从数据库投递到 Redis 的速度(积压时)",
        ("store to Redis, from a backlog",),
    ),
    Headline(
        "delivery",
        "at 500 incidents a second, from written to queued: p50 / p99",
        "每秒 500 起时,从写入到入队:p50 / p99",
        ("store to Redis at that pace, p50", "store to Redis at that pace, p99"),
    ),
    Headline(
        "detector",
        "detector as the worker feeds it, speed against the bare runtime",
        "检测器(工作进程的喂入方式),相对裸推理的速度",
        (r"nanodet-g \S+ bf16, fed by a decoder ÷ bare: rate",),
    ),
    Headline(
        "detector",
        "the same when it resizes the pictures itself",
        "同上,由检测器自行缩放画面",
        (r"nanodet-g \S+ bf16, path ÷ bare: rate",),
    ),
    Headline(
        "accuracy",
        "persons on `vtest.avi`, precision / recall",
        "`vtest.avi` 行人,精确率 / 召回率",
        (r"vtest \S+ person precision", r"vtest \S+ person recall"),
    ),
    Headline(
        "accuracy",
        "vehicles on `bikes.mp4`, precision / recall",
        "`bikes.mp4` 车辆,精确率 / 召回率",
        (r"bikes \S+ vehicle precision", r"bikes \S+ vehicle recall"),
    ),
    Headline(
        "analyze",
        "`gridpatrol analyze`, quiet 360p film, by the clock / by processor time on both cores",
        "`gridpatrol analyze`,安静画面(360p),实际 / 按两核处理器时间折算",
        ("quiet films", "quiet films, on both cores"),
    ),
    Headline(
        "analyze",
        "`gridpatrol analyze`, `vtest.avi` / `bikes.mp4`",
        "`gridpatrol analyze`,`vtest.avi` / `bikes.mp4`",
        ("vtest speed", "bikes speed"),
    ),
    Headline(
        "tracking",
        "people on `vtest.avi` keep their identity, five looks a second: IDF1, ours / ByteTrack",
        "`vtest.avi` 行人身份保持(每秒 5 帧)IDF1,本系统 / ByteTrack",
        (
            "vtest, default model at 5/s, ours: IDF1",
            "vtest, default model at 5/s, ByteTrack: IDF1",
        ),
    ),
    Headline(
        "rules",
        "false incidents: parked cars among passers-by / day-night switch / "
        "boxes of moths, four rates together",
        "误报:路人经过停放车辆 / 昼夜切换 / 飞蛾误检框(四种速率合计)",
        (
            "pictures: parked cars, passers-by",
            "pictures: day/night switch",
            "boxes: moths: false boxes never twice",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Words:
    """What a README's table says in its language; `unit`s that have no entry stay as they are."""

    heading: tuple[str, str, str]
    below: str
    quick: str
    units: Mapping[str, str]


ENGLISH = Words(
    heading=("what", "measured", "aim"),
    below="On {cores} cores of {processor}; every figure, and how it was taken: [{page}]({page}).",
    quick=" Some are from quick runs, which are coarse.",
    units={"ratio": "", "0-1": "", "times real time": "× real time", "wrong, of 0": ""},
)
CHINESE = Words(
    heading=("内容", "实测", "目标"),
    below="测试机:{processor},{cores} 核。全部数据及测量方法:[{page}]({page})。",
    quick="部分数据来自快速测试,较粗略。",
    units={
        "ratio": "",
        "0-1": "",
        "times real time": "× 实时速度",
        "streams": "路",
        "cameras": "路",
        "incidents/s": "起/秒",
        "events": "条",
        "wrong, of 0": "起",
        "ms per camera-second": "ms/路·秒",
    },
)


def load_records(folder: Path = RESULTS) -> dict[str, Record]:
    """Return the records of a folder by benchmark, in the order of their names."""
    records = (
        Record.model_validate_json(path.read_text("utf-8"))
        for path in sorted(folder.glob("*.json"))
    )
    return {record.benchmark: record for record in records}


def pages(records: Mapping[str, Record]) -> dict[str, str]:
    """Return what stands between the markers of each page, by its path."""
    return {
        "README.md": _summary(records, ENGLISH, [row.english for row in HEADLINES]),
        "README.zh-CN.md": _summary(records, CHINESE, [row.chinese for row in HEADLINES]),
        FULL_PAGE: "".join(_in_full(record) for record in records.values()),
    }


def with_tables(page: str, tables: str) -> str:
    """Return a page with other text between its markers; raises ValueError when it has none."""
    if not BETWEEN_MARKERS.search(page):
        raise ValueError("there are no lines <!-- benchmarks --> and <!-- /benchmarks -->")
    return BETWEEN_MARKERS.sub(lambda _: tables, page, count=1)


def _summary(records: Mapping[str, Record], words: Words, names: list[str]) -> str:
    rows = []
    for row, name in zip(HEADLINES, names, strict=True):
        if row.benchmark in records:
            figures = _chosen(records[row.benchmark], row)
            rows.append((name, _values(figures, words), _aim(figures, words)))
    if not rows:
        return ""
    shown = [records[row.benchmark] for row in HEADLINES if row.benchmark in records]
    processors = " / ".join(dict.fromkeys(record.machine.processor for record in shown))
    below = words.below.format(
        cores=shown[0].machine.cores, processor=processors, page=FULL_PAGE
    ) + (words.quick if any(record.quick for record in shown) else "")
    return f"\n{_table(words.heading, rows)}\n{below}\n\n"


def _chosen(record: Record, row: Headline) -> list[RecordedFigure]:
    """Return the figures of a row; raises ValueError when the record has no such figure."""
    chosen = []
    for pattern in row.figures:
        found = [figure for figure in record.figures if re.fullmatch(pattern, figure.name)]
        if not found:
            raise ValueError(f"the record of {record.benchmark} has no figure {pattern!r}")
        chosen.append(found[-1])
    return chosen


def _values(figures: list[RecordedFigure], words: Words) -> str:
    numbers = " / ".join(_number(figure.value) for figure in figures)
    unit = words.units.get(figures[-1].unit, figures[-1].unit)
    return f"{numbers} {unit}".strip()


def _aim(figures: list[RecordedFigure], words: Words) -> str:
    """Return the aim of the last figure that has one, and whether it holds."""
    for figure in reversed(figures):
        if figure.aim:
            unit = words.units.get(figure.unit, figure.unit)
            return f"{figure.aim} {unit}".strip() + (" ✓" if figure.holds else " ✗")
    return ""


def _in_full(record: Record) -> str:
    machine = record.machine
    versions = ", ".join(f"{name} {version}" for name, version in record.versions.items())
    rows = [
        (
            figure.name,
            _number(figure.value),
            figure.unit,
            figure.aim or "",
            {None: "", True: "yes", False: "no"}[figure.holds],
        )
        for figure in record.figures
    ]
    return (
        f"\n## {record.benchmark}\n\n{record.question}\n\n"
        f"{_table(('figure', 'value', 'unit', 'aim', 'holds'), rows)}\n"
        f"{''.join(f'- {note}' + chr(10) for note in record.notes)}\n"
        f"`{record.command}` at {record.started_at}, commit `{record.commit[:12]}`"
        f"{' with changes' if record.commit.endswith('+changes') else ''}, "
        f"{machine.cores} cores of {machine.processor}, {machine.memory_gib:g} GiB, "
        f"load {machine.load:g} before; {versions}.\n\n"
    )


def _table(heading: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    return "".join(_lines(heading, rows))


def _lines(heading: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    for row in (heading, ("---",) * len(heading), *rows):
        yield f"| {' | '.join(row)} |\n"


def _number(value: float) -> str:
    """Return three or four telling digits, never an exponent."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
