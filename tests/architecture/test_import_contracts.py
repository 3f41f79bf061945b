"""The dependency rule holds; its contracts are in pyproject.toml and `make check` runs them too."""

import ast
import tomllib
from pathlib import Path

import pytest
from importlinter import cli

ROOT = Path(__file__).parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]


@pytest.mark.parametrize("contract", [contract["id"] for contract in CONTRACTS])
def test_import_contract_is_kept(
    contract: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    code = cli.lint_imports(limit_to_contracts=(contract,), no_logo=True)
    assert code == 0, capsys.readouterr().out


def test_settings_models_stop_at_the_composition_root() -> None:
    """Adapters and use cases take plain arguments: none of them names a settings class."""
    readers = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for folder in ("bot/domain", "bot/ports", "bot/usecases", "adapters")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Name) and node.id.endswith("Settings") and node.id != "Settings"
    ]
    assert readers == []
