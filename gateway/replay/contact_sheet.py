"""A contact sheet: one page with the marked picture of every incident, to look through or print."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import groupby
from string import Template

from gateway.replay.results import FoundIncident
from gateway.replay.words import Words, clock

PAGE = Template("""<!doctype html>
<html lang="$language">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
      content="default-src 'none'; img-src 'self' file:; style-src 'unsafe-inline'">
<title>$title</title>
<style>
:root { color-scheme: light dark; --line: #8886; --red: #d33; --yellow: #c90; --green: #2a7; }
body { font: 15px/1.45 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif;
       margin: 1.5rem; }
h1 { font-size: 1.4rem; margin: 0; }
h2 { font-size: 1.05rem; margin: 2rem 0 .6rem; overflow-wrap: anywhere; }
p { margin: .2rem 0; opacity: .75; }
ol { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr));
     gap: 1rem; list-style: none; margin: 0; padding: 0; }
li { border: 1px solid var(--line); border-top: 4px solid var(--tone); border-radius: 6px;
     overflow: hidden; break-inside: avoid; }
li.red { --tone: var(--red); }
li.yellow { --tone: var(--yellow); }
li.green { --tone: var(--green); }
img, .none { display: block; width: 100%; aspect-ratio: 16 / 9; object-fit: contain;
             background: #222; }
.none { display: grid; place-items: center; color: #bbb; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .1rem .8rem; margin: .6rem .8rem; }
dt { opacity: .7; } dd { margin: 0; overflow-wrap: anywhere; }
strong { grid-column: 1 / -1; }
@media print { body { margin: 0; } ol { grid-template-columns: repeat(3, 1fr); } }
</style>
<h1>$title</h1>
<p>$summary</p>
$films
</html>
""")

FILM = Template("""<section><h2>$name</h2>$empty<ol>$cards</ol></section>""")

CARD = Template("""
<li class="$severity">$picture
<dl><strong>$kind</strong>$facts</dl></li>""")


def to_html(
    films: Sequence[str],
    incidents: Iterable[FoundIncident],
    pictures: Mapping[str, str],
    words: Words,
) -> str:
    """Return the page. films: names, in their order. pictures: address of each, by incident."""
    by_film = {
        name: list(group) for name, group in groupby(incidents, key=lambda found: found.file)
    }
    count = sum(len(group) for group in by_film.values())
    return PAGE.substitute(
        language=words.language,
        title=escape(words.say("Incidents found in films")),
        summary=escape(
            words.say("Incidents: {count} · films: {films}", count=count, films=len(films))
        ),
        films="\n".join(_film(name, by_film.get(name, []), pictures, words) for name in films),
    )


def _film(
    name: str, incidents: Sequence[FoundIncident], pictures: Mapping[str, str], words: Words
) -> str:
    empty = "" if incidents else f"<p>{escape(words.say('Nothing was found.'))}</p>"
    cards = "".join(_card(one, pictures.get(one.id), words) for one in incidents)
    return FILM.substitute(name=escape(name), empty=empty, cards=cards)


def _card(one: FoundIncident, picture: str | None, words: Words) -> str:
    kind = words.kind(one.kind)
    shown = (
        f'<img src="{escape(picture)}" alt="{escape(kind)}" loading="lazy">'
        if picture
        else f'<div class="none">{escape(words.say("No picture"))}</div>'
    )
    facts = {
        "Severity": words.say(one.severity.capitalize()),
        "Zone": one.zone or words.say("whole picture"),
        "Rule": one.rule,
        "Began": words.time(one.opened_at),
        "In the film": f"{clock(one.start_s)} – {clock(one.end_s)}" + ("…" if one.lasts else ""),
        "Seconds": f"{one.duration_s:.1f}",
    }
    rows = "".join(
        f"<dt>{escape(words.say(name))}</dt><dd>{escape(value)}</dd>"
        for name, value in facts.items()
        if value
    )
    return CARD.substitute(severity=one.severity, picture=shown, kind=escape(kind), facts=rows)
