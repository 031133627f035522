"""Layers: the domain, the adapters, and the third-party packages they run on."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import jsii
from aws_cdk import AssetHashType, BundlingOptions, ILocalBundling
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.config import (
    AWS_LAYER,
    DOMAIN_LAYER,
    LAMBDA_PLATFORM,
    LAMBDA_PYTHON,
    ROOT,
    Config,
)

RUNTIME = lambda_.Runtime.PYTHON_3_13
ARCHITECTURE = lambda_.Architecture.ARM_64

SDK_SERVICES = frozenset({"dynamodb", "events", "s3", "scheduler", "secretsmanager", "sqs", "sts"})
"""The services whose models botocore keeps; the other four hundred are 100 MB that count
toward Lambda's limit of 250 MB."""

PRUNED = ("bin", "**/tests", "**/__pycache__", "boto3/examples", "botocore/data/*/*/examples-*")
"""What no function reads at run time."""


def compile_unchecked(folder: Path) -> bool:
    """Compile a folder for Lambda's Python, where that interpreter is on this machine.

    Lambda unpacks assets with normalized times, which voids time-stamped ``.pyc`` files, and
    /opt is read-only, so without this every cold start would compile every module again.

    Returns:
        False where no such interpreter was found: the layer works, and starts more slowly.
    """
    interpreter = _lambda_interpreter()
    if interpreter is None:
        return False
    compile_with(interpreter, folder)
    return True


def compile_with(interpreter: str, folder: Path) -> None:
    """Compile a folder's modules with an interpreter, as byte code that is trusted unchecked."""
    subprocess.run(  # noqa: S603 - runs the standard library's own compiler
        [
            *(interpreter, "-m", "compileall", "-q", "-j", "0"),
            *("--invalidation-mode", "unchecked-hash"),
            *("-s", str(folder), "-p", "/opt", str(folder)),
        ],
        check=True,
    )


def _lambda_interpreter() -> str | None:
    if f"{sys.version_info.major}.{sys.version_info.minor}" == LAMBDA_PYTHON:
        return sys.executable
    found = subprocess.run(  # noqa: S603 - asks uv for an interpreter
        [sys.executable, "-m", "uv", "python", "find", "--no-python-downloads", LAMBDA_PYTHON],
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or None


@jsii.implements(ILocalBundling)
class SourceBundling:
    """Copies one of our own layers and compiles it."""

    def __init__(self, source: Path) -> None:
        self._source = source

    def try_bundle(self, output_dir: str, *_args: object, **_options: object) -> bool:
        """Fill the output folder; always succeeds, so that no container is asked for."""
        shutil.copytree(
            self._source,
            output_dir,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__", "*.pyc"),
        )
        compile_unchecked(Path(output_dir))
        return True


@jsii.implements(ILocalBundling)
class VendorBundling:
    """Installs the locked runtime dependencies for Lambda's processor and Python."""

    def try_bundle(self, output_dir: str, *_args: object, **_options: object) -> bool:
        """Fill the output folder; always succeeds or raises."""
        target = Path(output_dir) / "python"
        with tempfile.TemporaryDirectory() as scratch:
            requirements = Path(scratch) / "requirements.txt"
            _uv(
                *("export", "--frozen", "--no-default-groups", "--no-emit-project", "--quiet"),
                *("--output-file", str(requirements)),
            )
            _uv(
                *("pip", "install", "--quiet", "--no-compile", "--only-binary", ":all:"),
                *("--no-deps", "--require-hashes"),
                *("--python-platform", LAMBDA_PLATFORM, "--python-version", LAMBDA_PYTHON),
                *("--target", str(target), "--requirement", str(requirements)),
            )
        prune(target)
        compile_unchecked(target)
        return True


@jsii.implements(ILocalBundling)
class PlaceholderBundling:
    """Stands in for the vendor layer where the interpreter's own packages serve."""

    def try_bundle(self, output_dir: str, *_args: object, **_options: object) -> bool:
        """Leave a note; always succeeds."""
        note = "The packages of the environment serve here; see infra/config.py.\n"
        (Path(output_dir) / "NOTE").write_text(note)
        return True


def prune(target: Path) -> None:
    """Drop from an installed tree what no function reads, so that its hash is stable too."""
    (target / ".lock").unlink(missing_ok=True)
    for pattern in PRUNED:
        for path in sorted(target.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    for service in (target / "botocore" / "data").iterdir():
        if service.is_dir() and service.name not in SDK_SERVICES:
            shutil.rmtree(service)


def _uv(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "uv", *arguments], check=True, cwd=ROOT)  # noqa: S603 - fixed arguments


class Layers(Construct):
    """The three layers, in the order functions attach them."""

    def __init__(self, scope: Construct, construct_id: str, *, config: Config) -> None:
        super().__init__(scope, construct_id)
        vendor: ILocalBundling = PlaceholderBundling() if config.local else VendorBundling()
        self.all: list[lambda_.ILayerVersion] = [
            self._layer("Domain", DOMAIN_LAYER, SourceBundling(DOMAIN_LAYER)),
            self._layer("Aws", AWS_LAYER, SourceBundling(AWS_LAYER)),
            # Its content comes from the lock file alone, whatever folder the asset names.
            self._layer("Vendor", ROOT / "layers", vendor),
        ]

    def _layer(
        self, construct_id: str, source: Path, bundling: ILocalBundling
    ) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self,
            construct_id,
            code=lambda_.Code.from_asset(
                str(source),
                asset_hash_type=AssetHashType.OUTPUT,
                bundling=BundlingOptions(image=RUNTIME.bundling_image, local=bundling),
            ),
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[ARCHITECTURE],
        )
