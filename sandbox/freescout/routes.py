"""The table of API routes, and the way of one call through it: key, route, rule, answer."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from hmac import compare_digest
from typing import NamedTuple

from sandbox.freescout import (
    conversation_changes,
    conversation_list,
    conversations,
    custom_fields,
    customers,
    mailboxes,
    tags,
    threads,
    webhooks,
)
from sandbox.freescout.answers import Answer, Json, RefusedError, html
from sandbox.freescout.call import Call, World

Endpoint = Callable[[Call], Answer]


class Route(NamedTuple):
    """A path with numbers in place of `{id}`, and what its methods do."""

    path: re.Pattern[str]
    methods: Mapping[str, Endpoint]


def _route(path: str, **methods: Endpoint) -> Route:
    return Route(re.compile(path.replace("{id}", r"(\d+)")), methods)


ROUTES = (
    _route("/conversations", GET=conversation_list.listed, POST=conversations.create),
    _route("/conversations/{id}", GET=conversations.show, PUT=conversation_changes.update, DELETE=conversations.delete),
    _route("/conversations/{id}/threads", POST=threads.create),
    _route("/conversations/{id}/tags", PUT=tags.replace),
    _route("/conversations/{id}/custom_fields", PUT=custom_fields.put),
    _route("/conversations/{id}/timelogs", GET=mailboxes.time_tracking),
    _route("/customers", GET=customers.listed, POST=customers.create),
    _route("/customers/{id}", GET=customers.show, PUT=customers.update),
    _route("/customers/{id}/customer_fields", PUT=mailboxes.crm),
    _route("/mailboxes", GET=mailboxes.listed),
    _route("/mailboxes/{id}/folders", GET=mailboxes.folders),
    _route("/mailboxes/{id}/custom_fields", GET=custom_fields.listed),
    _route("/users", GET=mailboxes.users),
    _route("/users/{id}", GET=mailboxes.user),
    _route("/tags", GET=tags.listed),
    _route("/webhooks", GET=webhooks.listed, POST=webhooks.create),
    _route("/webhooks/{id}", DELETE=webhooks.delete),
)


def dispatch(
    world: World,
    api_key: str,
    *,
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: Json,
) -> Answer:
    """The answer to one API call; `path` is what follows `/api`."""
    if not world.options.api:
        return html(404, "Not Found")
    if not _knows_key(api_key, query, headers):
        return Answer(status=401, body={"message": "Not Authorized"})
    for route in ROUTES:
        match = route.path.fullmatch(path)
        if match is None:
            continue
        endpoint = route.methods.get(method)
        if endpoint is None:
            return html(405, "Method Not Allowed", {"Allow": ", ".join(route.methods)})
        ids = tuple(int(number) for number in match.groups())
        call = Call(world=world, method=method, path=path, ids=ids, query=query, body=body)
        return _run(call, endpoint)
    return html(404, "Not Found")


def _run(call: Call, endpoint: Endpoint) -> Answer:
    try:
        if call.method == "GET":
            return endpoint(call)
        with call.store.transaction():
            return endpoint(call)
    except RefusedError as refusal:
        return refusal.answer


def _knows_key(api_key: str, query: Mapping[str, str], headers: Mapping[str, str]) -> bool:
    """The key may come as a header, as a query parameter or as the user name of HTTP Basic."""
    given = headers.get("X-FreeScout-API-Key") or query.get("api_key") or _basic_user(headers.get("Authorization", ""))
    return compare_digest(given.encode(), api_key.encode())


def _basic_user(header: str) -> str:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""
