"""What people are told, in their language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import cache
from pathlib import Path
from types import MappingProxyType

from gateway.locales import Catalogues
from gateway.notify.decision import News
from gateway.notify.target import Occasion
from vision.types import Severity

LOCALE_DIR = Path(__file__).parents[1] / "locale"
DOMAIN = "notify"
MOST_LINES = 20
"""Lines of one message; what is more is counted. Services cut off what is longer than some kB."""

_LINES: Mapping[Occasion, str] = MappingProxyType(
    {
        Occasion.OPENED: "{time} {place}: {kind} ({severity})",
        Occasion.WORSENED: "{time} {place}: {kind}, now {severity}",
        Occasion.ESCALATED: "{time} {place}: {kind} ({severity}) is late; {unit} is to see to it",
        Occasion.CLOSED: "{time} {place}: {kind} is over",
    }
)
_NOBODY = "the next level"


@dataclass(frozen=True, slots=True)
class Words:
    """Texts in one language, times in one zone."""

    zone: tzinfo
    translations: Mapping[str, str]

    @classmethod
    def load(cls, language: str, zone: tzinfo) -> "Words":
        """Return the words of a language; without a catalogue they are English."""
        return cls(zone, _catalogue(language))

    def line(self, news: News) -> str:
        """Return the one line that tells of something."""
        return self._say(_LINES[news.occasion]).format(
            time=f"{news.at.astimezone(self.zone):%m-%d %H:%M}",
            place=news.place,
            kind=self.kind(news.kind),
            severity=self._say(news.severity.value),
            unit=news.see_to_it or self._say(_NOBODY),
        )

    def title(self, severity: Severity, count: int, site: str) -> str:
        """Return the heading of a message of so many lines, the worst of them this severe."""
        form = "[{severity}] {site}: {count}" if count > 1 else "[{severity}] {site}"
        return self._say(form).format(severity=self._say(severity.value), site=site, count=count)

    def body(self, lines: Sequence[str]) -> str:
        """Return the text of a message: the lines, not too many."""
        more = len(lines) - MOST_LINES
        shown = [*lines[:MOST_LINES]]
        if more > 0:
            shown.append(self._say("and {count} more").format(count=more))
        return "\n".join(shown)

    def test(self, site: str) -> str:
        """Return what a target is told to try it."""
        return self._say("A test: {site} reaches you.").format(site=site)

    def kind(self, kind: str) -> str:
        """Return what an incident of a kind is called; an unknown kind by its own name."""
        return self.translations.get(kind) or kind.replace("_", " ").capitalize()

    def _say(self, text: str) -> str:
        return self.translations.get(text, text)


@cache
def _catalogue(language: str) -> Mapping[str, str]:
    return Catalogues.load(LOCALE_DIR, DOMAIN).words.get(language, {})
