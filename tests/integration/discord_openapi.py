"""Holds recorded requests and answers against Discord's OpenAPI description, where it lies beside the project folder.

Relaxed as its own notes ask: ids may be numbers in requests, and `oneOf` is read as a plain union.
"""

import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from sandbox.discord import RecordedRequest

DESCRIPTION = Path(__file__).parents[3] / "shared" / "specs" / "discord-openapi.json"


def is_present() -> bool:
    """Whether the description is there to compare with."""
    return DESCRIPTION.exists()


def deviations(requests: Iterable[RecordedRequest]) -> list[str]:
    """Where accepted requests or their answers differ from the description; empty without the description."""
    if not is_present():
        return []
    found: list[str] = []
    for request in requests:
        if request.status is None or not 200 <= request.status < 300:
            continue
        where = f"{request.method} {request.route}"
        operation = _operation(request.method, request.route, request.path)
        if operation is None:
            found.append(f"{where}: not described")
            continue
        if request.json is not None:
            found += _differences(f"{where} request", _request_schema(*operation), request.json)
        if request.answer is not None:
            found += _differences(f"{where} answer", _answer_schema(*operation, request.status), request.answer)
    return found


def _differences(where: str, validator: Draft202012Validator | None, body: Any) -> list[str]:
    if validator is None:
        return [f"{where}: no body described"]
    return [
        f"{where}: {'/'.join(map(str, error.path))}: {error.message[:200]}" for error in validator.iter_errors(body)
    ]


@lru_cache(maxsize=1)
def _description() -> dict[str, Any]:
    with DESCRIPTION.open(encoding="utf-8") as file:
        loaded: dict[str, Any] = _relaxed(json.load(file))
    loaded["components"]["schemas"]["SnowflakeType"] = {"type": ["string", "integer"]}
    # The description knows replies only; the documentation has forwards as well (Message Reference Types).
    loaded["components"]["schemas"]["MessageReferenceType"] = {"type": "integer", "enum": [0, 1]}
    return loaded


def _relaxed(value: Any) -> Any:
    if isinstance(value, dict):
        return {("anyOf" if key == "oneOf" else key): _relaxed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_relaxed(inner) for inner in value]
    return value


@lru_cache(maxsize=256)
def _operation(method: str, route: str, path: str) -> tuple[str, str] | None:
    """Method and path as described: the route itself, or the description's path for its `@me` or `@original`."""
    paths = _description()["paths"]
    candidates = [route, path, route.replace("{message_id}", "@original"), route.replace("{user_id}", "@me")]
    for candidate in candidates:
        if method.lower() in paths.get(candidate, {}):
            return method.lower(), candidate
    return None


@lru_cache(maxsize=256)
def _request_schema(method: str, route: str) -> Draft202012Validator | None:
    body = _description()["paths"][route][method].get("requestBody", {})
    return _validator(body.get("content", {}).get("application/json", {}).get("schema"))


@lru_cache(maxsize=256)
def _answer_schema(method: str, route: str, status: int) -> Draft202012Validator | None:
    answer = _description()["paths"][route][method]["responses"].get(str(status), {})
    return _validator(answer.get("content", {}).get("application/json", {}).get("schema"))


def _validator(schema: dict[str, Any] | None) -> Draft202012Validator | None:
    if schema is None:
        return None
    return Draft202012Validator({"allOf": [schema], "components": _description()["components"]})
