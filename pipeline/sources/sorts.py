"""What sort of mail this is, by its headers and words: only alerts and personal mails recommend anything. Reads no items.

Machines say what they are (RFC 3834, RFC 3464, RFC 5546, RFC 2919); where they do not, the words that mail programs put into
subjects and letters decide, in the languages that a European desk meets.
"""

from __future__ import annotations

import re
from enum import StrEnum

from pipeline.sources.message import Mail, decode


class Sort(StrEnum):
    """The sorts of mail that come into a mailbox for alerts."""

    ALERT = "alert"
    PERSONAL = "personal"
    AUTO_REPLY = "auto-reply"
    BOUNCE = "bounce"
    INVITATION = "invitation"
    BROKEN = "broken"


_ENDS = 20_000  # characters at the head and at the foot of a letter; there it says what it is, and a letter of megabytes is not searched
_REPLIES = re.compile(
    r"(?:auto(?:matic|mated)?[- ]?(?:reply|response|antwort|svar)|automatic reply|out[- ]of[- ](?:the )?office|on (?:annual )?leave\b"
    r"|away from (?:the |my )?(?:office|desk)"
    r"|abwesen(?:d|heit)|automatische (?:antwort|abwesenheit)|nicht im (?:büro|haus)|r[ée]ponse automatique|absen(?:t|ce) du bureau"
    r"|message d'absence|absence\s*:"
    r"|respuesta autom[áa]tica|fuera de (?:la )?oficina|risposta automatica|fuori (?:sede|ufficio)|assente\b|automatisch antwoord|afwezig"
    r"|autosvar|automatiskt svar"
    r"|automaattinen vastaus|resposta autom[áa]tica|odpowied[źz] automatyczna|automatyczna odpowied[źz]|(?:vacation|absence) (?:reply|notice"
    r"|notification)|automatisk svar|automatsvar|autosvar|sj[áa]lfvirkt svar|automatick[áa] odpove[ďd]|automatick[áa] odpov[ěe][ďd]"
    r"|automatikus v[áa]lasz|r[ăa]spuns automat|automatski odgovor|samodejni odgovor|automaatvastus|autom[āa]tisk[āa] atbilde"
    r"|automatinis atsakymas|otomatik yan[ıi]t|αυτόματη απάντηση|автоответ|автоматический ответ|автоматична відповідь|автовідповідь"
    r"|автоматичен отговор|رد تلقائي|מענה אוטומטי|תשובה אוטומטית|自動(?:応答|返信|回覆)|自动(?:回复|答复)|자동 ?(?:응답|회신)"
    r"|fora do escrit[óo]rio|aus[êe]n(?:te|cia)\b|poissa\b|poza biurem|(?:im )?urlaub(?: (?:ab|bis|vo[mn])\b|\s*$)|en cong[ée]s?\b"
    r"|de vacaciones\b|in ferie\b|(?:op|met) vakantie\b|відсутній|нет на месте"
    r"|thank you for your (?:e-?mail|message)\s*$)",
    re.IGNORECASE,
)
_ABSENT = re.compile(
    r"\b(?:i(?:['’]m| am| will be)\b.{0,60}\b(?:out of (?:the |my )?office|away from (?:the |my )?(?:office|desk)|on (?:\w+ )?(?:leave|vacation"
    r"|holidays?))|ich bin\b.{0,60}\b(?:nicht im (?:büro|haus|dienst)|nicht erreichbar|abwesend|au(?:ß|ss)er haus|im urlaub|in elternzeit)"
    r"|je (?:suis|serai)\b.{0,60}\b(?:absente?|en (?:cong[ée]|vacances|d[ée]placement))|(?:estoy|estar[ée])\b.{0,60}\b(?:fuera de (?:la )?oficina"
    r"|de vacaciones|ausente)|(?:sono|sar[òo])\b.{0,60}\b(?:fuori (?:sede|ufficio)|assente|in ferie)|ik ben\b.{0,60}\b(?:afwezig|niet aanwezig"
    r"|(?:op|met) vakantie|niet op kantoor)|jag är\b.{0,60}\b(?:inte på kontoret|på semester|bortrest|ledig)|jeg er\b.{0,60}\b(?:ikke (?:på|til)"
    r" kontor|på ferie|fraværende|bortrejst)|jestem\b.{0,60}\b(?:na urlopie|nieobecn|poza biurem)|estou\b.{0,60}\b(?:fora do escrit[óo]rio"
    r"|de f[ée]rias|ausente)|olen\b.{0,60}\b(?:poissa|\w*lomalla))",
    re.IGNORECASE,
)
"""How somebody begins a letter that goes out while they are not there."""
_BACK = re.compile(
    r"\b(?:until|return(?:ing)?|back (?:on|in)|urgent|absence|limited access|bis (?:zum )?\d|dringend|vertret|zur(?:ü|ue)ck|jusqu|retour|urgence"
    r"|hasta|regreso|urgente|fino al|rientro|tot\b|terug|dringend|till(?:s|baka)|åter|tilbage|tilbake|hastende|do \d|powr|piln|até|regresso"
    r"|asti|saakka|palaan)",
    re.IGNORECASE,
)
_BOUNCES = re.compile(
    r"undeliver(?:ed|able)|undelivered mail|returned mail|mail delivery (?:failed|failure|subsystem|system)|delivery (?:status notification"
    r"|failure|has failed|incomplete|delayed)"
    r"|failure notice|could not be delivered|unzustellbar|nicht zugestellt|non[- ]remis|[ée]chec de (?:la )?remise|no se pudo entregar"
    r"|non recapitabile"
    r"|onbestelbaar|kunde inte levereras|mislykkes|address not found|message blocked",
    re.IGNORECASE,
)
_POSTMASTERS = re.compile(r"(?:mailer-?daemon|postmaster|mail-?delivery-?(?:system|subsystem))(?:@|$)", re.IGNORECASE)
_ROBOTS = re.compile(
    r"(?:no-?_?\.?reply|do-?not-?reply|donotreply|noresponse|alerts?|news|newsletters?|digests?|updates?|notifications?|notify|mailings?"
    r"|bulletins?|weekly|daily|monthly"
    r"|ephost|cochranelibrary|wileyonlinelibrary|sciencedirect|etocalerts?|citealerts?"
    r"|lists?|forum|announce(?:ments)?|efback|marketing|communications?|e-?alerts?|etoc|toc)"
    r"(?:[-+._]\w+)*@|[-._](?:noreply|no-reply|alerts?|news|newsletter|digest|bounces?)@",
    re.IGNORECASE,
)
_PLATFORMS = re.compile(
    r"@(?:[\w-]+\.)*(?:(?:ebscohost|ovid|embase|scopus|webofscience|researchgatemail|academia-mail|growkudos|cochranelibrary|substack)\.com"
    r"|(?:notification|email|alerts?|notifications?|mail|news|e)\.(?:elsevier|springernature|wiley|sagepub|oup|bmj|jstor|mendeley|proquest"
    r"|clarivate|linkedin)\.(?:com|org)"
    r"|beehiiv\.com|arxiv\.org|europepmc\.org|dimensions\.ai|ncbi\.nlm\.nih\.gov)$",
    re.IGNORECASE,
)
"""Domains from which databases, publishers and senders of letters write, and no person does."""
_BULK_HEADERS = (
    "list-id",
    "list-unsubscribe",
    "list-post",
    "feedback-id",
    "x-campaign",
    "x-campaignid",
    "x-mailchimp-campaign-id",
    "x-mc-user",
    "x-job",
    "x-mailgun-sid",
)
_LEAVES = re.compile(
    r"unsubscribe|opt[- ]?out|manage (?:your )?(?:alerts?|preferences|subscription)|view (?:this (?:e-?mail|message|newsletter) )?(?:in"
    r"|on) (?:your|a|the) (?:web )?browser"
    r"|you (?:are|were) (?:receiving|sent|subscribed)|you received this|mailing list|abmelden|abbestellen|im browser (?:an|öffnen|lesen)"
    r"|se d[ée]s(?:inscrire|abonner)"
    r"|d[ée]sinscri|cancelar (?:la )?suscripci|darse de baja|disiscri|(?:delete|modify|edit|cancel|stop|change|manage) (?:this|these|your"
    r"|my) (?:saved )?(?:e-?mail )?(?:alerts?|searche?s?)\\b"
    r"|manage (?:e-?mail )?alerts|(?:your|manage) saved search|search alert|(?:table of contents|etoc|citation) alert|uitschrijven|afmelden"
    r"|avregistrera|do not reply (?:directly )?to this",
    re.IGNORECASE,
)
_CONFIRM = re.compile(
    r"(?:confirm|verify|activate|validate) your (?:\w+ )?(?:subscription|e-?mail|address|registration|account|sign-?up)"
    r"|best[äa]tigen sie (?:bitte )?(?:ihre|die) (?:anmeldung|e-?mail|adresse|registrierung)|confirmez votre (?:inscription|abonnement|adresse)"
    r"|confirme su (?:suscripci[óo]n|correo)|conferma (?:la tua |l')?iscrizione|bevestig (?:je|uw) (?:aanmelding|inschrijving)"
    r"|(?:order|booking|payment|registration) confirmation|(?:your|the) (?:order|booking|registration|payment) (?:is|has been"
    r"|was) (?:confirmed|received|completed)"
    r"|you(?:['’]re| are) (?:now )?registered for|thank you for (?:registering for|your (?:order|booking|registration|payment))"
    r"|(?:verification|security|one-time) (?:code|passcode)"
    r"|(?:reset|change) your password|(?:new|unusual) sign-?in|bestellbest[äa]tigung|buchungsbest[äa]tigung|confirmation de (?:commande"
    r"|r[ée]servation)",
    re.IGNORECASE,
)
_NOTICES = re.compile(
    r"(?:.{1,80}\s)?(?:(?:mentioned|tagged|assigned|messaged|nudged|poked|followed|removed) you\b|(?:replied to|reacted to|commented on|liked"
    r"|endorsed|viewed|accepted) (?:you\b|your )|(?:sent|left) you (?:a|an|\d+) (?:new )?\w*\s?(?:message|task|request)|(?:added"
    r"|invited) you to (?:a |an |the |their )?(?:\w+ )?(?:board|card|channel|chat|conversation|group|page|project|space|task|team|workspace)\b"
    r"|assigned (?:a|an|the|\d+) (?:\w+ )?(?:card|issue|item|task|ticket)s? to you\b|(?:commented on|moved|archived) the (?:card|issue|task"
    r"|ticket)\b)|(?:re: )?(?:[^,]{1,40}, )?you (?:have|['’]ve|were|are|have been|['’]ve been)? ?(?:been )?(?:mentioned|tagged|assigned|added"
    r"|invited) (?:by|in|on|to)\b|(?:[^,]{1,40}, )?you (?:have )?(?:missed|got)\b.{0,40}\b(?:activity|conversations?|messages?|notifications?)"
    r"|(?:[^,]{1,40}, )?you (?:have|['’]ve got) (?:\d+|a|an|some) (?:new |unread |missed )*(?:comments?|connections?|followers?|invitations?"
    r"|likes?|mentions?|messages?|notifications?|requests?|tasks?)\b|(?:your teammates|.{1,60}) (?:are|is) trying to reach you\b"
    r"|.{0,60}\b(?:missed|unread) (?:activity|conversations?|mentions?|messages?|notifications?)\b|(?:your )?(?:missed (?:activity|messages?"
    r"|conversations?)|unread (?:messages?|notifications?|mentions?))\b|\d+ (?:new |unread )(?:comments?|mentions?|messages?|notifications?)\b"
    r"|(?:.{1,80}\s)?(?:hat (?:sie|dich|ihnen|dir) (?:.{1,40} )?(?:erwähnt|markiert|zugewiesen|eingeladen)|hat (?:sie"
    r"|dich) zu .{1,60} (?:hinzugefügt|eingeladen)|vous a (?:mentionné|identifié|assigné|attribué|ajouté)|t['’]a (?:mentionné|identifié|assigné"
    r"|ajouté)|te (?:mencionó|etiquetó|asignó|ha (?:mencionado|etiquetado|asignado))|ti ha (?:menzionat|taggat|assegnat)[oa]|heeft (?:je"
    r"|u) (?:genoemd|getagd|toegewezen|vermeld)|nämnde dig|har (?:nämnt|taggat|tilldelat|nevnt|nævnt) (?:dig|deg)|wspomniał[a]? o tobie)\b",
    re.IGNORECASE,
)
"""Subjects by which boards, chats and networks tell what somebody did; the thing itself is for those who are in it, and news to nobody else."""
_FORWARD = re.compile(r"(?:(?:re|aw|antw|sv)\s?:\s*)*(?:fwd?|wg|tr|rv|i|enc|doorst|vs|vb|pd)\s?:", re.IGNORECASE)
_ANSWER = re.compile(r"(?:re|aw|antw|sv|rép|odp|vá|r)\s?:", re.IGNORECASE)
_GREETING = re.compile(
    r"(?i:hi|hello|hey|dear|hallo|liebe[rs]?|guten (?:tag|morgen)|bonjour|cher|ch[èe]re|hola|querid[oa]|ciao|beste|hej|moin|good (?:morning"
    r"|afternoon))\s+"
    r"(?!(?:all|everyone|everybody|colleagues?|readers?|leser\w*|kolleg\w*|subscribers?|friends?|members?|team|there|folks|both|sir|madam|toutes"
    r"|tous|abonn\w*|alle)\b)"
    r"(?:dr\.?\s|mr\.?\s|ms\.?\s|frau\s|herr\s)?[A-ZÀ-Þ][\w'’-]+(?:\s[A-ZÀ-Þ][\w'’-]+)?\s*[,!.–-]?",
)
_RECIPIENT = re.compile(rb"^(?:final|original)-recipient:\s*(?:[\w-]+;)?\s*<?([^\s<>;]{3,254}@[^\s<>;]{3,254})", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(rb"^status:\s*([245]\.\d{1,3}\.\d{1,3})", re.IGNORECASE | re.MULTILINE)
_SAID_STATUS = re.compile(rb"\b[45]\d\d[ -](?:#)?([45]\.\d{1,3}\.\d{1,3})\b")
_SAID_ADDRESS = re.compile(rb"<([^\s<>@]{1,64}@[^\s<>@]{3,254})>")
_READABLE = ("text/plain", "text/html", "text/calendar", "text/enriched")
_METHOD = re.compile(r"^METHOD:\s*(\w+)", re.IGNORECASE | re.MULTILINE)


def machine(mail: Mail) -> Sort | None:
    """Say whether a mail is a bounce, an automatic reply, an invitation or broken; `None` where a person or a sender of letters wrote it."""
    if _is_bounce(mail):
        return Sort.BOUNCE
    if _is_reply(mail):
        return Sort.AUTO_REPLY
    if _is_invitation(mail):
        return Sort.INVITATION
    if not mail.attached and not any(part.body.strip() for part in mail.parts if part.media_type in _READABLE and not part.attached):
        return Sort.BROKEN
    return None


def is_bulk(mail: Mail) -> bool:
    """Say whether its headers or its sender's address tell that a mail went to many."""
    precedence = mail.header("precedence").lower()
    return bool(
        any(name in mail.headers for name in _BULK_HEADERS)
        or precedence in ("bulk", "list", "junk")
        or mail.header("auto-submitted").lower().startswith("auto-generated")
        or is_robot(mail.sender)
    )


def is_robot(sender: str) -> bool:
    """Say whether an address is one from which only letters to many are sent."""
    return bool(_ROBOTS.search(sender) or _PLATFORMS.search(sender))


def asks_to_confirm(words: str) -> bool:
    """Say whether a letter asks its reader to confirm a subscription or an address."""
    return bool(_CONFIRM.search(words[:_ENDS]))


def is_notice(mail: Mail) -> bool:
    """Say whether a machine tells its reader what somebody did on a board, in a chat or in a network."""
    return is_bulk(mail) and bool(_NOTICES.match(mail.subject[:200]))


def speaks_of_absence(words: str) -> bool:
    """Say whether a letter begins by telling that its writer is away and until when, or whom to ask meanwhile."""
    return bool(_ABSENT.search(words[:300]) and _BACK.search(words[:1_000]))


def is_forward(subject: str) -> bool:
    """Say whether a mail program wrote into the subject that a mail is passed on."""
    return bool(_FORWARD.match(subject))


def is_answer(mail: Mail) -> bool:
    """Say whether a mail answers another one."""
    return "in-reply-to" in mail.headers and bool(_ANSWER.match(mail.subject))


def greets(words: str) -> bool:
    """Say whether a letter begins by greeting one person by name."""
    return bool(_GREETING.match(words))


def speaks_of_leaving(words: str) -> bool:
    """Say whether a letter tells its readers how to leave the list, which nobody writes to a friend."""
    return bool(_LEAVES.search(f"{words[:_ENDS]} {words[_ENDS:][-_ENDS:]}"))


def bounced(mail: Mail, body: bytes) -> tuple[str | None, str | None]:
    """Give the address that a bounce is about and the status (RFC 3463), as far as they are said."""
    address, status = _RECIPIENT.search(body), _STATUS.search(body) or _SAID_STATUS.search(body)
    said = mail.header("x-failed-recipients") or (address[1].decode("utf-8", "replace") if address else "")
    if not said:
        texts = b"\n".join(part.body for part in mail.of("text/plain"))
        found = _SAID_ADDRESS.search(texts)
        said = found[1].decode("utf-8", "replace") if found else ""
    return said or None, status[1].decode() if status else None


def _is_bounce(mail: Mail) -> bool:
    if mail.report == "delivery-status" or any(part.media_type == "message/delivery-status" for part in mail.parts):
        return True
    if "x-failed-recipients" in mail.headers:
        return True
    texts = b"\n".join(part.body[:4_000] for part in mail.of("text/plain"))
    if _BOUNCES.match(mail.subject) and _SAID_STATUS.search(texts):
        return True
    from_system = _POSTMASTERS.match(mail.sender) or mail.header("return-path").strip() == "<>" or not mail.sender
    return bool(from_system and _BOUNCES.search(mail.subject))


def _is_reply(mail: Mail) -> bool:
    submitted = mail.header("auto-submitted").lower()
    if submitted.startswith("auto-replied") or mail.header("precedence").lower().replace("-", "_") == "auto_reply":
        return True
    if mail.report == "disposition-notification" or any(name in mail.headers for name in ("x-autoreply", "x-autorespond", "x-autoresponder")):
        return True
    is_list = any(name in mail.headers for name in ("list-id", "list-unsubscribe", "list-post"))
    subject = re.sub(r"^(?:(?:re|aw|sv|rép|r[ée])\s*:\s*)+", "", mail.subject, flags=re.IGNORECASE)
    return bool(_REPLIES.match(subject)) and not is_list


def _is_invitation(mail: Mail) -> bool:
    for part in mail.parts:
        if part.media_type in ("text/calendar", "application/ics"):
            method = _METHOD.search(decode(part.body[:20_000], part.charset))
            if (part.method or (method[1].upper() if method else "")) in ("REQUEST", "CANCEL", "REPLY", "COUNTER", "REFRESH"):
                return True
    return False
