"""The picture that a curator gives an item for the editions: taking the file in, and showing it at the desk and in a preview.

The file is decoded in the thread of its visit and one at a time, so that other visitors wait for nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline import digest
from pipeline.errors import NotFoundError, PipelineError
from pipeline.late import late
from pipeline.model import ItemId
from pipeline.render import picture
from pipeline.web import upload
from pipeline.web.items import item_page
from pipeline.web.problems import RefusedVisitError, status_of
from pipeline.web.site import field, person_of, site_of

if TYPE_CHECKING:
    from pipeline.publish import illustrated
    from pipeline.render import prepare
else:
    illustrated = late("pipeline.publish.illustrated")
    prepare = late("pipeline.render.prepare")

_WORDS = ("alt", "credit", "decorative", "may")


def show(request: Request) -> Response:
    """Send the picture of an item. Raises `NotFoundError` where it has none."""
    asked = ItemId(request.path_params["id"])
    with site_of(request).open_store() as store:
        found = store.illustration(asked)
    if found is None:
        raise NotFoundError("picture for the editions", f"of item {asked}")
    return Response(found.encoded.body, media_type=found.encoded.media_type, headers={"cache-control": "no-store"})


def give(request: Request) -> Response:
    """Give an item its picture, change its words, or take it off; what was typed stands in the form again where that cannot be."""
    site, asked = site_of(request), ItemId(request.path_params["id"])
    with site.open_store() as store:
        try:
            if field(request, "act") == "remove":
                store.take_picture_off(asked, by=person_of(request).name, now=site.clock())
            else:
                illustrated.give(_given(request, asked), store, now=site.clock())
        except NotFoundError as error:
            if error.what == "item":
                raise
            return _refused(request, asked, error)
        except PipelineError as error:
            return _refused(request, asked, error)
    return RedirectResponse(f"/desk/items/{asked}?edited={asked}#picture", status_code=303)


def previewed(request: Request) -> Response:
    """Send a picture of an edition as it stands, beside the preview of its page."""
    asked = request.path_params
    with site_of(request).open_store() as store:
        edition = store.edition(asked["edition"])
    if asked["rendition"] not in ("preview", "preview-public"):
        raise NotFoundError("preview", asked["rendition"][:80])
    made = prepare.prepare(edition if asked["rendition"] == "preview" else digest.public(edition))
    found = next((one for one in picture.pictures(made) if one.name == asked["file"]), None)
    if found is None:
        raise NotFoundError("picture", f"{asked['file'][:80]} of edition {edition.id}", hint="Load the preview again.")
    return Response(picture.body(found), media_type=picture.media_type(found.name), headers={"cache-control": "no-store"})


def _given(request: Request, item: ItemId) -> illustrated.Given:
    if not field(request, "may"):
        raise RefusedVisitError(
            "It is not said that we may print it.",
            status=422,
            hint="Take only pictures of your own, under a licence that allows it, or with permission.",
        )
    file = field(request, "file")
    return illustrated.Given(
        item=item,
        image=upload.raw(file) if file else None,
        alt=field(request, "alt"),
        decorative=bool(field(request, "decorative")),
        credit=field(request, "credit"),
        by=person_of(request).name,
    )


def _refused(request: Request, item: ItemId, error: PipelineError) -> Response:
    with site_of(request).open_store() as store:
        typed = {name: field(request, name)[:1000] for name in _WORDS}
        notice = " ".join(part for part in (error.sentence, error.hint) if part)
        return item_page(request, store, store.item(item), notice=notice, status=status_of(error), pictured=typed)


routes = [
    Route(upload.PICTURE, show),
    Route(upload.PICTURE, give, methods=["POST"]),
    Route("/desk/editions/{edition}/{rendition}/pictures/{file}", previewed),
]
