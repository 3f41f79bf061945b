"""Logs: one chain for our events and the libraries', and no secret or message leaves it."""

import io
import json
import logging
import warnings
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot import logs
from bot.logs import NOT_LOGGED, REDACTED, Redactor, also_redact, configure

SECRET = "hunter2-is-a-secret"


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers, root.level = handlers, level
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    logs._redactor._known.clear()
    logs._redactor._pattern = None


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


def lines(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


class Pasted:
    """Something whose representation repeats a secret."""

    def __repr__(self) -> str:
        return f"<Pasted {SECRET}>"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_json_line_holds_event_level_time_and_fields(out: io.StringIO) -> None:
    configure("info", "json", stream=out)
    structlog.get_logger().info("ticket opened", ticket=1234, room="#support")
    (line,) = lines(out)
    assert line["event"] == "ticket opened"
    assert line["level"] == "info"
    assert line["ticket"] == 1234
    assert str(line["timestamp"]).endswith("Z")


def test_auto_is_json_in_a_file_and_readable_on_a_terminal(out: io.StringIO) -> None:
    configure("info", "auto", stream=out)
    structlog.get_logger().info("hello")
    assert lines(out)[0]["event"] == "hello"
    terminal = Terminal()
    configure("info", "auto", stream=terminal)
    structlog.get_logger().info("hello")
    assert not terminal.getvalue().startswith("{")
    assert "hello" in terminal.getvalue()


def test_what_is_below_the_level_is_not_written(out: io.StringIO) -> None:
    configure("warning", "json", stream=out)
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")
    assert [line["event"] for line in lines(out)] == ["loud"]


@pytest.mark.parametrize("library", ["discord.gateway", "nio.client", "aiohttp.access", "sqlalchemy.engine", "alembic"])
@pytest.mark.parametrize("level", ["debug", "info"])
def test_libraries_speak_through_the_same_chain_from_warnings_on(out: io.StringIO, library: str, level: str) -> None:
    configure(level, "json", [SECRET], stream=out)
    logging.getLogger(library).info("what somebody wrote")
    logging.getLogger(library).warning("refused %s", SECRET)
    (line,) = lines(out)
    assert line["event"] == f"refused {REDACTED}"
    assert line["logger"] == library


def test_warnings_of_python_are_lines_too(out: io.StringIO) -> None:
    configure("info", "json", stream=out)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    assert "old" in str(lines(out)[0]["event"])


@pytest.mark.parametrize("format_", ["json", "console"])
def test_a_known_secret_leaves_no_traceback_field_or_representation(out: io.StringIO, format_: str) -> None:
    configure("info", format_, [SECRET], stream=out)
    log = structlog.get_logger()
    try:
        raise ValueError(f"login with {SECRET} failed")
    except ValueError:
        log.exception("oops", where={"deep": [f"x{SECRET}y", Pasted()], SECRET: 1})
        logging.getLogger("nio").exception("lib")
    log.bind(who=Pasted()).info(f"event {SECRET}")
    assert SECRET not in out.getvalue()
    assert out.getvalue().count("login with [redacted] failed") == 2


def test_a_secret_learned_while_running_is_removed_from_then_on(out: io.StringIO) -> None:
    configure("info", "json", stream=out)
    also_redact("syt_learned_later")
    structlog.get_logger().info("login gave syt_learned_later")
    assert lines(out)[0]["event"] == f"login gave {REDACTED}"


@pytest.mark.parametrize(
    "key",
    ["token", "password", "api_key", "apikey", "secret", "Authorization", "access_token", "store_key", "set_cookie"],
)
def test_the_value_of_a_key_that_names_a_secret_is_removed_whatever_it_is(out: io.StringIO, key: str) -> None:
    configure("info", "json", stream=out)
    structlog.get_logger().info("x", **{key: "s", "headers": {key: ["s"]}})
    (line,) = lines(out)
    assert line[key] == REDACTED
    assert line["headers"] == {key: REDACTED}


@pytest.mark.parametrize("key", ["body", "content", "formatted_body", "html", "text"])
def test_what_people_wrote_is_never_logged(out: io.StringIO, key: str) -> None:
    configure("debug", "json", stream=out)
    structlog.get_logger().info("x", **{key: "my private problem", "message": {key: "my private problem"}})
    (line,) = lines(out)
    assert line[key] == NOT_LOGGED
    assert line["message"] == {key: NOT_LOGGED}


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abcdefgh12345678",
        "GET /sync?access_token=abcdefgh12345678&since=1",
        "{'access_token': 'abcdefgh12345678'}",
        '{"password":"abcdefgh12345678"}',
        "postgresql://bot:abcdefgh12345678@db/bot",
        "token MTIzNDU2Nzg5MDEyMzQ1Njc4.abcdef.abcdefgh12345678_abcdefgh123 refused",
    ],
)
def test_a_secret_nobody_named_is_told_by_its_form(text: str) -> None:
    assert "abcdefgh12345678" not in Redactor().text(text)


@pytest.mark.parametrize(
    "text",
    [
        "The Discord token was refused: check discord.token",
        "matrix.password: is missing; the password of the bot's account",
        "https://help.example.org/conversation/1234",
        "@alexander:example.org in !room:example.org",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert Redactor([SECRET]).text(text) == text


def test_the_longer_of_two_secrets_leaves_no_remainder() -> None:
    assert Redactor(["abcd", "abcdefgh"]).text("abcdefgh") == REDACTED


secret_texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=4, max_size=30).filter(
    lambda text: text not in REDACTED and text not in NOT_LOGGED
)
nested = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(secret=secret_texts, before=st.text(max_size=5), after=st.text(max_size=5), beside=nested)
def test_no_known_secret_survives_anywhere_in_an_event(secret: str, before: str, after: str, beside: object) -> None:
    redactor = Redactor([secret])
    event = {
        "event": before + secret + after,
        "deep": [{"key": (secret, beside)}, {before + secret: after}],
        "number": beside,
        "object": ValueError(secret),
    }
    kept = list(_texts(redactor(None, "info", event)))
    assert [text for text in kept if secret in text.replace(REDACTED, "\0")] == []


def _texts(value: object) -> Iterator[str]:
    match value:
        case dict():
            for key, entry in value.items():
                yield str(key)
                yield from _texts(entry)
        case list():
            for entry in value:
                yield from _texts(entry)
        case _:
            yield str(value)
