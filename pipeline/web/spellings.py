"""The button that writes into `people.yaml` that spellings are one. Nothing is one because it looks so: somebody says it.

What was said is taken back by editing the file.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pipeline import config as written
from pipeline.text import squeeze
from pipeline.web.problems import RefusedVisitError
from pipeline.web.site import field, form_of, site_of


def join(request: Request) -> Response:
    """Write into the file that the ticked spellings are one name. Only what the page proposed is taken."""
    site = site_of(request)
    part, name = field(request, "part"), squeeze(field(request, "name"))
    ticked = [squeeze(one) for one in form_of(request).get("spelling", ())]
    others = [one for one in dict.fromkeys(ticked) if one != name]
    with site.open_store() as store:
        known = site.memory.proposed(site.config.spellings, store, now=site.clock()).names(part)
    if part not in ("people", "publishers") or not {name, *others} <= known:
        raise RefusedVisitError("These names are not proposed, or no longer.", status=409, hint="Load the page again.")
    if not others:
        raise RefusedVisitError("One spelling alone is nothing to write down.", status=422, hint="Tick the others that name the same.")
    written.add_spellings(site.config.people, "people" if part == "people" else "publishers", name, others)
    return RedirectResponse("/desk/people?did=join", status_code=303)
