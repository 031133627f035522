"""The tables that tests create are those that the template declares."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.infra.test_template import synthesize
from tests.support.tables import TABLES, key_schema


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder: Path = tmp_path_factory.mktemp("tables")
    resources = synthesize(folder, local=False)["Resources"]
    return {
        name: each["Properties"]
        for name, each in resources.items()
        if each["Type"] == "AWS::DynamoDB::Table"
    }


def test_there_are_as_many(declared: dict[str, dict[str, Any]]) -> None:
    assert len(declared) == len(TABLES)


@pytest.mark.parametrize("kind", TABLES)
def test_keys_and_indexes_agree(declared: dict[str, dict[str, Any]], kind: str) -> None:
    (table,) = (t for name, t in declared.items() if kind.capitalize() in name)
    indexes = {
        index["IndexName"]: index["KeySchema"] for index in table.get("GlobalSecondaryIndexes", ())
    }
    projections = {
        index["Projection"]["ProjectionType"] for index in table.get("GlobalSecondaryIndexes", ())
    }
    assert table["KeySchema"] == key_schema(TABLES[kind].keys)
    assert indexes == {name: key_schema(keys) for name, keys in TABLES[kind].indexes.items()}
    assert projections <= {"ALL"}
    assert {a["AttributeType"] for a in table["AttributeDefinitions"]} == {"S"}
