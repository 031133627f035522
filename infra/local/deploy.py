"""Deploys the synthesized template into the engine, as the CDK CLI would into AWS.

``python -m infra.local.deploy`` reads a request from standard input and prints the result, both
as JSON: a process of its own, so that the stack's foreground process stays small.
"""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.config import STACK_NAME
from infra.local.home import ACCOUNT, IAM_SWITCH, REGION, ROOT, LocalStackError, wait_for_url

ASSETS_BUCKET = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
SOURCES = ("infra", "functions", "layers", "cdk.json", "uv.lock")
DEPLOY_SECONDS = 120.0

PLAIN_HTTP = (b'"aws:SecureTransport": "false"', b'"aws:SecureTransport": "not asked here"')
"""The engine speaks plain HTTP, which the template's policies refuse: only where it enforces them
is that one condition blunted."""


def client(service: str, endpoint_url: str) -> Any:
    """An SDK client of the engine."""
    session = boto3.Session(
        aws_access_key_id=ACCOUNT, aws_secret_access_key="local", region_name=REGION
    )
    return session.client(  # type: ignore[call-overload]  # the service is a variable
        service,
        endpoint_url=endpoint_url,
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 3}),
    )


def main() -> int:
    """Synthesize, deploy, and put the provider's pair in.

    The request: ``endpoint_url``, ``parameters``, ``account_sid``, ``auth_token``. The result:
    ``outputs`` of the stack and ``base_url``, where the engine serves the HTTP API.
    """
    request = json.load(sys.stdin)
    endpoint_url = request["endpoint_url"]
    parameters = request["parameters"]
    try:
        assembly = synthesize(ROOT / ".parley" / "assemblies")
        wait_for_url(f"{endpoint_url}/_ministack/health")
        outputs = deploy(assembly, endpoint_url, parameters)
        base_url = f"{endpoint_url}/_aws/execute-api/{outputs['ApiId']}/$default"
        if parameters.get("PublicBaseUrl") != base_url:
            # Only now is the API's id known; functions sign and verify with their address.
            outputs = deploy(assembly, endpoint_url, {**parameters, "PublicBaseUrl": base_url})
        _put_provider_secret(
            outputs["SecretArn"], endpoint_url, request["account_sid"], request["auth_token"]
        )
    except (LocalStackError, ClientError, subprocess.CalledProcessError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    json.dump({"outputs": outputs, "base_url": base_url}, sys.stdout)
    return 0


def synthesize(cache: Path) -> Path:
    """The cloud assembly of the sources as they are; from the cache if they are unchanged.

    Args:
        cache: folder of assemblies, each named by the hash of its sources; the newest is kept.

    Returns:
        The folder of the assembly.
    """
    assembly = cache / sources_hash()
    if (assembly / "manifest.json").exists():
        return assembly
    cache.mkdir(parents=True, exist_ok=True)
    draft = cache / f"draft-{os.getpid()}"
    subprocess.run(
        [sys.executable, str(ROOT / "infra" / "app.py"), "--local", "--output", str(draft)],
        check=True,
        cwd=ROOT,
        env={**os.environ, "CDK_VALIDATION": "false"},
        stderr=subprocess.DEVNULL if "PARLEY_VERBOSE" not in os.environ else None,
    )
    for old in cache.iterdir():
        if old != draft and time.time() - old.stat().st_mtime > 3600:
            shutil.rmtree(old, ignore_errors=True)
    if not assembly.exists():
        draft.replace(assembly)
    else:
        shutil.rmtree(draft)
    return assembly


def sources_hash() -> str:
    """A hash over everything that the template and its assets are made of."""
    digest = hashlib.sha256()
    for name in SOURCES:
        root = ROOT / name
        files = sorted(root.rglob("*")) if root.is_dir() else [root]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".pyc":
                digest.update(f"{file.relative_to(ROOT)}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:32]


def deploy(assembly: Path, endpoint_url: str, parameters: Mapping[str, str]) -> dict[str, str]:
    """Create or update the stack.

    Args:
        assembly: what ``synthesize`` gave.
        endpoint_url: of the engine.
        parameters: values of the template's parameters.

    Returns:
        The stack's outputs.

    Raises:
        LocalStackError: the engine could not build a resource; the message names it.
    """
    cloudformation = client("cloudformation", endpoint_url)
    template_url = _upload(assembly, endpoint_url)
    request = {
        "StackName": STACK_NAME,
        "TemplateURL": template_url,
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
    }
    stack = _describe(cloudformation)
    if stack is None:
        cloudformation.create_stack(**request)
    else:
        try:
            cloudformation.update_stack(**request)
        except ClientError as error:
            if "No updates are to be performed" not in str(error):
                raise
            return _outputs(stack)
    return _outputs(_finished(cloudformation))


def _upload(assembly: Path, endpoint_url: str) -> str:
    """Put assets and template where the template expects them, once each."""
    s3 = client("s3", endpoint_url)
    ssm = client("ssm", endpoint_url)
    ssm.put_parameter(
        Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String", Overwrite=True
    )
    try:
        s3.head_bucket(Bucket=ASSETS_BUCKET)
    except ClientError:
        s3.create_bucket(Bucket=ASSETS_BUCKET)
    present = {item["Key"] for item in s3.list_objects_v2(Bucket=ASSETS_BUCKET).get("Contents", [])}
    manifest = json.loads((assembly / f"{STACK_NAME}.assets.json").read_text())
    template_key = ""
    for asset in manifest["files"].values():
        source = assembly / asset["source"]["path"]
        (destination,) = asset["destinations"].values()
        key = destination["objectKey"]
        if source.name == f"{STACK_NAME}.template.json":
            template_key = key
        if key not in present:
            body = _zip(source) if asset["source"]["packaging"] == "zip" else source.read_bytes()
            if IAM_SWITCH in os.environ:
                body = body.replace(*PLAIN_HTTP)
            s3.put_object(Bucket=ASSETS_BUCKET, Key=key, Body=body)
    return f"{endpoint_url}/{ASSETS_BUCKET}/{template_key}"


def _zip(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder))
    return buffer.getvalue()


def _describe(cloudformation: Any) -> dict[str, Any] | None:
    try:
        stacks = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"]
    except ClientError:
        return None
    stack: dict[str, Any] | None = stacks[0] if stacks else None
    return stack


def _finished(cloudformation: Any) -> dict[str, Any]:
    deadline = time.monotonic() + DEPLOY_SECONDS
    while time.monotonic() < deadline:
        stack = _describe(cloudformation)
        if stack is not None and not stack["StackStatus"].endswith("IN_PROGRESS"):
            if stack["StackStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
                return stack
            raise LocalStackError(f"{stack['StackStatus']}: {_failure(cloudformation)}")
        time.sleep(0.05)
    raise LocalStackError(f"the deployment took longer than {DEPLOY_SECONDS:.0f} s")


def _failure(cloudformation: Any) -> str:
    events = cloudformation.describe_stack_events(StackName=STACK_NAME)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
    return "; ".join(
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}" for event in failed
    )


def _outputs(stack: Mapping[str, Any]) -> dict[str, str]:
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _put_provider_secret(
    secret_arn: str, endpoint_url: str, account_sid: str, auth_token: str
) -> None:
    """Put the provider's pair in, and leave the id key as the template made it."""
    secrets_manager = client("secretsmanager", endpoint_url)
    content = json.loads(secrets_manager.get_secret_value(SecretId=secret_arn)["SecretString"])
    wanted = {**content, "account_sid": account_sid, "auth_token": auth_token}
    if wanted != content:
        secrets_manager.put_secret_value(SecretId=secret_arn, SecretString=json.dumps(wanted))


if __name__ == "__main__":
    raise SystemExit(main())
