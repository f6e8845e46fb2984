"""The model server over a real socket, with a really trained model."""

from __future__ import annotations

import http.client
import json
import math
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workloads.conftest import Trained
from tests.workloads.support import DIGITS, REPOSITORY, environment
from workloads.contract import ServingContract
from workloads.data.batches import Split, read_split
from workloads.errors import ModelError, RequestError, WorkloadError
from workloads.serving import app, healthcheck
from workloads.serving.protocol import BODY_LIMIT, encode, parse_instances

JSON = {"Content-Type": "application/json"}
IMAGE = [0.0] * 64


def contract(model_dir: Path, port: int = 0) -> ServingContract:
    return ServingContract(model_dir=model_dir, host="127.0.0.1", port=port)


@pytest.fixture(scope="module")
def server(trained: Trained) -> Iterator[app.Server]:
    running = app.Server(contract(trained.model))
    with running.running():
        running.predictor = app.load(contract(trained.model))
        yield running


@pytest.fixture(scope="module")
def held_out() -> Split:
    return read_split(DIGITS / "test.parquet")


def ask(
    server: app.Server, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, Any, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None, answer.headers
    finally:
        connection.close()
        settled(server)


def settled(server: app.Server) -> None:
    """Waits until all requests are logged, which happens after their answers: a line must not reach the next test."""
    with server._idle:
        assert server._idle.wait_for(lambda: server.in_flight == 0, timeout=10)


def invoke(server: app.Server, document: object) -> tuple[int, Any]:
    return ask(server, "POST", "/invocations", json.dumps(document).encode(), JSON)[:2]


def test_ping_says_healthy_once_the_model_is_loaded(server: app.Server) -> None:
    assert ask(server, "GET", "/ping")[:2] == (200, None)


def test_held_out_images_get_the_digits_that_training_measured(server: app.Server, held_out: Split, trained: Trained) -> None:
    status, answer = invoke(server, {"instances": held_out.pixels.tolist()})
    assert status == 200
    assert list(answer) == ["predictions"]
    right = np.mean(np.array(answer["predictions"]) == held_out.labels)
    assert right == pytest.approx(trained.metrics["test_accuracy"])
    assert all(type(digit) is int for digit in answer["predictions"])


def test_an_image_gets_the_same_digit_alone_and_in_a_crowd(server: app.Server, held_out: Split) -> None:
    images = held_out.pixels[:20].tolist()
    together = invoke(server, {"instances": images * 60})[1]["predictions"]
    alone = [invoke(server, {"instances": [image]})[1]["predictions"][0] for image in images]
    assert together == alone * 60, "1,200 rows go through the model in more than one pass"


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ([IMAGE], "the body is a list"),
        ({"inputs": [IMAGE]}, "an object with keys ['inputs']"),
        ({"instances": []}, "instances is empty"),
        ({"instances": None}, "instances is null"),
        ({"instances": IMAGE}, "instances[0] is a number"),
        ({"instances": [IMAGE, IMAGE[:63]]}, "instances[1] has 63 values"),
        ({"instances": [[*IMAGE[:63], 16.5]]}, "instances[0][63] is 16.5; it must be from 0 to 16"),
        ({"instances": [[-1, *IMAGE[:63]]]}, "instances[0][0] is -1"),
        ({"instances": [[math.nan, *IMAGE[:63]]]}, "NaN is no JSON number"),
        ({"instances": [[math.inf, *IMAGE[:63]]]}, "Infinity is no JSON number"),
        ({"instances": [["3", *IMAGE[:63]]]}, "instances[0][0] is a string"),
        ({"instances": [[True, *IMAGE[:63]]]}, "instances[0][0] is a boolean"),
        ({"instances": [[10**400, *IMAGE[:63]]]}, "is 1000000000000000000…; it must be from 0 to 16"),
    ],
)
def test_a_bad_document_is_refused_with_the_place_and_the_value(server: app.Server, document: object, says: str) -> None:
    status, answer = invoke(server, document)
    assert status == 400
    assert says in answer["error"]


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "says"),
    [
        ("POST", "/invocations", b"{", JSON, 400, "not JSON"),
        ("POST", "/invocations", b"\xff\xfe\xfd", JSON, 400, "not JSON"),
        ("POST", "/invocations", b"", JSON, 400, "not JSON"),
        ("POST", "/invocations", b"[" * 100_000, JSON, 400, ""),
        ("POST", "/invocations", b"1,2", {"Content-Type": "text/csv"}, 415, "Content-Type is 'text/csv'"),
        ("POST", "/invocations", b"{}", {}, 415, "Content-Type is None"),
        ("GET", "/", None, {}, 404, "use GET /ping or POST /invocations"),
        ("POST", "/models", b"{}", JSON, 404, "there is no '/models'"),
        ("GET", "/invocations", None, {}, 405, "use POST"),
        ("POST", "/invocations", b"{}", {**JSON, "Content-Length": "many"}, 400, "Content-Length is 'many'"),
        ("POST", "/invocations", None, {**JSON, "Transfer-Encoding": "chunked"}, 411, "Content-Length"),
    ],
)
def test_a_bad_request_gets_its_status_and_a_json_error(
    server: app.Server, method: str, path: str, body: bytes | None, headers: dict[str, str], status: int, says: str
) -> None:
    got, answer, answered = ask(server, method, path, body, headers)
    assert got == status
    assert says in answer["error"]
    assert answered["Content-Type"] == "application/json"


def test_a_body_over_the_limit_is_answered_and_not_just_cut_off(server: app.Server) -> None:
    status, answer, headers = ask(server, "POST", "/invocations", b" " * (BODY_LIMIT + 1), JSON)
    assert status == 413
    assert str(BODY_LIMIT) in answer["error"]
    assert headers["Connection"] == "close"


def test_a_body_at_the_limit_is_read(server: app.Server) -> None:
    document = encode({"instances": [IMAGE]})
    assert ask(server, "POST", "/invocations", document + b" " * (BODY_LIMIT - len(document)), JSON)[0] == 200


def test_content_type_may_carry_a_charset_and_unknown_headers_are_ignored(server: app.Server) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8", "X-Amzn-SageMaker-Custom-Attributes": "x", "Accept": "*/*"}
    assert ask(server, "POST", "/invocations", encode({"instances": [IMAGE]}), headers)[0] == 200


def test_a_connection_is_kept_for_the_next_request_even_after_an_error(server: app.Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    statuses = []
    for body in (b"{", encode({"instances": [IMAGE]}), b"[]"):
        connection.request("POST", "/invocations", body, JSON)
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
        assert connection.sock is not None, "still the same connection"
    connection.close()
    settled(server)
    assert statuses == [400, 200, 400]


@pytest.mark.parametrize(
    "rubbish", [b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"BREW /pot HTTP/1.1\r\n\r\n", b"GET /ping HTTP/9.9\r\n\r\n"]
)
def test_what_is_no_http_is_refused_and_the_server_lives_on(server: app.Server, rubbish: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=30) as raw:
        raw.sendall(rubbish)
        raw.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: raw.recv(65_536), b""))
    assert b'{"error":' in answer
    assert ask(server, "GET", "/ping")[0] == 200


def test_a_client_that_goes_away_in_the_middle_costs_nothing(server: app.Server, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=30) as raw:
        raw.sendall(b"POST /invocations HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
    assert ask(server, "GET", "/ping")[0] == 200
    assert "Traceback" not in capsys.readouterr().err


def test_many_clients_at_once_each_get_their_own_answer(server: app.Server, held_out: Split) -> None:
    expected = invoke(server, {"instances": held_out.pixels[:40].tolist()})[1]["predictions"]
    with ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(lambda image: invoke(server, {"instances": [image]})[1]["predictions"][0], held_out.pixels[:40].tolist())
        )
    assert answers == expected


def test_a_model_that_fails_is_a_500_that_tells_the_log_and_not_the_client(
    server: app.Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> list[int]:
        raise RuntimeError("secret internals")

    monkeypatch.setattr(server.predictor, "predict", fail)
    status, answer = invoke(server, {"instances": [IMAGE]})
    assert status == 500
    assert "secret" not in answer["error"]
    assert "secret internals" in capsys.readouterr().err


def test_each_request_leaves_one_json_line_and_a_healthy_ping_none(
    server: app.Server, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(server, "GET", "/ping")
    invoke(server, {"instances": [IMAGE, IMAGE]})
    ask(server, "GET", "/what%0aever")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["path"], line["status"], line["rows"]) for line in lines] == [
        ("/invocations", 200, 2),
        ("/what%0aever", 404, 0),
    ]
    assert all(line["ms"] >= 0 and line["time"].endswith("+00:00") for line in lines)


def test_docker_is_told_whether_the_server_is_healthy(server: app.Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGEMAKER_BIND_TO_PORT", str(server.server_port))
    assert healthcheck.main() == 0
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("SAGEMAKER_BIND_TO_PORT", str(closed.getsockname()[1]))
        assert healthcheck.main() == 1


def test_a_taken_port_is_refused_with_the_way_out(server: app.Server, trained: Trained) -> None:
    with pytest.raises(WorkloadError, match=rf"cannot listen on 127.0.0.1:{server.server_port}: .* SAGEMAKER_BIND_TO_PORT"):
        app.Server(contract(trained.model, server.server_port))


def test_a_missing_model_is_an_error_and_not_a_server_that_answers_503_for_ever(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.json is missing"):
        app.load(contract(tmp_path))


# The real main() in a process of its own, with a model that loads when a file appears and takes a second to answer.
SLOW = """
import pathlib, sys, time
from workloads.serving import app
class Slow:
    def predict(self, instances):
        time.sleep(1)
        return [7] * len(instances)
def load(contract):
    while not (contract.model_dir / "go").exists():
        time.sleep(0.02)
    return Slow()
app.load = load
sys.exit(app.main())
"""


def test_a_server_says_503_while_loading_and_on_sigterm_finishes_what_it_has_begun(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW],
        cwd=REPOSITORY,
        env=environment(tmp_path, SAGEMAKER_BIND_TO_PORT=str(port)),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        connection = _connect(port)
        connection.request("GET", "/ping")
        loading = connection.getresponse()
        assert (loading.status, json.loads(loading.read())) == (503, {"error": "the model is still loading"})
        (tmp_path / "model" / "go").touch()
        assert json.loads(process.stdout.readline())["event"] == "request"
        ready = json.loads(process.stdout.readline())
        assert (ready["event"], ready["port"]) == ("ready", port)
        answers: list[Any] = []

        def request() -> None:
            connection.request("POST", "/invocations", encode({"instances": [IMAGE]}), JSON)
            answers.append(json.loads(connection.getresponse().read()))

        under_way = threading.Thread(target=request)
        under_way.start()
        under_way.join(0.3)
        process.send_signal(signal.SIGTERM)
        under_way.join(20)
        assert answers == [{"predictions": [7]}], "begun before SIGTERM, so answered"
        assert process.wait(20) == 0
        with pytest.raises(OSError):  # noqa: PT011 - which error depends on the system
            socket.create_connection(("127.0.0.1", port), timeout=5)
    finally:
        process.kill()
        process.communicate()


@given(st.binary(max_size=200))
def test_no_bytes_whatever_make_parsing_fail_in_an_unforeseen_way(body: bytes) -> None:
    _parses_or_refuses(body)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["instances", "x"]), inner),
        max_leaves=10,
    )
)
def test_no_document_whatever_makes_parsing_fail_in_an_unforeseen_way(document: object) -> None:
    _parses_or_refuses(json.dumps(document).encode())


# An image repeats a few drawn values: 64 draws an image would take most of the time, and find no more.
@given(
    st.lists(
        st.lists(st.integers(0, 16) | st.floats(0, 16), min_size=1, max_size=5).map(lambda values: (values * 64)[:64]),
        min_size=1,
        max_size=3,
    )
)
def test_every_good_image_is_taken_as_it_is(instances: list[list[float]]) -> None:
    assert parse_instances("application/json", encode({"instances": instances})) == instances


def _parses_or_refuses(body: bytes) -> None:
    try:
        parse_instances("application/json", body)
    except RequestError as error:
        refused = (error.status, str(error) != "")
    else:
        return
    assert refused == (400, True)


def _connect(port: int) -> http.client.HTTPConnection:
    for _ in range(500):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.connect()
        except OSError:
            threading.Event().wait(0.02)
        else:
            return connection
    raise AssertionError(f"nothing listens on {port} after 10 s")
