"""How much of an edition is read where its words are compared: more than any format prints, and never without end."""

from __future__ import annotations

from dataclasses import replace

from pipeline.model import Credit, Edition, Entry

_TITLE, _PROSE, _NAME, _URL, _LETTER, _ESSAY, _MANY = 2_400, 9_600, 960, 4_096, 160_000, 480_000, 50  # characters; names of one entry


def bounded(edition: Edition) -> Edition:
    """Cut every text of an edition to eight times what is printed of it. Doing it again changes nothing."""
    return replace(
        edition,
        title=edition.title[:_NAME],
        organisation=edition.organisation[:_NAME],
        strap=edition.strap[:_TITLE],
        editor=edition.editor[:_NAME],
        letter=edition.letter[:_LETTER],
        essay=edition.essay[:_ESSAY],
        sections=tuple(
            replace(section, title=section.title[:_NAME], standfirst=section.standfirst[:_TITLE], entries=tuple(map(_entry, section.entries)))
            for section in edition.sections
        ),
        corrections=tuple(replace(one, title=one.title[:_TITLE], note=one.note[:_PROSE]) for one in edition.corrections),
        errata=tuple(replace(one, title=one.title[:_TITLE], note=one.note[:_PROSE]) for one in edition.errata),
    )


def _entry(entry: Entry) -> Entry:
    event = entry.event and replace(entry.event, location=entry.event.location[:_NAME] if entry.event.location else None)
    return replace(
        entry,
        url=entry.url[:_URL],
        title=entry.title[:_TITLE],
        source=entry.source[:_NAME],
        credits=tuple(Credit(role=one.role[:_NAME], name=one.name[:_NAME], about=one.about[:_NAME]) for one in entry.credits[:_MANY]),
        blurb=entry.blurb[:_PROSE],
        note=entry.note[:_PROSE],
        topics=tuple(one[:_NAME] for one in entry.topics[:_MANY]),
        event=event,
        also_seen=tuple(one[:_NAME] for one in entry.also_seen[:_MANY]),
        series=entry.series[:_TITLE],
        ties=tuple(replace(one, title=one.title[:_TITLE], url=one.url[:_URL]) for one in entry.ties[:_MANY]),
        picture=entry.picture and replace(entry.picture, alt=entry.picture.alt[:_TITLE], credit=entry.picture.credit[:_TITLE]),
        identifiers={scheme[:_NAME]: value[:_TITLE] for scheme, value in sorted(entry.identifiers.items())[:_MANY]},
    )
