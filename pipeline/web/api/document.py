"""The OpenAPI 3.1 document, made from the operations: nothing stands in it that is not in force."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import cast

from pipeline.plain import Json
from pipeline.web.api.operation import File, Operation
from pipeline.web.api.problem import MEDIA_TYPE, Problem
from pipeline.web.api.schema import REFERENCE, Schemas, fields, noted, required
from pipeline.web.archive import MEDIA_TYPES

_JSON = "application/json"
_FAILURES = {
    "400": "The body is not JSON that we can read.",
    "401": "No token, or one that is not in force.",
    "403": "The token lacks the scope, or its person the role.",
    "404": "There is no such thing.",
    "409": "Somebody was faster, or this cannot be done to it as it stands.",
    "413": "The body is larger than 1 MB.",
    "415": "The body is not called JSON.",
    "422": "What was sent does not fit; `errors` says where.",
    "429": "Too often; `Retry-After` says when again.",
    "503": "The database is busy or cannot be written; try again.",
}
_OF_BODIES = ("400", "409", "413", "415")


def document(operations: Sequence[Operation], *, base: str, name: str) -> dict[str, Json]:
    """Write the document of a desk of this name."""
    schemas = Schemas()
    paths: dict[str, dict[str, Json]] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, schemas)
    failures = {f"E{status}": _failure(said, schemas) for status, said in _FAILURES.items()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{name}: the desk",
            "version": version("gleanings"),
            "description": "What a program may do at this desk. Each token has scopes, and never may more than its person.",
        },
        "servers": [{"url": base}],
        "tags": [{"name": tag} for tag in dict.fromkeys(one.tag for one in operations)],
        "paths": cast("Json", paths),
        "components": {
            "schemas": dict(sorted(schemas.named.items())),
            "responses": cast("Json", failures),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "A token of a person at the desk."}},
        },
    }


def _operation(one: Operation, schemas: Schemas) -> dict[str, Json]:
    made: dict[str, Json] = {
        "operationId": one.name,
        "tags": [one.tag],
        "summary": one.summary.rstrip("."),
        "description": f"{one.about} Scope `{one.scope}`; role {one.role} or above.".strip(),
        "security": [{"token": []}],
        "parameters": _parameters(one, schemas),
        "responses": {str(one.status): _success(one, schemas)} | _failures(one),
    }
    if one.body is not None:
        made["requestBody"] = {"required": True, "content": {_JSON: {"schema": schemas.of(one.body)}}}
    return made


def _parameters(one: Operation, schemas: Schemas) -> list[Json]:
    needed, made = required(one.params), []
    for name, hint in fields(one.params).items():
        note = noted(hint)[0]
        schema = _without_null(schemas.of(hint))
        schema.pop("description", None)
        entry: dict[str, Json] = {"name": name, "in": "path" if name in one.in_path else "query", "required": name in needed, "schema": schema}
        made.append(entry | ({"description": note.about} if note.about else {}))
    return cast("list[Json]", made)


def _without_null(schema: dict[str, Json]) -> dict[str, Json]:
    """Give the schema of a parameter that may be left out: an address cannot say null."""
    either = schema.get("anyOf")
    if not isinstance(either, list):
        return schema
    return dict(next(one for one in either if isinstance(one, dict) and one.get("type") != "null"))


def _success(one: Operation, schemas: Schemas) -> Json:
    if one.answer is File:
        kinds = sorted({kind.partition(";")[0] for kind in MEDIA_TYPES.values()} | {"application/octet-stream"})
        return {"description": "The file, of the type that its format has.", "content": {kind: {} for kind in kinds}}
    return {"description": " ".join((one.answer.__doc__ or "").split()), "content": {_JSON: {"schema": schemas.of(one.answer)}}}


def _failures(one: Operation) -> dict[str, Json]:
    left_out = _OF_BODIES if one.method == "GET" else () if one.body else ("400",)
    known: dict[str, Json] = {status: {"$ref": f"#/components/responses/E{status}"} for status in _FAILURES if status not in left_out}
    return known | ({"304": {"description": "It is as you know it (If-None-Match)."}} if one.method == "GET" else {})


def _failure(said: str, schemas: Schemas) -> dict[str, Json]:
    schemas.of(Problem)
    return {"description": said, "content": {MEDIA_TYPE: {"schema": {"$ref": f"{REFERENCE}Problem"}}}}
