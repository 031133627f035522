"""The OpenAPI document: valid, complete, and true of its own examples and of real answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.support.api import ApiClient

Document = dict[str, Any]


@cache
def document() -> Document:
    loaded: Document = json.loads(ApiClient().call("GET", "/openapi.json", role=None).text)
    return loaded


def operations() -> Iterator[tuple[str, str, Document]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def errors_of(value: object, schema: Document) -> list[str]:
    whole = {**schema, "components": document()["components"]}
    validator = Draft202012Validator(whole, format_checker=FormatChecker())
    return [f"{list(e.absolute_path)}: {e.message}" for e in validator.iter_errors(value)]


def examples() -> Iterator[tuple[str, object]]:
    for name, schema in document()["components"]["schemas"].items():
        for example in schema.get("examples", ()):
            yield name, example


def test_the_document_is_valid() -> None:
    OpenAPIV31SpecValidator(document()).validate()
    assert document()["openapi"].startswith("3.1")


def test_it_describes_every_route_and_its_roles() -> None:
    described = {
        (method, path): operation.get("x-roles") for method, path, operation in operations()
    }
    for place, roles in ApiClient().api.routes().items():
        assert described.pop(place) == (None if roles is None else sorted({"admin", *roles}))
    assert described == {}


def test_keys_are_asked_for_but_where_none_is_needed() -> None:
    assert document()["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert document()["security"] == [{"key": []}]
    open_to_all = {path for _, path, operation in operations() if operation.get("security") == []}
    assert open_to_all == {"/health", "/openapi.json", "/docs"}


def test_every_operation_says_what_it_does_and_how_it_fails() -> None:
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(ids) == len(set(ids))
    for method, path, operation in operations():
        assert operation["summary"], path
        assert operation["tags"], path
        failures = {code for code in operation["responses"] if code >= "400"}
        if operation.get("security") != []:
            assert {"400", "401", "403", "503"} <= failures, (method, path)
        for code in failures:
            assert list(operation["responses"][code]["content"]) == ["application/problem+json"]


def test_the_idempotency_key_is_documented() -> None:
    operation = document()["paths"]["/campaigns/{campaign_id}/sends"]["post"]
    (header,) = [p for p in operation["parameters"] if p["in"] == "header"]
    assert (header["name"], header["required"]) == ("Idempotency-Key", True)
    assert {"200", "202", "409"} <= set(operation["responses"])


@pytest.mark.parametrize(("name", "example"), list(examples()))
def test_each_example_passes_its_own_schema(name: str, example: object) -> None:
    assert errors_of(example, document()["components"]["schemas"][name]) == []


def test_inputs_refuse_unknown_fields() -> None:
    for method, path, operation in operations():
        if "requestBody" not in operation:
            continue
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        refs = [schema, *schema.get("anyOf", ())]
        names = [s["$ref"].rpartition("/")[2] for s in refs if "$ref" in s]
        assert names, (method, path)
        for name in names:
            assert document()["components"]["schemas"][name]["additionalProperties"] is False, name
            assert document()["components"]["schemas"][name].get("examples"), name


def test_answers_fit_what_is_documented() -> None:
    client = ApiClient()
    ids: dict[str, str] = {"program_id": "pizza"}
    headers = {"Idempotency-Key": "friday"}
    steps: list[tuple[str, str, object]] = [
        ("PUT", "/programs/{program_id}", example_of("ProgramInput")),
        ("GET", "/programs", None),
        ("PUT", "/settings", example_of("SettingsModel")),
        ("POST", "/campaigns", example_of("CampaignInput")),
        ("PATCH", "/campaigns/{campaign_id}", example_of("CampaignPatch")),
        ("GET", "/campaigns", None),
        ("POST", "/campaigns/{campaign_id}/estimate", None),
        ("POST", "/campaigns/{campaign_id}/test", example_of("TestInput")),
        ("POST", "/campaigns/{campaign_id}/sends", example_of("SendInput")),
        ("POST", "/campaigns/{campaign_id}/sends", example_of("SendInput")),
        ("GET", "/sends", None),
        ("GET", "/sends/{send_id}", None),
        ("GET", "/sends/{send_id}/messages", None),
        ("POST", "/sends/{send_id}/pause", None),
        ("POST", "/sends/{send_id}/resume", None),
        ("POST", "/sends/{send_id}/cancel", None),
        ("POST", "/sends/{send_id}/resume", None),
        ("GET", "/sends/{send_id}/report", None),
        ("GET", "/campaigns/{campaign_id}/report", None),
        ("POST", "/keys", example_of("KeyInput")),
        ("GET", "/keys", None),
        ("GET", "/campaigns/none", None),
        ("GET", "/health", None),
    ]
    for method, path, body in steps:
        answer = client.call(method, path.format(**ids), body, headers=headers)
        if (method, path) == ("POST", "/campaigns"):
            ids["campaign_id"] = answer.json["id"]
        if path.endswith("/sends") and method == "POST":
            ids["send_id"] = answer.json["id"]
        template = "/campaigns/{campaign_id}" if path == "/campaigns/none" else path
        documented = document()["paths"][template][method.lower()]["responses"][str(answer.status)]
        (media_type,) = documented["content"]
        assert answer.headers["Content-Type"] == media_type
        schema = documented["content"][media_type]["schema"]
        assert errors_of(answer.json, schema) == [], (method, path)


def example_of(name: str) -> Any:
    return document()["components"]["schemas"][name]["examples"][0]


def test_the_page_works_offline() -> None:
    page = ApiClient().call("GET", "/docs", role=None)
    assert page.headers["Content-Type"].startswith("text/html")
    assert "SwaggerUIBundle" in page.text
    for remote in ('src="http', "src='http", '<link rel="stylesheet"'):
        assert remote not in page.text
