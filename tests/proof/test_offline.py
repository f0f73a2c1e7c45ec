"""Verifying with files alone: each vector gets its verdict, standing and reason."""

from typing import Any

import pytest

from tests.proof import offline_files


@pytest.mark.parametrize("case", [pytest.param(c, id=c["name"]) for c in offline_files.vectors()["cases"]])
def test_each_case_gets_its_verdict_standing_and_reason(case: dict[str, Any]) -> None:
    bundle, snapshot = offline_files.files(case)
    expected = (case["verdict"], case["standing"], case["reason"])
    assert offline_files.judge(bundle, snapshot, case) == expected
