"""What an inference request and its answer look like. No HTTP server and no PyTorch here, so it can be tested with plain values.

In: `{"instances": [[64 values of 0 to 16], …]}`, out: `{"predictions": [digit, …]}`.
"""

from __future__ import annotations

import json
from email.message import Message
from typing import Any, Final, NoReturn

from workloads.data.schema import PIXEL_MAX, PIXELS
from workloads.errors import RequestError

# SageMaker's limit for a real-time request (hosting FAQ: 6 MB).
BODY_LIMIT: Final = 6 * 1024 * 1024
CONTENT_TYPE: Final = "application/json"


def parse_instances(content_type: str | None, body: bytes) -> list[list[float]]:
    """The images of a request: at least one, 64 numbers of 0 to 16 each.

    Raises `RequestError`: 415 for another content type, 400 for anything else that is wrong, naming where.
    """
    kind = _media_type(content_type)
    if kind != CONTENT_TYPE:
        raise RequestError(f"Content-Type is {content_type!r}; send {CONTENT_TYPE}", 415)
    try:
        document = json.loads(body, parse_constant=_refuse_constant)
    except RecursionError:
        raise RequestError('the body is nested too deeply; send {"instances": [[64 numbers], …]}') from None
    except ValueError as error:  # bad JSON, bad UTF-8, a number with thousands of digits
        raise RequestError(f"the body is not JSON: {error}") from None
    if not isinstance(document, dict) or "instances" not in document:
        found = f"an object with keys {sorted(document)[:10]}" if isinstance(document, dict) else _kind(document)
        raise RequestError(f'the body is {found}; send {{"instances": [[{PIXELS} numbers of 0 to {PIXEL_MAX}], …]}}')
    instances = document["instances"]
    if not isinstance(instances, list) or not instances:
        found = "empty" if instances == [] else _kind(instances)
        raise RequestError(f"instances is {found}; it must be a list with at least one image")
    for row, image in enumerate(instances):
        _check_image(row, image)
    return instances


def encode(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()


def _check_image(row: int, image: Any) -> None:
    if not isinstance(image, list):
        raise RequestError(f"instances[{row}] is {_kind(image)}; it must be a list of {PIXELS} numbers, row by row")
    if len(image) != PIXELS:
        raise RequestError(f"instances[{row}] has {len(image)} values; an image has {PIXELS}, row by row")
    for place, value in enumerate(image):
        # type() and not isinstance(): JSON's true is an int to Python.
        if type(value) not in (int, float):
            raise RequestError(f"instances[{row}][{place}] is {_kind(value)}; it must be a number from 0 to {PIXEL_MAX}")
        if not 0 <= value <= PIXEL_MAX:
            raise RequestError(f"instances[{row}][{place}] is {_shown(value)}; it must be from 0 to {PIXEL_MAX}")


def _media_type(content_type: str | None) -> str:
    if not content_type:
        return ""
    message = Message()
    message["Content-Type"] = content_type
    return message.get_content_type()


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", int: "a number", float: "a number"}
    return names.get(type(value), "null")


def _shown(number: float) -> str:
    """At most 20 characters of a value: JSON allows a number of any length."""
    text = repr(number)
    return text if len(text) <= 20 else f"{text[:19]}…"


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
