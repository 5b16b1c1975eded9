"""`send`: where the secret comes from, what is posted, what is printed. The server is one on this computer."""

import json
from pathlib import Path

import pytest

from scripts.alma_client.client import signature
from scripts.alma_client.samples import body_of
from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.local.send import Sender, secret_for
from tests.scripts.command import run
from tests.scripts.local.loopback import Server, serving

URL = "https://host.invalid/webhooks/alma"
NOWHERE = Sender(endpoint_url="http://127.0.0.1:9")
SECRET = {"ALMA_WEBHOOK_SECRET": "s3cret-of-the-test"}
ACCEPTED = b'{"receipt_id":"r-1"}'


def ssm(server: Server, value: str | None) -> None:
    parameters = [] if value is None else [{"Name": "n", "Value": value}]
    server.answer = (200, json.dumps({"Parameters": parameters}).encode())


@pytest.fixture(autouse=True)
def _no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALMA_WEBHOOK_SECRET", raising=False)


def test_the_environment_goes_before_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is asked, and the URL need not name a profile."""
    monkeypatch.setenv("ALMA_WEBHOOK_SECRET", " from-environment\n")
    assert secret_for(NOWHERE, "https://host.invalid/", None) == "from-environment"


def test_ssm_is_asked_by_stage_and_profile() -> None:
    """The profile is the URL's unless another is said."""
    with serving() as server:
        ssm(server, " from-ssm ")
        sender = Sender("stg", endpoint_url=server.url)
        assert secret_for(sender, URL, None) == "from-ssm"
        assert secret_for(sender._replace(profile="other"), URL, None) == "from-ssm"
    asked = [json.loads(request.body)["Names"] for request in server.requests]
    assert asked == [["/alma-webhooks/stg/alma/secret"], ["/alma-webhooks/stg/other/secret"]]


def test_the_emulator_behind_a_local_url_holds_its_secret() -> None:
    """A URL of the emulator is enough; the cloud is not asked."""
    with serving() as server:
        ssm(server, "found")
        assert secret_for(Sender(), server.url + "/_aws/execute-api/abc/$default/webhooks/alma", None) == "found"


@pytest.mark.parametrize("value", [None, "  "])
def test_a_person_is_asked_last(value: str | None) -> None:
    """When SSM has none, or a blank one; the question names profile and stage."""
    questions = []

    def ask(question: str) -> str:
        questions.append(question)
        return " typed "

    with serving() as server:
        ssm(server, value)
        assert secret_for(Sender(endpoint_url=server.url), URL, ask) == "typed"
    assert questions == ["Secret of profile alma, stage dev (not shown): "]


@pytest.mark.parametrize("value", [None, ""])
def test_without_any_secret_it_says_where_it_looked(value: str | None) -> None:
    """The variable and the parameter, by name."""
    with serving() as server:
        ssm(server, value)
        problem = "ALMA_WEBHOOK_SECRET is not set, and SSM has no usable parameter /alma-webhooks/dev/alma/secret"
        with pytest.raises(ConfigurationError, match=problem):
            secret_for(Sender(endpoint_url=server.url), URL, None)


def test_ssm_out_of_reach_is_said() -> None:
    """The cause is part of the sentence."""
    problem = "reading /alma-webhooks/dev/alma/secret"
    with serving(400, b"{}") as server, pytest.raises(ConfigurationError, match=problem):
        secret_for(Sender(endpoint_url=server.url), URL, None)


@pytest.mark.parametrize(
    ("sender", "url"),
    [
        (NOWHERE, URL),
        (Sender(), "http://127.0.0.1:9/webhooks/alma"),
        (Sender(), "http://127.0.0.1:9/_aws/execute-api/abc/$default/webhooks/alma"),
    ],
)
def test_an_endpoint_where_nothing_listens_is_named(sender: Sender, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the cause, not the region that AWS' client then lacks; nobody is asked for a secret."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)  # between two attempts
    with pytest.raises(FailedError, match=r"^Nothing listens at http://127\.0\.0\.1:9\. "):
        secret_for(sender, url, lambda _: pytest.fail("nobody is asked"))


def test_a_url_without_profile_needs_one() -> None:
    """It does not guess whose secret it should be."""
    with pytest.raises(ConfigurationError, match="pass --alma-profile to choose the signing secret"):
        secret_for(NOWHERE, "https://host.invalid/", None)


def test_the_command_posts_the_bytes_of_a_file_signed(tmp_path: Path) -> None:
    """The very bytes of the file; status, receipt id and milliseconds are printed, the secret is not."""
    path = tmp_path / "event.json"
    path.write_bytes(b'{"progress":209.0 , "a": "\xc3\xa9"}\n')
    with serving(200, ACCEPTED) as server:
        done = run("send", str(path), server.url + "/webhooks/alma", environment=SECRET)
    [request] = server.requests
    assert request.body == path.read_bytes()
    assert request.headers["x-exl-signature"] == signature(request.body, secret=SECRET["ALMA_WEBHOOK_SECRET"])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("200  receipt id r-1  ")
    assert SECRET["ALMA_WEBHOOK_SECRET"] not in done.stdout


def test_the_command_posts_a_sample_and_speaks_json() -> None:
    """A sample's name and the URL from the environment."""
    with serving(200, ACCEPTED) as server:
        environment = SECRET | {"ALMA_WEBHOOK_URL": server.url + "/webhooks/alma"}
        done = run("send", "loan-created", "--output", "json", environment=environment)
    assert server.requests[0].body == body_of("loan-created")
    answer = json.loads(done.stdout)
    assert (answer["status"], answer["receipt_id"], answer["error"]) == (200, "r-1", None)


def test_a_refused_event_is_a_failure() -> None:
    """Exit 1, with the pipeline's sentence."""
    with serving(401, b'{"error":"The signature is wrong."}') as server:
        done = run("send", "loan-created", server.url, environment=SECRET)
    assert (done.returncode, done.stdout[:5]) == (1, "401  ")
    assert done.stderr == "alma-webhooks: Not accepted: The signature is wrong.\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nosuch", URL), "alma-webhooks: No file or sample nosuch found. List all samples with "),
        (("loan-created", "x"), "alma-webhooks: 'x' is not a webhook URL; "),
    ],
)
def test_a_wrong_argument_is_a_wrong_configuration(arguments: tuple[str, ...], sentence: str) -> None:
    """Exit 2 and one sentence; nothing is posted."""
    done = run("send", *arguments, environment=SECRET)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(sentence)
    assert done.stderr.count("\n") == 1
