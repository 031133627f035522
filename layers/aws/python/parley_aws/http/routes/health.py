"""Whether the API serves."""

from __future__ import annotations

from typing import Literal

from parley_aws.http.api import Api
from parley_aws.http.models.base import Output, example
from parley_aws.http.services import Services


class Health(Output):
    """The API serves."""

    model_config = example(status="ok")

    status: Literal["ok"]


def register(api: Api, services: Services) -> None:  # noqa: ARG001 - every register has this shape
    """Add the route."""

    @api.get("/health", public=True, tag="About")
    def health() -> Health:
        """Tell that the API serves.

        It looks at nothing behind the API: a slow table must not take a healthy API out of service.
        """
        return Health(status="ok")
