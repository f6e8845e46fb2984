"""What the local cloud does not have is named whole: every unknown type and function of a program in one error."""

from __future__ import annotations

import threading

import pytest

from catalog.types import sns
from localcloud.kernel.engine import UnknownType
from localcloud.kernel.ledger import Ledger
from localcloud.provider.aws import AwsConnection, AwsProvider
from localcloud.provider.protocol import NotAnswered
from tests.localcloud.golden_report import new_engine

GLUE, NEPTUNE, BATCH = "aws:glue/job:Job", "aws:neptune/cluster:Cluster", "aws:batch/jobQueue:JobQueue"


@pytest.fixture
def connection() -> AwsConnection:
    return AwsProvider(new_engine(), Ledger(), "7.0.0", quiet=0.1).configure({})


def urn(token: str) -> str:
    return f"urn:pulumi:local::slipway::{token}::it"


def ask(connection: AwsConnection, *tokens: str) -> list[str]:
    """Checks the types one after the other and previews them at once, as the engine does; the errors' texts."""
    said: list[str] = []

    def preview(token: str) -> None:
        try:
            assert connection.preview(urn(token), {}, {"a": 1}) == {"a": 1}
        except UnknownType as error:
            said.append(str(error))

    for token in tokens:
        assert connection.check(urn(token), {}, {"a": 1}, b"x") == ({"a": 1}, [])
    threads = [threading.Thread(target=preview, args=(token,)) for token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


def test_one_unknown_type_is_named_with_the_way_out(connection: AwsConnection) -> None:
    (said,) = ask(connection, GLUE)
    assert said.startswith(f"{GLUE}: the local cloud has no row for this type; ")
    assert "localcloud/services/glue/rows.py" in said


def test_several_unknown_types_are_one_error_that_names_them_all(connection: AwsConnection) -> None:
    (said,) = ask(connection, GLUE, NEPTUNE, BATCH)
    assert all(token in said for token in (GLUE, NEPTUNE, BATCH))
    assert "these 3 types" in said


def test_what_depends_on_one_of_them_is_named_too(connection: AwsConnection) -> None:
    """The engine asks for a dependent only when what it depends on is through."""
    said: list[str] = []

    def first() -> None:
        connection.preview(urn(GLUE), {}, {})
        said.extend(ask(connection, BATCH))

    for token in (GLUE, NEPTUNE):
        connection.check(urn(token), {}, {}, b"x")
    chain = threading.Thread(target=first)
    chain.start()
    assert connection.preview(urn(NEPTUNE), {}, {}) == {}  # the dependent has come and is the one that fails
    chain.join()
    assert [all(token in text for token in (GLUE, NEPTUNE, BATCH)) for text in said] == [True]


def test_a_function_is_named_beside_the_types(connection: AwsConnection) -> None:
    connection.check(urn(GLUE), {}, {}, b"x")
    with pytest.raises(UnknownType, match=r"aws:glue/job:Job: .*; aws:ec2/getSpotPrice:getSpotPrice: "):
        connection.invoke("aws:ec2/getSpotPrice:getSpotPrice", {})


def test_a_function_alone_is_refused_by_its_name(connection: AwsConnection) -> None:
    with pytest.raises(NotAnswered, match=r"getSpotPrice: the local cloud does not answer this lookup; pass"):
        connection.invoke("aws:ec2/getSpotPrice:getSpotPrice", {})


def test_what_is_known_is_not_held_up(connection: AwsConnection) -> None:
    inputs, failures = connection.check(urn(sns.TOPIC.token), {}, {}, b"x")
    assert not failures
    assert connection.preview(urn(sns.TOPIC.token), {}, inputs)["name"] == inputs["name"]
