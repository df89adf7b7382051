"""An exported case as a page: readable by anybody, without a network, script or server.

Both languages are in it; two radio buttons choose, by style alone. Every text is escaped.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from html import escape
from pathlib import Path

from gateway.casefile.export import ExportedFile, ExportManifest
from gateway.casefile.wording import Wording
from gateway.store.case_rows import CaseChange
from gateway.store.cases import CaseFile
from gateway.store.evidence import EvidenceType
from gateway.store.stored_incident import StoredIncident
from gateway.workflow.case import Action, Party

LEFT_OUT = {
    "deleted": "Deleted: its time was up",
    "missing": "Lost",
    "altered": "Left out: not what was recorded",
    "persons": "Left out: it shows persons",
}
TURNED_RED = "The water turned red after the case was closed"
COMING_BACK = (Action.REOPEN, Action.SPLIT)
STYLE = Path(__file__).with_name("page.css")


@dataclass(frozen=True, slots=True)
class CasePage:
    """What the page shows. merged: the incidents whose cases this one goes on for."""

    case: CaseFile
    incident: StoredIncident
    merged: tuple[StoredIncident, ...]
    export: ExportManifest
    zone: tzinfo

    def html(self, wording: Wording) -> str:
        """Return the page."""
        return "\n".join(_Writer(self, wording).page())


@dataclass(frozen=True, slots=True)
class _Writer:
    shown: CasePage
    wording: Wording

    def page(self) -> Iterator[str]:
        incident = self.shown.incident.incident
        yield '<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">'
        yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
        yield f"<title>{escape(incident.id)} · {escape(self.shown.export.site)}</title>"
        yield f"<style>\n{STYLE.read_text(encoding='utf-8')}</style>\n</head>\n<body>"
        yield '<input type="radio" name="language" id="zh" checked><label for="zh">中文</label>'
        yield '<input type="radio" name="language" id="en"><label for="en">English</label>'
        yield "<main>"
        yield from self._head()
        yield from self._facts()
        yield from self._evidence()
        yield from self._trail()
        yield from self._proof()
        yield "</main>\n</body>\n</html>\n"

    def _head(self) -> Iterator[str]:
        incident, case = self.shown.incident.incident, self.shown.case.case
        severity = escape(case.severity)
        yield f"<header>\n<p>{escape(self.shown.export.site)}</p>"
        yield f"<h1>{self.wording.kind(incident.kind)}</h1>"
        yield f'<p><b class="badge {severity}">{self.wording.code("severity", case.severity)}</b>'
        yield f'<b class="badge">{self.wording.code("step", case.step)}</b>'
        if case.outcome is not None:
            yield f'<b class="badge">{self.wording.code("outcome", case.outcome)}</b>'
        yield "</p>"
        if self.shown.export.persons_veiled:
            veiled = "Persons were made unrecognisable; clips and papers were left out."
            yield f'<p class="notice">{self.wording.say(veiled)}</p>'
        if not self.shown.export.is_closed:
            going_on = "This case was not closed when it was exported: it may have gone on since."
            yield f'<p class="notice">{self.wording.say(going_on)}</p>'
        yield "</header>"

    def _facts(self) -> Iterator[str]:
        stored, case = self.shown.incident, self.shown.case.case
        incident, camera = stored.incident, stored.origin.camera
        facts = {
            "Case": incident.id,
            "Camera": " ".join(filter(None, (camera.name, camera.channel_code))),
            "Place": " ".join(filter(None, (camera.unit, camera.grid))),
            "Times": str(self.shown.zone),
            "Began": self._time(incident.opened_at),
            "Ended": self._time(incident.closed_at),
            "Rule": f"{incident.rule} ({incident.rule_type})",
            "Readings": ", ".join(f"{name} {value}" for name, value in incident.readings.items()),
            "Model": f"{stored.origin.model.name} {stored.origin.model.sha256[:12]}",
            "Recorded by": f"gridpatrol {stored.origin.version}",
            "Handled by": case.handler,
            "Goes on for": ", ".join(one.incident.id for one in self.shown.merged),
        }
        yield f"<section>\n<h2>{self.wording.say('What happened')}</h2>\n<dl>"
        for name, value in facts.items():
            if value:
                yield f"<dt>{self.wording.say(name)}</dt><dd>{escape(value)}</dd>"
        yield "</dl>\n</section>"

    def _evidence(self) -> Iterator[str]:
        yield f"<section>\n<h2>{self.wording.say('Evidence')}</h2>"
        yield '<div class="pictures">'
        for file in self.shown.export.files:
            yield from self._figure(file)
        yield "</div>\n</section>"

    def _figure(self, file: ExportedFile) -> Iterator[str]:
        name = "" if file.name is None else escape(file.name)
        caption = self.wording.code("file", file.type)
        if file.left_out is not None:
            yield f"<figure><p>{self.wording.say(LEFT_OUT[file.left_out])}</p>"
        elif file.type is EvidenceType.CLIP:
            yield f'<figure><video controls preload="metadata" src="{name}"></video>'
        elif file.type is EvidenceType.FILE:
            yield f'<figure><p><a href="{name}">{name}</a></p>'
        else:
            yield f'<figure><a href="{name}"><img src="{name}" alt="" loading="lazy"></a>'
        marks = f" · {self.wording.say('persons veiled')}" if file.is_veiled else ""
        yield f"<figcaption>{caption}{marks}<br>{self._camera(file)}{name}"
        yield f"<br><code>{escape(file.sha256 or file.original_sha256)}</code>"
        yield "</figcaption></figure>"

    def _camera(self, file: ExportedFile) -> str:
        """Return the camera of a file that came from a case merged into this."""
        others = {one.incident.id: one.origin.camera.name for one in self.shown.merged}
        name = others.get(file.incident)
        return "" if name is None else f"{escape(name)} · "

    def _trail(self) -> Iterator[str]:
        heads = ("When", "Who", "What", "Then at", "Note")
        yield f"<section>\n<h2>{self.wording.say('What was done about it')}</h2>"
        yield '<div class="wide"><table>\n<thead><tr>'
        yield "".join(f"<th>{self.wording.say(head)}</th>" for head in heads)
        yield "</tr></thead>\n<tbody>"
        for change in self.shown.case.trail:
            yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in self._row(change))}</tr>"
        yield "</tbody></table></div>\n</section>"

    def _row(self, change: CaseChange) -> tuple[str, ...]:
        deed = change.deed
        reason = "" if deed.reason is None else f"{self.wording.code('reason', deed.reason)} "
        until = self._time(deed.deadline)
        is_back = deed.action in COMING_BACK and deed.actor.party is Party.CAMERA
        note = " ".join(filter(None, (deed.handler, until and f"≤ {until}", deed.other, deed.note)))
        return (
            escape(self._time(deed.at)),
            f"{self.wording.code('party', deed.actor.party)} {escape(deed.actor.name)}",
            self.wording.code("action", deed.action),
            self.wording.code("step", change.step),
            reason + (self.wording.say(TURNED_RED) if is_back else escape(note)),
        )

    def _proof(self) -> Iterator[str]:
        export, head = self.shown.export, self.shown.export.audit_head
        yield f"<section>\n<h2>{self.wording.say('Is it genuine?')}</h2>"
        how = "VERIFY.md tells how to check every file against its sha256 and the audit log."
        yield f"<p>{self.wording.say(how)} <a href='VERIFY.md'>VERIFY.md</a>"
        yield "<a href='验证说明.md'>验证说明.md</a></p>\n<dl>"
        yield from self._terms(
            {
                "Exported": f"{export.exported_at} · {export.exported_by}",
                "Audit log": f"{head.seq}:{head.hash}",
            }
        )
        for seal in export.seals:
            yield f"<dt>{self.wording.say('Sealed')} {seal.number}</dt>"
            yield f"<dd>{escape(seal.sealed_at)}<br><code>{escape(seal.sha256)}</code></dd>"
        yield "</dl>\n</section>"

    def _terms(self, facts: dict[str, str]) -> Iterable[str]:
        for name, value in facts.items():
            yield f"<dt>{self.wording.say(name)}</dt><dd><code>{escape(value)}</code></dd>"

    def _time(self, moment: datetime | None) -> str:
        if moment is None:
            return ""
        return f"{moment.astimezone(self.shown.zone):%Y-%m-%d %H:%M:%S}"
