"""G10: whatever JSON comes, the API answers with a status below 500, and changes nothing bad."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.api import ApiClient
from tests.unit.http.test_campaigns import CAMPAIGN
from tests.unit.http.test_programs import FULL

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(["", "pizza", "US", "+15125550100", "2026-11-28T18:00:00Z", "0.01", "STOP"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
KNOWN: dict[str, dict[str, Any]] = {
    "/programs/{program_id}": FULL,
    "/campaigns": CAMPAIGN,
    "/campaigns/{campaign_id}": CAMPAIGN,
    "/campaigns/{campaign_id}/sends": {"send_at": None, "expires_at": None, "max_spend": None},
    "/campaigns/{campaign_id}/test": {"phones": ["+15125550100"]},
    "/settings": {"frequency_caps": [], "test_phones": []},
    "/keys": {"role": "sales", "owner": "Ana"},
}
PATHS = sorted(ApiClient().api.routes())
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@cache
def prepared() -> ApiClient:
    """One API for all examples: what one leaves behind must not break the next."""
    client = ApiClient()
    client.call("PUT", "/programs/pizza", FULL)
    return client


def filled(client: ApiClient, path: str, value: str) -> str:
    if "{campaign_id}" in path:
        value = client.call("POST", "/campaigns", CAMPAIGN).json["id"]
    return re.sub(r"{\w+}", quote(value or "x", safe=""), path)


def call(client: ApiClient, method: str, path: str, body: object) -> int:
    headers = {"Idempotency-Key": "k"}
    answer = client.call(method, path, raw=json.dumps(body), headers=headers)
    if answer.status >= 400:
        problem = answer.json
        assert problem["status"] == answer.status
        assert problem["detail"]
    return answer.status


@QUICK
@given(place=st.sampled_from(PATHS), body=VALUES, value=st.text(max_size=12))
def test_any_json_to_any_route(place: tuple[str, str], body: object, value: str) -> None:
    client = prepared()
    method, path = place
    assert call(client, method, filled(client, path, value), body) < 500


@QUICK
@given(place=st.sampled_from([p for p in PATHS if p[1] in KNOWN]), data=st.data())
def test_a_good_body_with_one_field_of_anything(
    place: tuple[str, str], data: st.DataObject
) -> None:
    client = prepared()
    method, path = place
    good = KNOWN[path]
    name = data.draw(st.sampled_from(sorted(good)))
    body = {**good, name: data.draw(VALUES)}
    assert call(client, method, filled(client, path, "pizza"), body) < 500
    for listed in ("/programs", "/campaigns", "/sends", "/keys", "/settings"):
        assert client.call("GET", listed).status == 200


@QUICK
@given(query=st.dictionaries(st.sampled_from(["limit", "cursor", "status", "x"]), st.text()))
def test_any_query(query: dict[str, str]) -> None:
    client = prepared()
    text = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
    for path in ("/campaigns", "/sends", "/keys", "/programs", "/sends/none/messages"):
        assert client.call("GET", f"{path}?{text}").status < 500


@QUICK
@given(body=st.text(max_size=200))
def test_any_text_as_a_body(body: str) -> None:
    assert prepared().call("POST", "/campaigns", raw=body).status in (400, 422)
