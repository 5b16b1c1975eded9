"""Reads a body as strict JSON (RFC 8259). Errors never quote the body."""

import json
import math
from collections.abc import Iterator
from typing import Any, NoReturn

MAX_DEPTH = 200
MAX_DIGITS = 4300


class NotJson(ValueError):  # noqa: N818 - what the body is, not what went wrong in our code
    """The body is not the JSON that we accept; the text says why and where, and quotes nothing of the body."""


def read(body: bytes) -> Any:
    """Return the body's JSON value; the body is UTF-8 with or without a byte order mark. Raise NotJson.

    Some values that parsers downstream would read differently are not accepted: NaN and Infinity, an object with a
    duplicate member, lone surrogates, numbers beyond a float or 4,300 digits, and more than 200 levels.
    """
    try:
        value = json.loads(
            body.decode("utf-8-sig"),
            parse_constant=_refuse_constant,
            parse_float=_float,
            parse_int=_int,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError as error:
        raise NotJson(f"The body is not valid UTF-8 at byte {error.start}.") from None
    except json.JSONDecodeError as error:
        raise NotJson(f"The body is not valid JSON at line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise NotJson(f"The body is nested deeper than {MAX_DEPTH} levels.") from None
    # Most bodies can have neither: each level has a bracket, and half of a pair has an escape.
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH or b"\\u" in body:
        _check_depth_and_text(value)
    return value


def _refuse_constant(_: str) -> NoReturn:
    raise NotJson("The body contains NaN or Infinity, which are not JSON.")


def _float(text: str) -> float:
    number = float(text) if len(text) <= MAX_DIGITS else math.inf
    if math.isinf(number):
        raise NotJson("The body contains a number that does not fit into a 64-bit float.")
    return number


def _int(text: str) -> int:
    _float(text)
    return int(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotJson("The body contains an object with a duplicate member.")
    return members


def _check_depth_and_text(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        if not level:
            return
        level = [child for parent in level for child in _children(parent)]
    raise NotJson(f"The body is nested deeper than {MAX_DEPTH} levels.")


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for name, member in value.items():
            _check_text(name)
            yield member
    elif isinstance(value, list):
        yield from value
    elif isinstance(value, str):
        _check_text(value)


def _check_text(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise NotJson("The body contains half of a surrogate pair, which is not a character.") from None
