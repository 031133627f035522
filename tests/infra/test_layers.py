"""What goes into the vendor layer."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

from infra.constructs import layers


def test_pruning_keeps_what_runs(tmp_path: Path) -> None:
    for name in (
        "bin/jp.py",
        ".lock",
        "boto3/examples/cloudfront.rst",
        "botocore/data/endpoints.json",
        "botocore/data/sqs/2012-11-05/service-2.json.gz",
        "botocore/data/ec2/2016-11-15/service-2.json.gz",
        "pydantic/main.py",
        "pydantic/__pycache__/main.cpython-313.pyc",
    ):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()

    layers.prune(tmp_path)

    kept = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert kept == [
        "botocore/data/endpoints.json",
        "botocore/data/sqs/2012-11-05/service-2.json.gz",
        "pydantic/main.py",
    ]


def test_byte_code_is_never_checked_against_a_time(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("ANSWER = 42\n")
    layers.compile_with(sys.executable, tmp_path)
    (compiled,) = tmp_path.rglob("*.pyc")
    flags = int.from_bytes(compiled.read_bytes()[4:8], "little")
    assert flags == 0b01, "hash-based, unchecked"


def test_every_service_that_the_adapters_use_keeps_its_model() -> None:
    spec = importlib.util.find_spec("botocore")
    assert spec is not None
    assert spec.origin is not None
    data = Path(spec.origin).parent / "data"
    assert all((data / service).is_dir() for service in layers.SDK_SERVICES)


def test_the_lock_names_only_the_public_index() -> None:
    lock = (Path(__file__).parents[2] / "uv.lock").read_text()
    assert set(re.findall(r'registry = "([^"]+)"', lock)) == {"https://pypi.org/simple"}
    hosts = set(re.findall(r'url = "https://([^/"]+)', lock))
    assert hosts == {"files.pythonhosted.org"}
