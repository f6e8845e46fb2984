"""What a page in a browser of this machine would send is not let in; what SDKs send is."""

import json
from typing import Any

import pytest

from localcloud.entrance import refusal, refuse


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_HOST": "127.0.0.1:4747"},
        {"HTTP_HOST": "localhost:4747"},
        {"HTTP_HOST": "[::1]:4747"},
        {"HTTP_HOST": "a-bucket.localhost:4747"},
        {"HTTP_HOST": "127.0.0.1"},
        {},
        {"HTTP_HOST": "127.0.0.1:4747", "HTTP_SEC_FETCH_SITE": "none"},
        {"HTTP_HOST": "127.0.0.1:4747", "HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_ORIGIN": "http://127.0.0.1:4747"},
    ],
)
def test_programs_of_this_machine_are_let_in(headers: dict[str, str]) -> None:
    assert refusal(headers) == ""


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_HOST": "evil.example:4747"},
        {"HTTP_HOST": "127.0.0.1.evil.example:4747"},
        {"HTTP_HOST": "localhost.evil.example"},
        {"HTTP_HOST": "evil-localhost:4747"},
        {"HTTP_HOST": "127.0.0.1:4747", "HTTP_ORIGIN": "http://evil.example"},
        {"HTTP_HOST": "127.0.0.1:4747", "HTTP_ORIGIN": "null"},
        {"HTTP_HOST": "127.0.0.1:4747", "HTTP_ORIGIN": "http://127.0.0.1:8000"},
        {"HTTP_HOST": "127.0.0.1:4747", "HTTP_SEC_FETCH_SITE": "cross-site"},
        {"HTTP_HOST": "127.0.0.1:4747", "HTTP_SEC_FETCH_SITE": "same-site"},
    ],
)
def test_pages_are_not(headers: dict[str, str]) -> None:
    assert refusal(headers)


def test_a_refusal_names_the_reason_and_allows_no_page_to_read_it() -> None:
    said: list[Any] = []
    body = b"".join(refuse("because", lambda status, headers: said.extend((status, dict(headers)))))
    assert json.loads(body) == {"error": "because"}
    assert said[0].startswith("403")
    assert not any(name.lower().startswith("access-control") for name in said[1])
