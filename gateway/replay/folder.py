"""What people find in a replay's folder: incidents as JSON lines, a table, a contact sheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import StorageError
from gateway.replay.batch import FilmOutcome
from gateway.replay.contact_sheet import to_html
from gateway.replay.journal import write_whole
from gateway.replay.pictures import picture_name
from gateway.replay.results import incidents_in
from gateway.replay.table import to_csv
from gateway.replay.words import Words


@dataclass(frozen=True, slots=True)
class Deliverables:
    """Where everything is."""

    lines: Path
    table: Path
    sheet: Path


def write_folder(folder: Path, outcomes: Sequence[FilmOutcome], words: Words) -> Deliverables:
    """Write what was found in all films that could be read. Raises StorageError."""
    made = Deliverables(
        folder / "incidents.jsonl", folder / "incidents.csv", folder / "contact-sheet.html"
    )
    lines = [line for outcome in outcomes for line in outcome.lines]
    incidents = list(incidents_in(lines))
    names = [outcome.film.name for outcome in outcomes if outcome.error is None]
    addresses = {one.id: picture_name(one.id) for one in incidents}
    pictures = {id_: name for id_, name in addresses.items() if (folder / name).is_file()}
    texts = {
        made.lines: "".join(f"{line}\n" for line in lines),
        made.table: to_csv(incidents, words),
        made.sheet: to_html(names, incidents, pictures, words),
    }
    try:
        for path, text in texts.items():
            write_whole(path, text.encode())
    except OSError as error:
        raise StorageError(f"{folder} cannot be written: {error.strerror}") from error
    return made
