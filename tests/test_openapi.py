"""The OpenAPI document is true: requests are made from it alone, good ones and bad ones, and every answer is one that it promises.

`pytest tests/test_openapi.py --hypothesis-profile thorough` tries 500 requests for each operation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote, unquote, urlencode

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline.model import Role
from pipeline.web.api import BASE, Buckets, document
from pipeline.web.api.operation import OPERATIONS
from tests.program import Answer, Programs

DOCUMENT: dict[str, Any] = json.loads(json.dumps(document(OPERATIONS, base=BASE, name="What's new")))
CALLS = [(path, method) for path, known in DOCUMENT["paths"].items() for method in known]
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.lists(st.text(max_size=5), max_size=3)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    """One desk for all requests: whatever they did to it, it answers the next one."""
    made = Programs(tmp_path_factory.mktemp("desk"))
    made.person("Priya Shah", Role.OPERATOR)
    made.app.state.buckets = Buckets(burst=10**9)
    for number in range(1, 6):
        made.add(number)
    yield made
    made.close()


# ---------------------------------------------------------------- requests, made from the document


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    found = DOCUMENT
    for part in schema["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found


def fitting(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that fit a schema."""
    schema = resolved(schema)
    if "anyOf" in schema:
        return st.one_of(*map(fitting, schema["anyOf"]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "integer":
            low, high = schema.get("minimum", -9), schema.get("maximum", 9)
            return st.integers(low, max(low, min(high, low + 9)))
        case "string":
            return _strings(schema)
        case "array":
            return st.lists(fitting(schema["items"]), max_size=min(schema.get("maxItems", 4), 4))
    needed = {name: fitting(one) for name, one in schema["properties"].items() if name in schema["required"]}
    free = {name: fitting(one) for name, one in schema["properties"].items() if name not in schema["required"]}
    return st.fixed_dictionaries(needed, optional=free)


def _strings(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    if schema.get("format") == "date-time":
        return st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2100, 1, 1)).map(lambda one: one.replace(tzinfo=UTC).isoformat())
    letters = st.characters(codec="utf-8", exclude_characters="\0")
    words = st.text(letters, min_size=schema.get("minLength", 0), max_size=min(schema.get("maxLength", 60), 60))
    return words | st.sampled_from(["learning", "south", "north-blog", "2026-11", "useful", "https://east.example/a", "network"])


@cache
def prepared(path: str, method: str) -> tuple[list[tuple[dict[str, Any], st.SearchStrategy[Any]]], st.SearchStrategy[Any]]:
    """The values of each parameter, and those of the body, as the document says."""
    one = DOCUMENT["paths"][path][method]
    body = fitting(one["requestBody"]["content"]["application/json"]["schema"]) if "requestBody" in one else st.none()
    return [(parameter, fitting(parameter["schema"])) for parameter in one["parameters"]], body


@st.composite
def requests(draw: st.DrawFn, path: str, method: str) -> tuple[str, bytes]:
    """An address and a body: made as the document says, then in one of three cases spoilt."""
    parameters, bodies = prepared(path, method)
    spoilt = draw(st.sampled_from(["", "", "parameter", "body"]))
    query: list[tuple[str, str]] = []
    for parameter, values in parameters:
        value = draw(PLAIN if spoilt == "parameter" else values)
        words = [_word(entry) for entry in (value if isinstance(value, list) else [value])]
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", quote(words[0] if words and words[0] not in (".", "..") else "x", safe="") or "x")
        elif parameter["required"] or draw(st.booleans()):
            query += [(parameter["name"], word) for word in words]
    if spoilt == "parameter" and draw(st.booleans()):
        query.append((draw(st.text(max_size=9)), "x"))
    body: Any = draw(bodies)
    if spoilt == "body" and body is not None:
        body = draw(st.sampled_from([body, [body]]).flatmap(lambda known: st.just(known) | st.dictionaries(st.sampled_from([*body, "x"]), PLAIN)))
    address = f"{BASE}{path}" + (f"?{urlencode(query, errors='replace')}" if query else "")
    return address, b"" if body is None else json.dumps(body).encode()


def _word(value: object) -> str:
    said = str(value).lower() if isinstance(value, bool) else str(value)
    return said.encode("utf-8", "replace").decode()


# ---------------------------------------------------------------- answers, judged by the document


def faults(schema: dict[str, Any], value: Any, where: str = "$") -> Iterator[str]:
    """Say where a value does not fit a schema (JSON Schema 2020-12, the words that we write)."""
    schema = resolved(schema)
    if "anyOf" in schema:
        if all(list(faults(one, value, where)) for one in schema["anyOf"]):
            yield f"{where}: {value!r} fits none of {len(schema['anyOf'])}"
        return
    kinds: dict[str, Any] = {
        "null": type(None),
        "boolean": bool,
        "integer": int,
        "number": (int, float),
        "string": str,
        "array": list,
        "object": dict,
    }
    if not isinstance(value, kinds[schema["type"]]) or (isinstance(value, bool) and schema["type"] != "boolean"):
        yield f"{where}: {value!r} is no {schema['type']}"
        return
    yield from _words_of(schema, value, where)
    if isinstance(value, list):
        for place, one in enumerate(value):
            yield from faults(schema["items"], one, f"{where}[{place}]")
    if isinstance(value, dict):
        yield from _members(schema, value, where)


def _words_of(schema: dict[str, Any], value: Any, where: str) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is none of {schema['enum']}"
    if schema.get("format") in ("date-time", "date") and (len(value) == 10) != (schema["format"] == "date"):
        yield f"{where}: {value!r} is no {schema['format']}"


def _members(schema: dict[str, Any], value: dict[str, Any], where: str) -> Iterator[str]:
    known, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
    yield from (f"{where}: {name} is missing" for name in schema.get("required", ()) if name not in value)
    for name, one in value.items():
        if name in known:
            yield from faults(known[name], one, f"{where}.{name}")
        elif rest is False:
            yield f"{where}: {name} is unknown"
        elif isinstance(rest, dict):
            yield from faults(rest, one, f"{where}.{name}")


def judge(path: str, method: str, answer: Answer) -> None:
    promised = DOCUMENT["paths"][path][method]["responses"]
    assert str(answer.status) in promised, f"{answer.status} is not promised: {answer.text[:300]}"
    content = resolved(promised[str(answer.status)]).get("content", {})
    media = answer.headers.get("content-type", "")
    if "application/octet-stream" in content or not content:
        return
    assert media in content
    assert list(faults(content[media]["schema"], answer.json)) == []


@pytest.mark.parametrize(("path", "method"), CALLS, ids=[f"{method} {path}" for path, method in CALLS])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(data=st.data())
def test_every_answer_is_one_that_the_document_promises(path: str, method: str, desk: Programs, data: st.DataObject) -> None:
    address, body = data.draw(requests(path, method))
    answer = desk.ask(method.upper(), address, body=body, headers={"content_type": "application/json"} if body else {})
    assert answer.status < 500, answer.text
    if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", BASE + path), unquote(address.partition("?")[0])):  # a slash in a name leads to another path
        judge(path, method, answer)


# ---------------------------------------------------------------- the document itself


def test_the_document_is_what_the_desk_serves(desk: Programs) -> None:
    answer = desk.get("/api/v1/openapi.json")
    assert answer.json == DOCUMENT
    assert desk.get("/api/v1/openapi.json", if_none_match=answer.headers["etag"]).status == 304


def test_every_reference_leads_somewhere_and_every_schema_is_used() -> None:
    said = json.dumps(DOCUMENT)
    named = {reference.rsplit("/", 1)[1] for reference in re.findall(r'"\$ref": "([^"]+)"', said)}
    assert named == {*DOCUMENT["components"]["schemas"], *DOCUMENT["components"]["responses"]}


def test_every_operation_says_what_it_does_and_what_it_takes() -> None:
    ids = [one["operationId"] for known in DOCUMENT["paths"].values() for one in known.values()]
    assert len(ids) == len(set(ids)) == len(OPERATIONS)
    for path, method in CALLS:
        one = DOCUMENT["paths"][path][method]
        assert one["summary"]
        assert "Scope `" in one["description"]
        assert set(re.findall(r"\{(\w+)\}", path)) == {parameter["name"] for parameter in one["parameters"] if parameter["in"] == "path"}
        assert all(parameter["required"] for parameter in one["parameters"] if parameter["in"] == "path")
        assert {"401", "403", "422", "429"} <= set(one["responses"])
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert schema["type"] == "object", name
        assert schema["additionalProperties"] is False, name


@example({"type": "string", "enum": ["a"]}, "b")
@example({"type": "integer"}, True)
@example({"type": "array", "items": {"type": "string"}}, [1])
@example({"type": "object", "properties": {}, "required": ["a"]}, {})
@example({"type": "object", "properties": {}, "additionalProperties": False}, {"a": 1})
@example({"anyOf": [{"type": "null"}, {"type": "string", "format": "date"}]}, "2026-11-20T12:00:00+00:00")
@given(st.just({"type": "string"}), st.integers())
def test_the_judge_of_answers_sees_what_does_not_fit(schema: dict[str, Any], value: object) -> None:
    assert list(faults(schema, value))


def test_the_paths_are_those_of_the_contract() -> None:
    assert {path for path, _ in CALLS} >= {
        "/items", "/items/{id}", "/items/{id}/decision", "/items/{id}/fold", "/items/{id}/unfold", "/undo", "/topics", "/sources", "/sources/{id}",
        "/sources/{id}/pause", "/sources/{id}/resume", "/editions", "/editions/{id}", "/editions/{id}/files", "/editions/{id}/files/{name}",
        "/collections", "/decisions", "/submissions", "/search", "/status",
    }  # fmt: skip
