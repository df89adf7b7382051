"""What people find in a replay's folder: JSON lines, tables, a contact sheet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.counts.table import FILM
from gateway.counts.table import to_csv as counts_to_csv
from gateway.errors import StorageError
from gateway.replay.batch import FilmOutcome
from gateway.replay.contact_sheet import to_html
from gateway.replay.journal import write_whole
from gateway.replay.pictures import picture_name
from gateway.replay.results import FoundIncident, counts_in, incidents_in
from gateway.replay.table import to_csv
from gateway.replay.words import Words


@dataclass(frozen=True, slots=True)
class Deliverables:
    """Where everything is. counts: None where no rule counts anything."""

    lines: Path
    table: Path
    sheet: Path
    counts: Path | None


def write_folder(folder: Path, outcomes: Sequence[FilmOutcome], words: Words) -> Deliverables:
    """Write what was found in all films that could be read. Raises StorageError."""
    lines = [line for outcome in outcomes for line in outcome.lines]
    incidents = [one for outcome in outcomes for one in _named(outcome)]
    counts = list(counts_in(lines))
    made = Deliverables(
        folder / "incidents.jsonl",
        folder / "incidents.csv",
        folder / "contact-sheet.html",
        folder / "counts.csv" if counts else None,
    )
    names = [outcome.film.name for outcome in outcomes if outcome.error is None]
    addresses = {one.id: picture_name(one.id) for one in incidents}
    pictures = {id_: name for id_, name in addresses.items() if (folder / name).is_file()}
    texts = {
        made.lines: "".join(f"{line}\n" for line in lines),
        made.table: to_csv(incidents, words),
        made.sheet: to_html(names, incidents, pictures, words),
    }
    if made.counts is not None:
        texts[made.counts] = counts_to_csv(counts, words.counts, FILM)
    try:
        for path, text in texts.items():
            write_whole(path, text.encode())
    except OSError as error:
        raise StorageError(f"{folder} cannot be written: {error.strerror}") from error
    return made


def _named(outcome: FilmOutcome) -> Iterator[FoundIncident]:
    """Yield a film's incidents, their places by the names that people gave them."""
    for one in incidents_in(outcome.lines):
        place = outcome.places.get(one.zone or "")
        yield one.model_copy(update={"zone": place.name}) if place and place.name else one
