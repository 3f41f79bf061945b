"""The dependency rule holds; its contracts are in pyproject.toml and `make check` runs them too."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]


def test_every_import_contract_is_kept() -> None:
    """In a process of its own: the linter switches off the loggers of whoever calls it."""
    linter = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{len(CONTRACTS)} kept, 0 broken" in result.stdout


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
