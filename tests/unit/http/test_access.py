"""G8: every call has a key with a role, denied by default; no role does another's work."""

from __future__ import annotations

import re

import pytest

from parley.keys import Role
from parley_aws.http.api import ADMINS, MARKETERS, Api
from parley_aws.http.models.base import Output
from tests.support.api import ApiClient, MemoryServices

PUBLIC = {("GET", "/health"), ("GET", "/openapi.json"), ("GET", "/docs")}
PLACES = sorted(ApiClient().api.routes())


def filled(path: str) -> str:
    return re.sub(r"{\w+}", "some-id", path)


class Thing(Output):
    name: str


def test_g8_a_route_without_roles_is_refused_at_start_up() -> None:
    api = Api(MemoryServices(), title="t", version="1", description="d")
    with pytest.raises(TypeError, match="must have roles or be public"):
        api.get("/things", tag="Things")
    with pytest.raises(TypeError, match="must have roles or be public"):
        api.get("/things", tag="Things", roles=ADMINS, public=True)
    with pytest.raises(TypeError, match="must have roles or be public"):
        api.get("/things", tag="Things", roles=frozenset())


def test_g8_a_route_registered_past_the_decorator_is_not_served() -> None:
    client = ApiClient()
    client.api._resolver.get("/back-door")(lambda: {"open": True})
    assert client.call("GET", "/back-door", role=None).status == 404
    assert client.call("GET", "/back-door").status == 404


def test_only_health_and_documentation_need_no_key() -> None:
    routes = ApiClient().api.routes()
    assert {place for place, roles in routes.items() if roles is None} == PUBLIC


@pytest.mark.parametrize(("method", "path"), PLACES)
def test_g8_without_a_key_or_with_a_wrong_one(method: str, path: str) -> None:
    client = ApiClient()
    if (method, path) in PUBLIC:
        assert client.call(method, path, role=None).status == 200
        return
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "secret of admin"}):
        answer = client.call(method, filled(path), {"x": 1}, role=None, headers=headers)
        assert answer.status == 401
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("method", "path"), PLACES)
@pytest.mark.parametrize("role", Role)
def test_g8_a_role_does_its_own_work_only(role: Role, method: str, path: str) -> None:
    client = ApiClient()
    allowed = client.api.routes()[method, path]
    answer = client.call(method, filled(path), {"not a field": 1}, role=role)
    if allowed is None or role is Role.ADMIN or role in allowed:
        assert answer.status not in (401, 403)
    else:
        assert answer.status == 403
        assert answer.json["errors"] == []


@pytest.mark.parametrize(
    ("method", "path", "roles"),
    [
        ("PUT", "/programs/{program_id}", ADMINS),
        ("GET", "/programs", MARKETERS),
        ("GET", "/programs/{program_id}", MARKETERS),
        ("PUT", "/settings", ADMINS),
        ("GET", "/settings", ADMINS),
        ("POST", "/keys", ADMINS),
        ("GET", "/keys", ADMINS),
        ("DELETE", "/keys/{key_id}", ADMINS),
        ("POST", "/campaigns", MARKETERS),
        ("GET", "/campaigns", MARKETERS),
        ("GET", "/campaigns/{campaign_id}", MARKETERS),
        ("PATCH", "/campaigns/{campaign_id}", MARKETERS),
        ("POST", "/campaigns/{campaign_id}/estimate", MARKETERS),
        ("POST", "/campaigns/{campaign_id}/test", MARKETERS),
        ("POST", "/campaigns/{campaign_id}/sends", MARKETERS),
        ("GET", "/campaigns/{campaign_id}/report", MARKETERS),
        ("GET", "/sends", MARKETERS),
        ("GET", "/sends/{send_id}", MARKETERS),
        ("GET", "/sends/{send_id}/messages", MARKETERS),
        ("GET", "/sends/{send_id}/report", MARKETERS),
        ("POST", "/sends/{send_id}/pause", MARKETERS),
        ("POST", "/sends/{send_id}/resume", MARKETERS),
        ("POST", "/sends/{send_id}/cancel", MARKETERS),
    ],
)
def test_roles_are_those_of_the_contract(method: str, path: str, roles: frozenset[Role]) -> None:
    assert ApiClient().api.routes()[method, path] == roles


def test_g8_a_revoked_key_is_refused_at_once() -> None:
    client = ApiClient()
    made = client.call("POST", "/keys", {"role": "admin", "owner": "Ana"}).json
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert client.call("GET", "/keys", role=None, headers=headers).status == 200
    assert client.call("DELETE", f"/keys/{made['id']}").status == 204
    assert client.call("GET", "/keys", role=None, headers=headers).status == 401


def test_keys_are_shown_once_and_kept_hashed() -> None:
    client = ApiClient()
    made = client.call("POST", "/keys", {"role": "sales", "owner": "Ana"}).json
    listed = client.call("GET", "/keys")
    assert made["key"] not in listed.text
    assert made["key"] not in repr(client.services.the_keys.__dict__)
    assert made["id"] in {key["id"] for key in listed.json["keys"]}


def test_the_last_admin_key_stays() -> None:
    client = ApiClient()
    assert client.call("DELETE", f"/keys/key_{Role.ADMIN}").status == 409
    assert client.call("DELETE", "/keys/key_nobody").status == 404
