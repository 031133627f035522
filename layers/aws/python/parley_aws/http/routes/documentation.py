"""What describes the API: the OpenAPI document, and a page to try it at."""

from __future__ import annotations

from functools import cache
from importlib import resources

from aws_lambda_powertools.event_handler import Response

from parley_aws.http.api import Api
from parley_aws.http.services import Services

_ASSETS = "aws_lambda_powertools.event_handler.openapi.swagger_ui"
_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Parley API</title>
<style>{style}</style>
</head>
<body>
<div id="api">Loading…</div>
<script>{script}</script>
<script>
const base = new URL(".", window.location.href).href.replace(/[/]$/, "");
fetch(base + "/openapi.json").then((answer) => answer.json()).then((spec) => {{
  spec.servers = [{{url: base}}];
  SwaggerUIBundle({{
    dom_id: "#api", spec, deepLinking: true, filter: true, docExpansion: "list",
    persistAuthorization: false, tryItOutEnabled: true, layout: "BaseLayout",
    presets: [SwaggerUIBundle.presets.apis]
  }});
}});
</script>
</body>
</html>
"""


def register(api: Api, services: Services) -> None:  # noqa: ARG001 - every register has this shape
    """Add the routes."""

    @api.get("/openapi.json", public=True, tag="About", produces="application/json", compress=True)
    def openapi() -> Response[str]:
        """Describe this API in OpenAPI 3.1."""
        return Response(status_code=200, content_type="application/json", body=api.openapi)

    @api.get("/docs", public=True, tag="About", produces="text/html", compress=True)
    def docs() -> Response[str]:
        """Show a page to try this API at.

        It needs no other server: script and style are part of it.
        """
        return Response(status_code=200, content_type="text/html; charset=utf-8", body=_page())


@cache
def _page() -> str:
    assets = resources.files(_ASSETS)
    script = assets.joinpath("swagger-ui-bundle.min.js").read_text("utf-8")
    style = assets.joinpath("swagger-ui.min.css").read_text("utf-8")
    return _PAGE.format(script=script.replace("</script", "<\\/script"), style=style)
