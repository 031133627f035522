"""Synthesizes the template: ``python infra/app.py [--local] [--validate] [--output FOLDER]``.

The CDK CLI runs it too, and then says by environment variables where the output goes.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    # Python put this folder first on its path, where `constructs` would be ours, not the CDK's.
    sys.path[0] = str(ROOT)

if TYPE_CHECKING:
    from aws_cdk import App


def build(
    *, local: bool = False, validate: bool = False, bundle: bool = True, output: str | None = None
) -> "App":
    """Build the app, without synthesizing it.

    Args:
        local: for the stack on one machine; see infra.config.
        validate: check the template against AWS's best practices (cdk-nag) on synthesis.
        bundle: False leaves the layers' contents out, for tests of the template alone.
        output: folder of the cloud assembly; None leaves it to the CDK.

    Returns:
        The app; ``synth()`` writes the assembly.
    """
    from infra.config import STACK_NAME, Config, use_packaged_node

    use_packaged_node()
    from aws_cdk import App, Tags, Validations

    from infra.stack import ParleyStack

    context: dict[str, object] = {} if bundle else {"aws:cdk:bundling-stacks": []}
    app = App(outdir=output, context=context, analytics_reporting=False)
    local = local or app.node.try_get_context("local") in {True, "true"}
    stack = ParleyStack(app, STACK_NAME, config=Config(local=local))
    Tags.of(stack).add("project", "parley")
    if validate:
        from cdk_nag import AwsSolutionsChecks

        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


def main() -> None:
    """Synthesize from the command line."""
    parser = argparse.ArgumentParser(description="Synthesize Parley's template.")
    parser.add_argument("--local", action="store_true", help="for the stack on one machine")
    parser.add_argument("--validate", action="store_true", help="check it with cdk-nag")
    parser.add_argument("--output", default=None, help="folder of the cloud assembly")
    arguments = parser.parse_args()
    if not arguments.validate:
        os.environ.setdefault("CDK_VALIDATION", "false")
    output = arguments.output or (None if "CDK_OUTDIR" in os.environ else str(ROOT / "cdk.out"))
    build(local=arguments.local, validate=arguments.validate, output=output).synth()


if __name__ == "__main__":
    main()
