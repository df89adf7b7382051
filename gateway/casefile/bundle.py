"""The export of a case: an archive that can be read and proved without this program."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.audit.act import Act, AuditAction, Detail, case_object
from gateway.casefile.excerpt import Excerpt
from gateway.casefile.export import ExportedFile, ExportedHead, ExportedSeal, ExportManifest
from gateway.casefile.page import CasePage
from gateway.casefile.pieces import Veil, pieces_of
from gateway.casefile.wording import Wording
from gateway.casefile.zip_stream import Entry, zip_stream
from gateway.clock import to_iso
from gateway.store import Store
from gateway.store.cases import CaseFile
from gateway.store.stored_incident import StoredIncident
from gateway.units import Jurisdiction
from gateway.workflow.case import Step

ENCLOSED = ("VERIFY.md", "验证说明.md", "verify.py")
"""Files of this package that go along as they are."""


@dataclass(frozen=True, slots=True)
class ExportWish:
    """Which case is wanted, by whom, when; site and version: what the archive says it is from.

    veil: makes persons unrecognisable; None leaves all as it was recorded. within: what was merged
    into the case at other places than these is left out; None for all of it.
    """

    case_id: str
    by: str
    at: datetime
    site: str
    zone: ZoneInfo
    version: str
    veil: Veil | None = None
    within: Jurisdiction | None = None

    def has(self, merged: StoredIncident) -> bool:
        """Say whether an incident that was merged into the case belongs in its export."""
        place = merged.origin.camera
        return self.within is None or self.within.covers(place.unit, place.grid)


def export_case(store: Store, data_dir: Path, wish: ExportWish) -> Iterator[bytes]:
    """Return a case as a zip archive, made as it is read; the audit log tells of it first.

    Raises NotFoundError, ConfigError (a catalogue of words cannot be read).
    """
    case = store.cases.get(wish.case_id)
    incident = store.incidents.get(wish.case_id)
    merged = filter(wish.has, (store.incidents.get(one) for one in case.merged))
    detail: Detail = {"persons_veiled": wish.veil is not None}
    what = case_object(wish.case_id)
    store.audit.tell(Act(wish.at, wish.by, AuditAction.CASE_EXPORTED, what, detail))
    bundle = _Bundle(store, data_dir, wish, case, (incident, *merged), Wording.load())
    return zip_stream(bundle.entries(), wish.at.astimezone(wish.zone))


class _Summed:
    """Entries that pass by, with the sha256 of each by its name."""

    def __init__(self) -> None:
        self.sums: dict[str, str] = {}

    def noting(self, entry: Entry) -> Entry:
        """Return an entry whose sum is known once it was read."""
        return Entry(entry.name, self._read(entry), entry.packed)

    def _read(self, entry: Entry) -> Iterator[bytes]:
        digest = hashlib.sha256()
        for chunk in entry.chunks:
            digest.update(chunk)
            yield chunk
        self.sums[entry.name] = digest.hexdigest()

    def lines(self) -> bytes:
        """Return the sums as `sha256sum -c` reads them."""
        return "".join(f"{one}  {name}\n" for name, one in sorted(self.sums.items())).encode()


@dataclass(frozen=True, slots=True)
class _Bundle:
    store: Store
    data_dir: Path
    wish: ExportWish
    case: CaseFile
    incidents: tuple[StoredIncident, ...]
    wording: Wording

    def entries(self) -> Iterator[Entry]:
        """Yield all files of the archive; the checksums of the others are the last."""
        summed = _Summed()
        for entry in self._contents():
            yield summed.noting(entry)
        yield Entry("SHA256SUMS", (summed.lines(),))

    def _contents(self) -> Iterator[Entry]:
        files: list[ExportedFile] = []
        evidence = [piece for incident in self.incidents for piece in incident.evidence]
        for piece in pieces_of(evidence, self.data_dir, self.wish.veil):
            files.append(piece.file)
            if piece.entry is not None:
                yield piece.entry
        seals = self.store.manifests.of(self.wish.case_id)
        told = tuple(
            ExportedSeal(
                name=f"sealed/manifest-{seal.number}.json",
                number=seal.number,
                sealed_at=to_iso(seal.sealed_at),
                sha256=seal.sha256,
            )
            for seal in seals
        )
        for seal, one in zip(seals, told, strict=True):
            yield Entry(one.name, (seal.body.encode(),))
        excerpt = Excerpt(self.store, self.wish.case_id)
        yield Entry("audit.txt", excerpt.chunks())
        head = ExportedHead(seq=excerpt.head.seq, hash=excerpt.head.hash)
        manifest = self._manifest(files, told, head)
        yield Entry("manifest.json", (manifest.model_dump_json(indent=1).encode(),))
        yield Entry("index.html", (self._page(manifest).html(self.wording).encode(),))
        for name in ENCLOSED:
            yield Entry(name, (Path(__file__).with_name(name).read_bytes(),))

    def _manifest(
        self, files: Iterable[ExportedFile], seals: tuple[ExportedSeal, ...], head: ExportedHead
    ) -> ExportManifest:
        wish = self.wish
        return ExportManifest(
            case=wish.case_id,
            site=wish.site,
            exported_at=to_iso(wish.at),
            exported_by=wish.by,
            version=wish.version,
            persons_veiled=wish.veil is not None,
            is_closed=self.case.case.step is Step.CLOSED,
            files=tuple(files),
            seals=seals,
            audit_head=head,
        )

    def _page(self, manifest: ExportManifest) -> CasePage:
        own, *merged = self.incidents
        return CasePage(self.case, own, tuple(merged), manifest, self.wish.zone)
