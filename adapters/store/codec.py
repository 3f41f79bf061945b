"""Effects and fetch results as JSON text, and text as every database can keep it.

The domain's dataclasses are read and written by pydantic. Its plain unions try one variant after the other, each down
to the leaves: bold within italic within bold doubles the work at every level, so that a few hundred hostile characters
would hold up a start for minutes. Every union of ours carries ``kind``, so the schemas are rebuilt to look at that.

Rows outlive versions: fields that are unknown are ignored, fields that are missing get their defaults. A new field of
an effect therefore needs a default, and a ``kind`` is never renamed. Text may be nested about 90 levels deep; the chat
adapters cut it off far earlier.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, SchemaSerializer, SchemaValidator, core_schema

from bot.domain.chat import ChatMessage
from bot.domain.effects import Effect, FetchResult
from bot.domain.errors import StoreError
from bot.domain.sla_ticket import SlaTicket

T = TypeVar("T")
Schema = dict[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class JsonCodec(Generic[T]):
    """One type as JSON text."""

    def __init__(self, kept: Any) -> None:
        schema = by_kind(TypeAdapter[Any](kept).core_schema)
        self._validator = SchemaValidator(schema)
        self._serializer = SchemaSerializer(schema)

    def encode(self, value: T) -> str:
        """The value as text."""
        try:
            return self._serializer.to_json(value, fallback=_mapping, warnings=False).decode()
        except PydanticSerializationError:
            return self._serializer.to_json(self._without_half_characters(value)).decode()

    def decode(self, text: str, whose: str) -> T:
        """The value; ``whose`` names the row in the error. ``StoreError`` when this version cannot read it."""
        try:
            return cast("T", self._validator.validate_json(text))
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise StoreError(
                f"the stored content of {whose} cannot be read by this version ({where}: {first['msg']}); "
                f"was it written by a newer one?"
            ) from error

    def _without_half_characters(self, value: T) -> object:
        tree = self._serializer.to_python(value, mode="json", fallback=_mapping, warnings=False)
        return self._validator.validate_python(_storable_tree(tree))


def by_kind(schema: core_schema.CoreSchema) -> core_schema.CoreSchema:
    """The same schema, with each union of dataclasses that carry ``kind`` decided by that field alone."""
    named = {one["ref"]: one for one in schema.get("definitions", ())} if schema["type"] == "definitions" else {}
    return cast("core_schema.CoreSchema", _rebuilt(cast("Schema", schema), cast("dict[str, Schema]", named)))


def _rebuilt(part: Any, named: Mapping[str, Schema]) -> Any:
    match part:
        case {"type": "union", "choices": choices} if all(kinds := [_kind(one, named) for one in choices]):
            return core_schema.tagged_union_schema(
                dict(zip(kinds, (_rebuilt(one, named) for one in choices), strict=True)), discriminator="kind"
            )
        case dict():
            return {key: _rebuilt(inner, named) for key, inner in part.items()}
        case list():
            return [_rebuilt(inner, named) for inner in part]
        case _:
            return part


def _kind(choice: Schema, named: Mapping[str, Schema]) -> str | None:
    if choice["type"] == "definition-ref":
        choice = named[choice["schema_ref"]]
    if choice["type"] != "dataclass":
        return None
    fields = {field["name"]: field["schema"] for field in choice["schema"]["fields"]}
    match fields.get("kind"):
        case {"type": "default", "schema": {"type": "literal", "expected": [str(kind)]}}:
            return kind
        case _:
            return None


def storable(text: str) -> str:
    """The text with what no database keeps replaced: NUL (PostgreSQL) and half a surrogate pair (UTF-8)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _mapping(value: Any) -> object:
    """Any mapping as a dictionary: pydantic knows that one only."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be stored")


def _storable_tree(value: object) -> object:
    match value:
        case str():
            return storable(value)
        case dict():
            return {key: _storable_tree(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_storable_tree(inner) for inner in value]
        case _:
            return value


def to_microseconds(at: datetime) -> int:
    """An aware instant as whole microseconds since 1970, exactly."""
    return (at - _EPOCH) // _MICROSECOND


def from_microseconds(count: int) -> datetime:
    """The instant, in UTC."""
    return _EPOCH + timedelta(microseconds=count)


EFFECTS: JsonCodec[Effect] = JsonCodec(Effect)
FETCH_RESULTS: JsonCodec[FetchResult] = JsonCodec(FetchResult)
MESSAGES: JsonCodec[ChatMessage] = JsonCodec(ChatMessage)
SLA_TICKETS: JsonCodec[SlaTicket] = JsonCodec(SlaTicket)
