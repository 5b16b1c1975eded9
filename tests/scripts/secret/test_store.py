"""Test how secrets are read from and written to SSM, and that their values are not shown."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.aws.clients import Aws
from scripts.cli.exit_codes import RejectedError
from scripts.secret.store import CURRENT, PREVIOUS, Pair, SecretStore, StoredSecret

NAME = "/alma-webhooks/dev/alma/secret"


@pytest.fixture
def store(aws: Aws) -> SecretStore:
    return SecretStore(aws.ssm, "dev")


def parameter(aws: Aws, name: str) -> Any:
    return aws.ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]


def test_secrets_are_encrypted_parameters_that_ingest_reads(aws: Aws, store: SecretStore) -> None:
    """They are SecureStrings under the names that `ingest.profile_secrets` uses, read with their time."""
    store.add("alma", CURRENT, "new")
    store.add("alma", PREVIOUS, "old")
    for name, value in ((NAME, "new"), ("/alma-webhooks/dev/alma/previous-secret", "old")):
        assert (parameter(aws, name)["Type"], parameter(aws, name)["Value"]) == ("SecureString", value)
    pair = store.read("alma")
    assert pair.current is not None
    assert pair.previous is not None
    assert (pair.current.value, pair.previous.value) == ("new", "old")
    assert abs(pair.read_at - pair.current.since) < timedelta(minutes=1)
    assert pair.current.since.tzinfo is UTC


def test_missing_and_blank_secrets_are_none(aws: Aws, store: SecretStore) -> None:
    """Surrounding whitespace is ignored, as by ingest."""
    assert store.read("alma")[:2] == (None, None)
    aws.ssm.put_parameter(Name=NAME, Value=" \n", Type="SecureString")
    assert store.read("alma")[:2] == (None, None)
    store.add("alma", CURRENT, "new")
    assert parameter(aws, NAME)["Value"] == "new"
    aws.ssm.put_parameter(Name=NAME, Value=" newer\n", Type="SecureString", Overwrite=True)
    current = store.read("alma").current
    assert current is not None
    assert current.value == "newer"


def test_adding_never_overwrites_what_somebody_else_stored_meanwhile(aws: Aws, store: SecretStore) -> None:
    """If two operators rotate at once, the old secret of the first is not lost."""
    store.add("alma", PREVIOUS, "old")
    with pytest.raises(RejectedError, match="Somebody else has just stored"):
        store.add("alma", PREVIOUS, "other")
    assert parameter(aws, "/alma-webhooks/dev/alma/previous-secret")["Value"] == "old"


def test_the_current_secret_is_replaced_and_the_previous_removed(store: SecretStore) -> None:
    """These are the two steps that remove an old secret."""
    store.add("alma", CURRENT, "old")
    store.add("alma", PREVIOUS, "old")
    store.replace_current("alma", "new")
    store.remove_previous("alma")
    pair = store.read("alma")
    assert pair.previous is None
    assert pair.current is not None
    assert pair.current.value == "new"


def test_a_key_of_the_institutions_own_is_kept(aws: Aws, store: SecretStore) -> None:
    """The next secret is encrypted with the key of the one before, not with the default key of the account."""
    assert store.key("alma") is None
    store.add("alma", CURRENT, "old", "alias/library")
    assert store.key("alma") == "alias/library"
    store.replace_current("alma", "new", store.key("alma"))
    [described] = aws.ssm.describe_parameters()["Parameters"]
    assert described["KeyId"] == "alias/library"


def test_the_clock_of_aws_counts() -> None:
    """A local clock that is an hour ahead does not shorten the wait."""
    ssm = Aws.local("http://127.0.0.1:9", "us-east-1").ssm
    with Stubber(ssm) as stub:
        headers = {"date": "Wed, 13 May 2026 02:41:11 GMT"}
        stub.add_response("get_parameters", {"Parameters": [], "ResponseMetadata": {"HTTPHeaders": headers}})
        assert SecretStore(ssm, "dev").read("alma").read_at == datetime(2026, 5, 13, 2, 41, 11, tzinfo=UTC)


def test_f22_the_text_of_values_has_no_secret() -> None:
    """Printing the values prints no secret."""
    now = datetime.now(UTC)
    pair = Pair(StoredSecret("s3cret", now), None, now)
    assert "s3cret" not in f"{pair!r} {pair} {pair.current}"
