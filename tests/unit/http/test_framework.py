"""What holds for every route: problems (G10), strict JSON, cursors, and silent logs (G9)."""

from __future__ import annotations

import base64
import logging
from typing import Annotated, Any
from urllib.parse import quote

import pytest
from aws_lambda_powertools.event_handler.openapi.params import Body

from parley.errors import ConflictError, TransientError
from parley_aws.http import cursor
from parley_aws.http.api import EVERYONE, Api, Cursor, Limit
from parley_aws.http.models.base import Flag, Input, Moment, Output, Whole
from parley_aws.http.problem import BadRequestError
from tests.support.api import ApiClient

SECRET_WORDS = "+15125550100 Ana"


class ThingInput(Input):
    name: str
    size: Whole = 1
    big: Flag = False
    at: Moment | None = None


class ThingOutput(Output):
    name: str
    at: Moment | None = None


@pytest.fixture
def client() -> ApiClient:
    client = ApiClient()
    add_routes(client.api)
    return client


def add_routes(api: Api) -> None:
    @api.post("/things", roles=EVERYONE, tag="Things", status=201)
    def make(body: Annotated[ThingInput, Body()]) -> ThingOutput:
        """Make a thing."""
        return ThingOutput(name=body.name, at=body.at)

    @api.get("/things/{phone}", roles=EVERYONE, tag="Things")
    def show(phone: str) -> ThingOutput:
        """Show a thing."""
        return ThingOutput(name=f"{phone} for {api.caller.owner}")

    @api.get("/broken/{kind}", roles=EVERYONE, tag="Things")
    def break_(kind: str) -> ThingOutput:
        """Break."""
        errors: dict[str, Exception] = {
            "unexpected": RuntimeError(SECRET_WORDS),
            "transient": TransientError(SECRET_WORDS),
            "conflict": ConflictError("not now", code="quiet_hours", allowed_at="2026-11-28"),
        }
        raise errors[kind]

    @api.get("/free", roles=EVERYONE, tag="Things", free_query="attribute.")
    def free(limit: Limit = 100, cursor: Cursor = None) -> ThingOutput:
        """Show the query."""
        return ThingOutput(name=f"{limit} {cursor} {api.query()}")


@pytest.mark.parametrize("path", ["/things/%2B15125550100", "/things/+15125550100"])
def test_phones_in_paths_come_escaped_or_not(client: ApiClient, path: str) -> None:
    assert client.call("GET", path).json["name"] == "+15125550100 for the admin"


def test_a_path_that_was_not_decoded_on_the_way_is_decoded(client: ApiClient) -> None:
    twice = client.call("GET", "/things/%252B15125550100")
    assert twice.json["name"].startswith("+15125550100")


def test_no_id_is_longer_than_a_table_takes(client: ApiClient) -> None:
    assert client.call("GET", f"/things/{'x' * 256}").status == 200
    for text in ("x" * 257, "é" * 3000):
        answer = client.call("GET", f"/things/{quote(text)}")
        assert (answer.status, answer.json["code"]) == (404, "not_found")


def test_unknown_routes_and_methods_are_problems(client: ApiClient) -> None:
    for path in ("/", "/nothing", "/things/1/2", "/sends/a/b/c", "/health/"):
        answer = client.call("GET", path)
        assert (answer.status, answer.json["code"]) == (404, "not_found")
        assert answer.headers["Content-Type"] == "application/problem+json"
    answer = client.call("DELETE", "/campaigns")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, POST")
    assert client.call("HEAD", "/health").status == 405


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("", "is required"),
        ("null", "must be a JSON object"),
        ("[]", "must be a JSON object"),
        ('[{"name": "a"}]', "must be a JSON object"),
        ('"name"', "must be a JSON object"),
        ("{", "is not JSON"),
        ("{'name': 1}", "is not JSON"),
        ('{"name": "a", "name": "b"}', '"name" twice'),
        ('{"size": NaN}', "NaN"),
        ('{"size": -Infinity}', "-Infinity"),
        ('{"size": 1e999}', "too large"),
        ('{"size": 1e-200}', "too small"),
        ('{"size": %s}' % ("9" * 5000), "more than 18 digits"),
        ('{"name": "\\ud83d"}', "surrogate"),
        ('{"\\udc00": 1}', "surrogate"),
        ('{"a":' * 30 + "1" + "}" * 30, "nests deeper"),
        ("[" * 100_000, "nests too deeply"),
    ],
)
def test_g10_broken_json_is_answered(client: ApiClient, raw: str, said: str) -> None:
    answer = client.call("POST", "/things", raw=raw)
    assert answer.status in (400, 422)
    assert answer.fields == ["body"]
    assert said in answer.json["errors"][0]["message"]


def test_a_whole_pair_of_surrogates_is_a_character(client: ApiClient) -> None:
    answer = client.call("POST", "/things", raw='{"name": "\\ud83c\\udf55 caf\\u00e9"}')
    assert answer.json["name"] == "🍕 café"


def test_bodies_may_come_in_base64(client: ApiClient) -> None:
    raw = base64.b64encode('{"name": "café"}'.encode()).decode()
    assert client.call("POST", "/things", raw=raw, is_base64=True).json["name"] == "café"
    latin = base64.b64encode('{"name": "café"}'.encode("latin-1")).decode()
    answer = client.call("POST", "/things", raw=latin, is_base64=True)
    assert (answer.status, answer.fields) == (400, ["body"])
    assert client.call("POST", "/things", raw="%%%", is_base64=True).status == 400


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": None}, "name"),
        ({"name": 5}, "name"),
        ({"name": "a", "size": "5"}, "size"),
        ({"name": "a", "size": True}, "size"),
        ({"name": "a", "size": 1.5}, "size"),
        ({"name": "a", "big": 1}, "big"),
        ({"name": "a", "big": "true"}, "big"),
        ({"name": "a", "at": "2026-11-27T18:00:00"}, "at"),
        ({"name": "a", "at": "2026-02-30T18:00:00Z"}, "at"),
        ({"name": "a", "at": "2026-11-27"}, "at"),
        ({"name": "a", "at": 1764266400}, "at"),
        ({"name": "a", "colour": "red"}, "colour"),
    ],
)
def test_g10_wrong_fields_are_named(client: ApiClient, body: Any, field: str) -> None:
    answer = client.call("POST", "/things", body)
    assert (answer.status, answer.fields) == (422, [field])
    assert answer.json["errors"][0]["message"]


def test_times_come_out_in_utc(client: ApiClient) -> None:
    answer = client.call("POST", "/things", {"name": "a", "at": "2026-11-27T12:00:00.5-06:00"})
    assert answer.json["at"] == "2026-11-27T18:00:00.500000Z"


def test_a_body_must_be_json_and_not_too_large(client: ApiClient) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.call("POST", "/things", raw="name=a", headers=form).status == 415
    assert client.call("POST", "/things", {"name": "a" * 300_000}).status == 413
    utf8 = {"Content-Type": "application/json; charset=utf-8"}
    assert client.call("POST", "/things", {"name": "a"}, headers=utf8).status == 201


def test_query_parameters_are_checked(client: ApiClient) -> None:
    for query, field in {
        "limit=0": "limit",
        "limit=501": "limit",
        "limit=ten": "limit",
        "limti=5": "limti",
        "cursor=forged": None,
        "limit=1&limit=2": "limit",
    }.items():
        answer = client.call("GET", f"/free?{query}")
        assert answer.status == (400 if field else 200)
        assert field is None or answer.fields == [field]
    answer = client.call("GET", "/free?attribute.city=Waco&limit=5")
    assert answer.status == 200
    assert "'attribute.city': 'Waco'" in answer.json["name"]


def test_conflicts_carry_a_code_and_facts(client: ApiClient) -> None:
    answer = client.call("GET", "/broken/conflict")
    assert answer.status == 409
    assert answer.json["code"] == "quiet_hours"
    assert answer.json["allowed_at"] == "2026-11-28"


def test_what_may_pass_is_told_to_come_again(client: ApiClient) -> None:
    answer = client.call("GET", "/broken/transient")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    assert SECRET_WORDS not in answer.text


def test_g9_an_unexpected_error_shows_and_logs_its_type_only(client: ApiClient) -> None:
    answer = client.call("GET", "/broken/unexpected")
    logged = client.log.getvalue()
    assert answer.status == 500
    assert SECRET_WORDS not in answer.text
    assert "RuntimeError" not in answer.text
    assert "Ana" not in logged
    assert '"error":"RuntimeError"' in logged


def test_g9_one_line_is_logged_without_path_query_or_body(client: ApiClient) -> None:
    client.call("GET", "/things/%2B15125550100")
    client.call("POST", "/things", {"name": "Ana", "x": "+15125550100"})
    client.call("GET", "/nothing/+15125550100?phone=+15125550100")
    logged = client.log.getvalue()
    assert len(logged.splitlines()) == 3
    assert "5125550100" not in logged
    assert "Ana" not in logged
    assert "GET /things/{phone}" in logged


def test_g9_debugging_libraries_does_not_log_paths(
    client: ApiClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        client.call("GET", "/things/%2B15125550100")
    assert "5125550100" not in caplog.text


def test_cursors_are_sealed() -> None:
    key = b"k" * 32
    sealed = cursor.seal(key, scope="contacts:vip", start_key="+15125550100")
    assert "15125550100" not in sealed
    assert cursor.unseal(key, scope="contacts:vip", cursor=sealed) == "+15125550100"
    for scope, other, text in (
        ("contacts", key, sealed),
        ("contacts:vip", b"l" * 32, sealed),
        ("contacts:vip", key, sealed[:-1]),
        ("contacts:vip", key, ""),
        ("contacts:vip", key, "né"),
        ("contacts:vip", key, "A" * 40),
    ):
        with pytest.raises(BadRequestError):
            cursor.unseal(other, scope=scope, cursor=text)
