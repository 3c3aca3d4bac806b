"""The sections of the file that say how we work: desk, harvest, digest, mail."""

from __future__ import annotations

from collections.abc import Collection as Names
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.config import values
from pipeline.config.conditions import ELSEWHERE, when
from pipeline.config.document import Node
from pipeline.config.section import Section
from pipeline.digest import DEFAULT_SECTIONS
from pipeline.model import ClusterSettings, Desk, DigestSettings, HarvestSettings, MailSettings, OidcSignIn, ProxySignIn, Role, SectionRule

PORTS = {"none": 25, "opportunistic": 25, "starttls": 587, "tls": 465}


def desk(section: Section) -> Desk:
    """Read who publishes, and who signs people in."""
    known = Desk()
    sign_in = section.part("sign_in")
    made = Desk(
        name=section.take("name", values.line, known.name),
        organisation=section.take("organisation", values.line, known.organisation),
        url=section.take("url", values.base_url, known.url),
        contact=section.take("contact", values.email, known.contact),
        language=section.take("language", values.language, known.language),
        timezone=section.take("timezone", values.zone, known.timezone),
        strap=section.take("strap", values.line, known.strap),
        editor=section.take("editor", values.line, known.editor),
        skip_unlikely=section.take("skip_unlikely", values.flag, known.skip_unlikely),
        proxy=_proxy(sign_in.part("proxy")) if sign_in.node("proxy") else None,
        oidc=_oidc(sign_in.part("oidc")) if sign_in.node("oidc") else None,
    )
    sign_in.close()
    section.close()
    return made


def _proxy(section: Section) -> ProxySignIn:
    """Read which proxy may say who comes. Networks must be named: there is none that everybody could trust."""
    made = ProxySignIn(
        networks=section.need("networks", values.each(values.network), ()),
        header=section.take("header", values.header, ProxySignIn(networks=()).header),
        role=section.take("role", _role, None),
    )
    section.close()
    return made


def _oidc(section: Section) -> OidcSignIn:
    """Read which provider signs people in. It cannot be guessed, and its secret never stands in the file."""
    issuer = section.need("issuer", values.issuer, "")
    made = OidcSignIn(
        issuer=issuer,
        client=section.need("client", values.line, ""),
        name=section.take("name", values.line, urlsplit(issuer).hostname or ""),
    )
    section.close()
    return made


def _role(node: Node) -> Role:
    return Role(values.choice(*Role)(node))


def harvest(section: Section, desk: Desk, *, folder: Path) -> HarvestSettings:
    """Read how we fetch. Address and contact of the desk stand in the User-Agent, so that a site's owner can reach us."""
    known = HarvestSettings()
    per_host = section.part("per_host")
    made = HarvestSettings(
        every=section.take("every", values.span("1m", "365d"), known.every),
        adapt=section.take("adapt", values.flag, known.adapt),
        concurrency=per_host.take("concurrency", values.number(1, 8), known.concurrency),
        delay=per_host.take("delay", values.span("0s", "1h"), known.delay),
        max_bytes=section.take("max_bytes", values.size, known.max_bytes),
        total=section.take("total", values.span("1s", "10m"), known.total),
        allow_private=section.take("allow_private", values.each(values.private), known.allow_private),
        contact="; ".join(one for one in (desk.url if desk.url != Desk().url else "", desk.contact) if one),
        workers=section.take("workers", values.number(0, 256), known.workers),
        cluster=_cluster(section.part("cluster"), folder),
    )
    per_host.close()
    section.close()
    return made


def _cluster(section: Section, folder: Path) -> ClusterSettings:
    """Read where the scheduler is. Files are named as seen from the place of work."""
    files = {name: section.take(name, values.line, "") for name in ("ca", "cert", "key")}
    address = section.take("address", values.scheduler, "")
    section.close()
    if address.startswith("tls:") and not all(files.values()):
        section.wrong(section.line, "tls needs `ca`, `cert` and `key`", "name the three PEM files")
    return ClusterSettings(address=address, **{name: str(folder / path) if path else "" for name, path in files.items()})


def digest(section: Section, *, sources: Names[str]) -> DigestSettings:
    """Read how an edition is made. Sources that the conditions of a section name must exist."""
    known = DigestSettings()
    rules = tuple(_rule(part, (*sources, *ELSEWHERE)) for part in section.parts("sections", "section"))
    unique(section, "sections", [rule.id for rule in rules])
    made = DigestSettings(
        schedule=section.take("schedule", values.cron, known.schedule),
        cutoff=section.take("cutoff", values.span("0s", "28d"), known.cutoff),
        template=section.take("template", values.choice("list", "essay"), known.template),
        audience=section.take("audience", values.choice("public", "members"), known.audience),
        sections=rules or DEFAULT_SECTIONS,
        max_items=section.take("max_items", values.number(1, 500), known.max_items),
        copied_words=section.take("copied_words", values.number(0, 1_000), known.copied_words),
    )
    section.close()
    return made


def _rule(section: Section, sources: Names[str]) -> SectionRule:
    """Read a section of the digest: what belongs to it by kind, by conditions, or by both."""
    if section.node("kinds") is None and "when" not in section.keys:
        section.wrong(section.line_of("kinds"), "`kinds` is missing", "add `kinds: […]`, or `when: {…}` with a condition")
    made = SectionRule(
        id=section.need("id", values.name, ""),
        title=section.need("title", values.line, ""),
        kinds=section.take("kinds", values.each(values.kind), ()),
        when=when(section, sources) if "when" in section.keys else None,
        standfirst=section.take("standfirst", values.line, ""),
        cap=section.take("cap", values.number(1, 500), None),
    )
    section.close()
    return made


def mail(section: Section, *, folder: Path, secrets: Mapping[str, str]) -> MailSettings:
    """Read the way to the mail server. Without a port, the one that belongs to `tls` is taken."""
    known = MailSettings()
    tls = section.take("tls", values.choice(*PORTS), known.tls)
    host, port = section.take("smtp", values.server, (known.host, None))
    outbox = section.take("outbox", values.line, "")
    made = MailSettings(
        sender=section.take("from", values.mailbox, known.sender),
        host=host,
        port=port or PORTS[tls],
        tls=tls,
        bounce=section.take("bounce", values.email, known.bounce),
        user=section.take("user", values.line, known.user),
        password=secrets["GLEANINGS_SMTP_PASSWORD"],
        listmonk_token=secrets["GLEANINGS_LISTMONK_TOKEN"],
        outbox=str(folder / outbox) if outbox else "",
        verp=section.take("verp", values.flag, known.verp),
        connections=section.take("connections", values.number(1, 50), known.connections),
        per_second=section.take("per_second", values.number(1, 10_000), known.per_second),
        seeds=section.take("seeds", values.each(values.email), known.seeds),
        inbox=section.take("inbox", values.each(values.line), known.inbox),
    )
    section.close()
    return made


def unique(section: Section, key: str, ids: list[str]) -> None:
    """Report ids that stand twice in the list under `key`."""
    node = section.node(key)
    lines = [one.line for one in node.content] if node and isinstance(node.content, tuple) else []
    first: dict[str, int] = {}
    for one, line in zip(ids, lines, strict=True):
        if one and one in first:
            section.wrong(line, f"{key}: the id `{one}` is taken", f"line {first[one]} has it; choose another")
        first.setdefault(one, line)


def spans(section: Section, key: str, default: timedelta) -> timedelta:
    """Read how often something comes round."""
    return section.take(key, values.span("1m", "3650d"), default)
