"""A small client of Parley's HTTP API and of the carrier simulator's control routes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import requests

_TIMEOUT = (5, 60)


class ProblemError(Exception):
    """The API answered with a problem; `status` and the problem document tell which."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status}: {json.dumps(problem)}")
        self.status = status
        self.problem = problem


@dataclass(frozen=True, kw_only=True)
class Client:
    """Calls one base URL with one key; answers are parsed JSON, problems are raised."""

    base_url: str
    key: str | None = None
    session: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str, **params: Any) -> Any:
        """GET with query parameters."""
        return self._call("GET", path, params=params)

    def post(self, path: str, body: Any = None, *, idempotency_key: str | None = None) -> Any:
        """POST a JSON body."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return self._call("POST", path, json=body, headers=headers)

    def put(self, path: str, body: Any) -> Any:
        """PUT a JSON body."""
        return self._call("PUT", path, json=body)

    def patch(self, path: str, body: Any) -> Any:
        """PATCH with a JSON body."""
        return self._call("PATCH", path, json=body)

    def delete(self, path: str) -> Any:
        """DELETE."""
        return self._call("DELETE", path)

    def text(self, path: str, **params: Any) -> str:
        """GET something that is not JSON, such as a CSV."""
        return self._send("GET", path, params=params).text

    def pages(self, path: str, name: str, **params: Any) -> Iterator[Any]:
        """Every item of a paged list, whose items the answer holds under `name`."""
        cursor = None
        while True:
            answer = self.get(path, **params, **({"cursor": cursor} if cursor else {}))
            yield from answer[name]
            cursor = answer["next_cursor"]
            if cursor is None:
                return

    def _call(self, method: str, path: str, **options: Any) -> Any:
        answer = self._send(method, path, **options)
        return answer.json() if answer.content else None

    def _send(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any
    ) -> requests.Response:
        sent = {**(headers or {}), **({"Authorization": f"Bearer {self.key}"} if self.key else {})}
        answer = self.session.request(
            method, self.base_url + path, headers=sent, timeout=_TIMEOUT, **options
        )
        if answer.status_code >= 400:
            raise ProblemError(answer.status_code, _problem(answer))
        return answer


def contact_path(phone: str) -> str:
    """The path of a contact; the plus sign of a number is escaped."""
    return f"/contacts/{quote(phone, safe='')}"


def import_csv(client: Client, csv: bytes, **fields: Any) -> str:
    """Begin an import with a CSV's bytes; its id."""
    made = client.post("/imports", fields)
    uploaded = requests.put(made["upload_url"], data=csv, timeout=_TIMEOUT)
    uploaded.raise_for_status()
    return str(made["id"])


@dataclass(frozen=True, kw_only=True)
class Connections:
    """Clients of a running local stack."""

    api_url: str
    keys: Mapping[str, str]
    carrier_url: str

    @classmethod
    def of(cls, description: Mapping[str, Any]) -> Connections:
        """Read what `.parley/local.json` holds."""
        return cls(
            api_url=description["api_url"],
            keys=description["keys"],
            carrier_url=description["carrier"]["url"],
        )

    def client(self, role: str | None) -> Client:
        """A client with the key of a role, or with none."""
        return Client(base_url=self.api_url, key=self.keys[role] if role else None)

    @property
    def carrier(self) -> Client:
        """A client of the carrier simulator's control routes."""
        return Client(base_url=self.carrier_url)


def _problem(answer: requests.Response) -> dict[str, Any]:
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    return problem if isinstance(problem, dict) else {"title": answer.text[:200]}
