"""What every letter carries beside its items, known by its words and addresses: view in browser, share, save, cite, follow us, preferences, leaving
the list, warnings of mail filters. Says nothing of what an item is.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

from pipeline.text import squeeze

_LONGEST = 200  # characters of a link's words that are looked at
EDGES = " \t|·•–—-:,;<>›»→*()[]"
_CHROME = re.compile(
    r"(?:(?:please\s)?(?:click here\s)?(?:to\s)?(?:view|read|see|open)(?=.*\b(?:e-?mail|message|newsletter|issue|bulletin|letter|alert|online"
    r"|web|html|version|page|browser|site|mobile|device)\b)(?: (?:this|it|the|in|as|on|a|an|your|our|e-?mail|message|newsletter|issue|bulletin"
    r"|letter|alert|full|online|web|html|version|page|browser|site|mobile|device))+|(?:view|see|show|list|browse)(?= \w)(?: (?:all|complete|more"
    r"|full|your))? ?(?:(?:results?|alerts?|search(?:es)?|jobs|events|articles|issues?)(?: (?:in|on|at)(?: the)?(?: \w+){1,4})?)?(?: in \w+)?"
    r"|(?:web|online|browser|mobile) version|view online|in browser|(?:un|re)?subscribe\b.*|sign me up|sign up(?: (?:here|now|for|to)\b.*)?"
    r"|opt[ -]?out(?: (?:here|now|from\b.*|of (?:all|any|e-?mails?|future|marketing|our|receiving|the|these|this)\b.*))?|(?:manage|update|change"
    r"|edit|set|review|modify|adjust|cancel|delete|create|turn off)(?: (?:your|my|this|the|these|our|all|a|an|e-?mail|mail|alert|account"
    r"|communication|contact|frequency|newsletter|notification|of|or|and|personal|saved|search|subscription|subscriber|user))* (?:preferences?"
    r"|settings?|subscriptions?|alerts?|profile|e-?mails?|details|notifications?|search(?:es)?)(?: (?:here|online|settings?|preferences?))?"
    r"|(?:my |your |e-?mail |communication )?(?:preferences|settings|profile|account)|(?:(?:our|your|the|read|view|see|full|website|terms|of|use"
    r"|and|&|our)\s)*(?:privacy|cookies?|data protection)(?: (?:policy|policies|notice|statement|settings|preferences|terms|and|&|cookies?|of"
    r"|use|information|options|centre|center))*|terms(?: (?:and|&|of) (?:conditions|use|service|sale)\b.*)?|legal(?: notice)?|imprint|impressum"
    r"|disclaimer|contact(?: us)?|kontakt|about(?: us)?|help(?: cent(?:re|er))?|faqs?|support|(?:forward|send|share|tweet|post|e-?mail|pin|like"
    r"|recommend|save|print|cite|bookmark|comment|reply|restack|follow)(?: (?:this|it|to|on|us|with|via|by|a|your|the|in|for|friends?"
    r"|colleagues?|newsletter|article|post|later|facebook|twitter|x|linkedin|mail|e-?mail|library|issue|story|page|reading list))*|facebook"
    r"|\d[\d.,]*k? (?:likes?|views?|comments?|replies|reactions?|restacks?|shares?|kommentare?|commentaires?|comentarios?|j['’]aime)"
    r"|twitter|x|linked ?in|instagram|youtube|bluesky|mastodon|threads|whatsapp|telegram|tiktok|flickr|vimeo|rss|xing|pinterest|reddit|(?:get"
    r"|download|open in) (?:the |our )?app|home(?: ?page)?|website|donate(?: now)?|support us|(?:back to )?top|archive|past issues"
    r"|add (?:us )?to (?:your )?address book|whitelist.*|(?:newsletter |hier |jetzt )?(?:abmelden|abbestellen|austragen|abonnieren)(?: .*)?"
    r"|im browser .{0,20}|(?:online|web)-?(?:version|ansicht)|datenschutz\w*|agb|weiterempfehlen|teilen|(?:e-?mail-?|newsletter-?"
    r"|meine )?einstellungen(?: .{0,20})?|se d[ée]s(?:inscrire|abonner).*|d[ée]sinscription|voir (?:dans|en|la version)\b.*|version en ligne"
    r"|mentions l[ée]gales|partager|g[ée]rer (?:mes|vos|mon|ma|votre|les|cette) (?:alertes?|pr[ée]f[ée]rences|abonnements?|param[èe]tres"
    r"|e-?mails?|inscriptions?|notifications?|newsletters?).{0,20}|pr[ée]f[ée]rences|s'abonner|darse de baja.*|cancelar (?:(?:la|mi|su|tu"
    r"|esta) )?(?:suscripci|subscrip|alerta|env[íi]o)\w*.*|ver (?:en|online)\b.*|compartir|uitschrijven|afmelden|bekijk (?:online|in)\b.*"
    r"|disiscriviti.*|avregistrera.*|flag(?:ged)? as .{0,20}|(?:not|ir)[- ]?(?:relevant|interested|for me)\W*|(?:(?:times )?cited(?: by"
    r"| references)?|citations?|cites|references|citing (?:articles|documents|items|papers|works))\W*\d*|\d+ (?:citations?|references)"
    r"|cited by \d.{0,20}|(?:see )?(?:related|similar) (?:articles?|records?|citations?|content|items?|documents?|publications?|papers|research"
    r"|searches|pages)|(?:all )?\d* ?versions|export(?: .{0,20})?|more like this|mark as .{0,20}|(?:alt)?metrics|(?:rights (?:and"
    r"|&) )?permissions|(?:order )?reprints?|request (?:the |a )?(?:full[- ]?text|copy|pdf)|(?:front )?cover(?: image)?|(?:view |see |browse "
    r"|read )?(?:the )?(?:full )?(?:table of contents|toc|(?:full|current|latest|whole|entire) issue)|(?:add|save) to [\w'’]+(?: [\w'’]+){0,3}"
    r"|tell us what you think|rate this .{0,20}|(?:give |send |leave |share )?(?:us )?(?:your )?feedback|learn why this is important|(?:report"
    r"|block)(?: (?:this|as|it|a|an|the))*(?: (?:spam|abuse|phishing|sender|message|e-?mail))+|(?:read|open|view|continue)(?: (?:it"
    r"|this))? (?:in|on|with) (?:the |our )?app|(?:start|begin) writing|why (?:did|am|do) i (?:getting|get|receiv\w*|seeing|see|on this)\b.*"
    r"|update your (?:address|app|browser|information|records?)|upgrade(?: (?:now|to|your (?:account|plan|subscription))\b.{0,30})?"
    r"|become a (?:paid |free )?(?:member|subscriber|supporter)|refer a friend|advertise(?: with us| here)?|search(?: again)?|log ?out"
    r"|my account|your account|submit (?:a|an|your) (?:manuscript|paper|article)|(?:information )?for authors|editorial board"
    r"|(?:journal )?home ?page|visit (?:the )?journal.{0,20}|follow(?: (?:this|the))? (?:journal|author|researcher|topic)|(?:view"
    r"|visit) (?:profile|group|topic|thread|discussion).{0,20}|(?:i )?(?:lov|lik|hat|enjoy)ed it\W*|meh\W*|it was (?:ok|okay|fine|good|great"
    r"|bad)|(?:yes|no|(?:not|very|quite)? ?(?:great|good|bad|useful|helpful|ok))\W*|(?:get |sent (?:from|with|via) )?(?:my )?(?:outlook"
    r"|yahoo mail|mail|gmail|proton ?mail|samsung \w+|iphone|ipad|android)(?: (?:for|on|secure) .{0,20})?|thumbs (?:up|down)|if you (?:no longer"
    r"|cannot|can['’]t|received|wish to|prefer|would (?:rather|prefer|like to (?:stop|leave|unsub|change))|(?:do not|don['’]t) (?:want|wish)"
    r"|are (?:having|not)|have (?:any|problems|received|trouble)|want to (?:change|leave|opt|stop|unsub))\b.*|having trouble (?:display|read|see"
    r"|view|with th)\w*.*|(?:to (?:leave|stop|cancel|quit|end)|stop (?:receiving|getting)|leave (?:this|the|our))\b.{0,40}\b(?:bulletins?"
    r"|e-?mails?|letters?|list|mailings?|mails|newsletters?|subscription)\b.{0,40}|(?:earlier|older|past|previous|back) (?:bulletins?|editions?"
    r"|issues|letters?|mailings?|newsletters?|numbers)(?: (?:are|at|can|here|of (?:the|this|our)|on|online)\b.{0,30})?|(?:please )?(?:confirm"
    r"|verify|activate)(?: .{0,25}\b(?:account|address|attendance|booking|device|e-?mail|identity|membership|place|registration|sign-?up"
    r"|subscription))?.{0,10}|(?:log|sign) ?in(?: (?:and|here|now|or|to|with)\b.{0,30})?|reset .{0,20}password)",
    re.IGNORECASE,
)
_CHROME_URLS = re.compile(
    r"(?:unsub(?:scribe)?|opt-?out|(?:manage|email|update|alert)?-?_?preferences?|subscription-?_?(?:center|centre|management|preferences)"
    r"|doupdatealertsettings|manage-?alerts?"
    r"|confirm(?:ation)?(?:-subscription)?|abmelden|abbestellen|desinscription|desabonnement)\b|/(?:mailman|options)/|/(?:settings|account)/?$"
    r"|list-manage\.com/(?:unsub|profile|vcard)|campaign-archive\.com|mailchi\.mp/"
    r"|scholar\.google\.[a-z.]+/(?:citations|scholar_share|scholar_alerts|scholar_settings)|ncbi\.nlm\.nih\.gov/(?:myncbi|sites/myncbi|account)"
    r"|ncbi\.nlm\.nih\.gov/(?:pubmed/?)?\?(?:term|linkname)="
    r"|(?:twitter|x)\.com/(?:intent|share|home)|facebook\.com/(?:sharer|share|dialog)|linkedin\.com/(?:share|sharing|cws)|(?:wa\.me"
    r"|api\.whatsapp\.com)/|t\.me/share"
    r"|//(?:support|help|helpdesk|service|faq|kb|status)\.[\w.-]+/?(?:[?#]|$)|aka\.ms/learnaboutsender|google\.[a-z.]{2,6}/alerts[/?]"
    r"|substack\.com/(?:app-link|signup|action|@|profile)|open\.substack\."
    r"|groups\.google\.com/(?:d/(?:optout|msgid|forum|topic)|forum|group/)|/action/(?:showalert|showpref|dosearch|doadv|addfav"
    r"|addcitationalert|unsub|updatealert|sso|showlogin|clickthrough|oneclick)\w*"
    r"|sciencedirect\.com/(?:search|user|journal/[^/]+/?$)|scopus\.com/(?:results|alert|search|cto|authid|source)|embase\.com/(?:alerts|#emailalerts)"
    r"|(?:webofscience|webofknowledge)\.com/(?:wos/\w+/(?:summary|alerts)|.*(?:CitingArticles|alerts))|proquest\.com/(?:go/|alerts"
    r"|myresearch|results)"
    r"|ebscohost\.com/(?:alerts|ehost/alerts)|app\.dimensions\.ai/discover|(?:cochranelibrary|jstor)\.com/(?:search|advanced-search)|/advanced-search"
    r"|researchgate\.net/(?:profile|institution|topic|settings|signup|lab|directory|requests)|mendeley\.com/(?:library|settings|profiles|groups)"
    r"|academia\.edu/(?:settings|upgrade|keypass)|scholar\.google\.[a-z.]{2,6}/scholar\?(?:.*&)?(?:q|cites|cluster|related)="
    r"|lists\.\S{3,60}/(?:options|listinfo|cgi-bin)|/cgi-bin/w(?:ebadmin|a)(?:\.exe)?\?(?:SUBED|A0|OK)"
    r"|pinterest\.[a-z.]+/pin/create|reddit\.com/submit|mendeley\.com/import|addthis\.com|addtoany\.com|sharethis\.com|/(?:open|pixel"
    r"|track(?:ing)?)\.(?:gif|png)",
    re.IGNORECASE,
)
_SOCIAL = re.compile(
    r"https?://(?:[\w-]+\.)?(?:facebook\.com|twitter\.com|x\.com|instagram\.com|linkedin\.com/(?:company|in|school|showcase|groups)"
    r"|bsky\.app/profile|threads\.net|tiktok\.com/@"
    r"|pinterest\.[a-z.]+|flickr\.com/(?:people|photos)|youtube\.com/(?:@|c/|channel/|user/)|xing\.com|mastodon\.[a-z]+|t\.me|apps\.apple\.com"
    r"|play\.google\.com/store)[^?#\s]*[^\s]*$",
    re.IGNORECASE,
)
_WARNING = re.compile(
    r"\W{0,6}(?:\w+ ?:? ?)?(?:you don['’]t often get e?-?mail from|(?:caution|warning|achtung|attention|external"
    r"|notice)\b\W.{0,160}(?:outside|external (?:e-?mail|sender|source)|extern"
    r"|(?:click|open)\w* (?:on )?(?:any )?(?:links|attachments)|(?:recogni[sz]e|know|trust|verify) the sender|unknown sender|absender)"
    r"|(?:this|the) (?:e-?mail|message) (?:originated|comes?|came|was sent|is) from (?:outside|an external)|do not click (?:on )?(?:any )?links"
    r"|diese (?:e-?mail|nachricht) (?:kommt|stammt) von (?:ausserhalb|außerhalb|extern)|sie erhalten nicht oft|ce (?:message"
    r"|courriel) provient de l['’]ext)",
    re.IGNORECASE,
)
_VIEWING = re.compile(
    r"\W*(?:(?:no|can['’]?t see|cannot see|missing) (?:the )?(?:images|pictures)|images? (?:not|blocked)|(?:having )?(?:trouble|problems?"
    r"|difficult\w*)\b.{0,40}(?:view|read|see|display)\w*|(?:can['’]?t|cannot|unable to) (?:see|read|view)(?: (?:this|the|our|these"
    r"|any))? (?:e-?mail|html|images?|it|letter|links?|message|newsletter|page|pictures?|text)|(?:e-?mail|message|newsletter) not display"
    r"|view(?:ing)? problems?|(?:(?:was|has) this .{0,20}|did (?:someone|a (?:friend|colleague)) )?forward(?:ed)? (?:to you|this|you)"
    r"|not (?:yet )?a subscriber|know (?:someone|anyone) who|you are reading a plain|(?:please )?copy and paste|view image\W|follow image link"
    r"|caption\W*$|your e-?mail (?:client|program|reader) (?:can ?not|can['’]t|does not)|probleme (?:mit der|bei der) (?:darstellung|anzeige)"
    r"|wird (?:diese|die) .{0,30}nicht|si vous (?:ne|n['’])|si no (?:puede|ve|visualiza)|se non (?:visualizz|riesc|ved)\w*|(?:wenn"
    r"|falls) (?:sie )?diese|kunt u deze|om du (?:inte|har problem)|si (?:ce|cet) .{0,30}(?:ne s['’]affiche)|was this (?:e-?mail|newsletter"
    r"|alert) (?:useful|helpful)|(?:enjoy(?:ed|ing)?|like|love) (?:this|what you)|(?:do you )?(?:want|wish) to publish (?:in|with|your)"
    r"|submit your (?:article|manuscript|paper|work)|your feedback is important|thanks for reading|(?:how (?:did you|was|are we|would you)"
    r"|what did you think)\b.{0,40}(?:issue|edition|newsletter|e-?mail|do))\b",
    re.IGNORECASE,
)
_ASIDE = 240  # characters; a paragraph that is longer says more than how to read the letter
_SEARCHED = re.compile(r"(?:q|qs|query|term|terms|search|searchtext|keywords?|text|st|s)", re.IGNORECASE)
_ISSUES = re.compile(
    r"/(?:toc|loi|issues?|vol(?:ume)?s?|journals?)/|/volumes-and-issues|bmj\.com/content/\d{1,3}/[\w]{1,8}/?(?:[?#]|$)|jstor\.org/stable/i\d",
    re.IGNORECASE,
)
_ISSUE = re.compile(
    r"\b(?:vol(?:ume|\.)?|issue|no\.?|number|nr\.?|heft|band)\s*\d|\b(?:current|latest|new|this|full) issue\b|\b(?:table of contents|toc)\b|^$",
    re.IGNORECASE,
)
_ROOM = re.compile(r"/(?:toc|loi|search|alerts?)/", re.IGNORECASE)


@lru_cache(4_096)
def is_chrome(url: str, words: str, *, sender: str = "") -> bool:
    """Say whether a link of a mail is none that leads to an item, by its words and its address, and whose mail it is."""
    bare = words[:_LONGEST].strip(EDGES)
    if is_chrome_words(bare) or _is_signboard(bare, sender) or _CHROME_URLS.search(url) or _is_search(url, bare):
        return True
    if _ISSUES.search(url) and _ISSUE.search(bare) and "/doi/" not in url:
        return True
    if is_own(url, sender) and _ROOM.search(urlsplit(url).path) and "/doi/" not in url:
        return True
    return bool(_SOCIAL.match(url)) and len(bare.split()) < 4


def is_chrome_words(bare: str) -> bool:
    """Say whether words without what stands around them are those of a link that no letter is written for."""
    if _CHROME.fullmatch(bare) or any(_CHROME.fullmatch(bare.rpartition(mark)[2]) for mark in (". ", "? ", "! ") if mark in bare):
        return True
    parts = re.split(r"\s+(?:and|und|et|&|or|\||·|/)\s+", bare)
    return 1 < len(parts) <= 4 and all(_CHROME.fullmatch(part) for part in parts)


def is_aside(words: str) -> bool:
    """Say whether a paragraph speaks of the mail itself: a filter's warning, how to see its pictures, to whom to pass it on."""
    said = squeeze(words[:1_000])
    return bool(_WARNING.match(said)) if len(said) > _ASIDE else bool(_WARNING.match(said) or _VIEWING.match(said))


def is_own(url: str, sender: str) -> bool:
    """Say whether an address is of the sender's own site."""
    host, domain = (urlsplit(url).hostname or "").lower(), sender.rpartition("@")[2].lower()
    return bool(domain) and (host == domain or host.endswith("." + domain) or domain.endswith("." + host.removeprefix("www.")))


def _is_signboard(bare: str, sender: str) -> bool:
    """Whether words are but the name by which the sender's domain goes."""
    said = re.sub(r"\W+|^the\s", "", bare.casefold())
    return 2 < len(said) < 40 and said in (re.sub(r"\W", "", part) for part in sender.casefold().rpartition("@")[2].split(".")[:-1])


def _is_search(url: str, words: str) -> bool:
    """Whether a link asks for just what its words say: a search that somebody saved."""
    query = urlsplit(url).query[:2_000]
    said = re.sub(r"\W+", " ", words).strip().casefold()
    return bool(said) and any(
        _SEARCHED.fullmatch(name) and re.sub(r"\W+", " ", value).strip().casefold() == said for name, value in parse_qsl(query)[:50]
    )
