"""Rules no linter knows, each over the whole tree."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = ("bot", "adapters", "sandbox", "tests")

MAY_CATCH_EVERYTHING = {"bot/runtime.py", "bot/usecases/delivery.py"}
WEB = "adapters/web/"
"""The three places: the runtime's supervisor, the pump's row, the web endpoint."""

TEXT_FILES = set(
    ".cfg .css .html .ini .js .json .lock .mako .md .py .sh .svg .toml .txt .yaml .yml".split(),  # noqa: SIM905
)
NAMED_FILES = {"Dockerfile", "Makefile", ".dockerignore", ".gitignore", "LICENSE", "run"}
SKIPPED_FOLDERS = {"__pycache__", "node_modules", "build", "dist", "supportbot.egg-info"}

MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:work|root|Users|home)/")
INDEX_OPTIONS = re.compile(r"--index-url|--find-links|--extra-index|://[^ ]*/simple\b")


def sources(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def text_files() -> Iterator[tuple[str, str]]:
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        hidden = any(part.startswith(".") and part != ".ci" for part in parts[:-1])
        if hidden or SKIPPED_FOLDERS & set(parts) or not path.is_file():
            continue
        if path.suffix in TEXT_FILES or path.name in NAMED_FILES:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def calls(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Dotted names that are called, with their line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


def catches_everything(handler: ast.ExceptHandler) -> bool:
    """Not so a handler that only tidies up and raises on: it stops nothing."""
    last = handler.body[-1]
    if isinstance(last, ast.Raise) and last.exc is None:
        return False
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or ast.unparse(kind) in {"Exception", "BaseException"} for kind in kinds)


def has_catch_all(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.ExceptHandler) and catches_everything(node) for node in ast.walk(tree))


def test_everything_is_caught_in_three_places_at_most_and_only_where_it_is_allowed() -> None:
    found = [path for path, tree in sources("bot", "adapters") if has_catch_all(tree)]
    strangers = [path for path in found if path not in MAY_CATCH_EVERYTHING and not path.startswith(WEB)]
    assert strangers == []
    assert len(found) <= 3, found


def test_a_cancellation_is_never_swallowed() -> None:
    swallowed = [
        f"{path}:{node.lineno}"
        for path, tree in sources("bot", "adapters")
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and node.type is not None
        and "CancelledError" in ast.unparse(node.type)
        and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
    ]
    assert swallowed == []


def test_only_the_system_clock_asks_what_time_it_is() -> None:
    asking = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "datetime.datetime.now", "time.time"}
    found = [
        f"{path}:{line}"
        for path, tree in sources("bot", "adapters")
        for name, line in calls(tree)
        if name in asking and path != "adapters/system/clock.py"
    ]
    assert found == []


def test_tests_wait_for_no_time() -> None:
    """A deadline polled for an outside process lives in tests/integration, tests/chaos and their fakes."""
    found = [
        f"{path}:{line}"
        for path, tree in sources("tests/unit", "tests/contract", "tests/property", "tests/architecture")
        for name, line in calls(tree)
        if name in {"time.sleep", "sleep"}
    ]
    assert found == []


def test_nobody_mocks() -> None:
    named = [
        f"{path}:{node.lineno}"
        for path, tree in sources(*CODE)
        for node in ast.walk(tree)
        if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("unittest"))
        or (isinstance(node, ast.Import) and any(alias.name.startswith("unittest") for alias in node.names))
    ]
    assert named == []


@pytest.mark.parametrize("word", ["utils", "helpers", "common", "manager", "data", "info"])
def test_no_module_is_named_for_nothing(word: str) -> None:
    found = [path for path, _ in sources(*CODE) if word in Path(path).stem.split("_") or word in Path(path).parts[:-1]]
    assert found == []


def test_no_module_outgrows_its_noun() -> None:
    """250 lines is where another file should be looked for; 350 is too late."""
    long = [
        f"{path}: {lines} lines"
        for path, _ in sources("bot", "adapters", "sandbox")
        if (lines := len((ROOT / path).read_text(encoding="utf-8").splitlines())) > 350
    ]
    assert long == []


def test_every_module_of_the_product_says_what_it_is_for() -> None:
    silent = [path for path, tree in sources("bot", "adapters", "sandbox") if not ast.get_docstring(tree)]
    assert silent == []


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    found = [
        f"{path}: {match.group()}" for path, text in text_files() for match in [MACHINE_PATHS.search(text)] if match
    ]
    assert found == []


def test_no_lock_file_holds_an_address() -> None:
    locks = sorted(ROOT.glob("requirements*.lock"))
    assert len(locks) == 3
    assert [lock.name for lock in locks if "://" in lock.read_text(encoding="utf-8")] == []


def test_no_file_names_a_package_index() -> None:
    me = Path(__file__).relative_to(ROOT).as_posix()
    found = [
        f"{path}: {match.group()}"
        for path, text in text_files()
        if path != me and (match := INDEX_OPTIONS.search(text))
    ]
    assert found == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "requirements-build.lock"])
class TestLock:
    def test_every_requirement_is_pinned_with_hashes(self, lock: str) -> None:
        entries = re.split(r"\n(?=\w)", (ROOT / lock).read_text(encoding="utf-8").strip())
        assert [entry for entry in entries if not re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+", entry)] == []
        assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []

    def test_no_line_says_where_packages_come_from(self, lock: str) -> None:
        text = (ROOT / lock).read_text(encoding="utf-8")
        assert re.findall(r"^.*(?://|^-|@ ).*$", text, re.MULTILINE) == []


def test_the_image_has_nothing_that_only_development_needs() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert re.findall(r"^(?:matrix-synapse|pytest|playwright|hypothesis|mypy|ruff)\b", text, re.MULTILINE) == []
