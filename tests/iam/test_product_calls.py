"""Tests for the plugin that fails a test in whose process product code makes an unknown AWS call."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from scripts.cli.product_files import PROJECT
from tests.iam.product_calls import NAME, ProductCalls
from tests.iam.roles import roles_of_code


@pytest.fixture(autouse=True)
def _aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Mock AWS, with invented keys."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield


@pytest.fixture
def plugin(request: pytest.FixtureRequest) -> ProductCalls:
    """The plugin of this session."""
    found = request.config.pluginmanager.get_plugin(NAME)
    assert isinstance(found, ProductCalls)
    return found


def planted(module: str, line: str = "return client.get_federation_token(Name='invented')") -> Callable[..., Any]:
    """Return a function of one line, with parameters `client` and `call`, as if it were in a module of the product."""
    names: dict[str, Any] = {}
    exec(compile(f"def planted(client, call=None):\n    {line}\n", str(PROJECT / module), "exec"), names)  # noqa: S102
    made: Callable[..., Any] = names["planted"]
    return made


def test_f77_an_unknown_call_of_product_code_fails_its_test(plugin: ProductCalls) -> None:
    """The sentence names the module, the action and what to do, also if the code ignores the answer."""
    planted("scripts/secret/invented.py")(boto3.client("sts"))
    report = pytest.TestReport("a test", ("", 0, ""), {}, "passed", None, "call")
    making = plugin.pytest_runtest_makereport()
    next(making)
    with pytest.raises(StopIteration) as made:
        making.send(report)
    assert made.value.value.outcome == "failed"
    sentence = str(report.longrepr)
    assert sentence.startswith(
        "scripts/secret/invented.py calls sts:GetFederationToken, which tests/iam/record.json lacks"
    )
    assert "(secrets)" in sentence
    assert "python -m tests.iam.record build/calls" in sentence
    assert plugin.taken() == []


def test_a_known_call_and_one_that_everybody_may_make_are_not_reported(plugin: ProductCalls) -> None:
    """The action of HeadBucket has another name than the operation."""
    boto3.client("s3").create_bucket(Bucket="invented")
    planted("scripts/deploy/invented.py", "return client.head_bucket(Bucket='invented')")(boto3.client("s3"))
    planted("scripts/deploy/invented.py", "return client.get_caller_identity()")(boto3.client("sts"))
    assert plugin.taken() == []


def test_calls_of_tests_are_not_reported(plugin: ProductCalls) -> None:
    """Neither directly nor from code of a test that product code runs."""
    sts = boto3.client("sts")
    sts.get_federation_token(Name="invented")
    planted("scripts/aws/invented.py", "return call()")(sts, lambda: sts.get_federation_token(Name="invented"))
    assert plugin.taken() == []


def test_calls_of_an_example_are_not_those_of_the_processor(plugin: ProductCalls) -> None:
    """Although it runs modules of the processor; its own roles are in `loan_cache.py`."""
    sts = boto3.client("sts")
    inner = planted("processor/invented.py")
    example = planted("examples/invented/function.py", "return call(client)")
    example(sts, inner)
    assert plugin.taken() == []
    inner(sts)
    assert len(plugin.taken()) == 1


@pytest.mark.parametrize(("module", "is_known"), [("scripts/aws/invented.py", True), ("processor/invented.py", False)])
def test_the_processor_may_not_make_every_call_of_an_operator(
    plugin: ProductCalls, module: str, *, is_known: bool
) -> None:
    """Only the role of the code counts."""
    planted(module, "return client.get_parameters(Names=['/invented'])")(boto3.client("ssm"))
    assert (plugin.taken() == []) is is_known


def test_ingests_calls_through_a_stand_in_for_its_client_are_reported(plugin: ProductCalls) -> None:
    """Ingest has no SDK: in tests its requests reach moto by code of the test."""
    ssm = boto3.client("ssm")
    through = planted("ingest/invented.py", "return call()")
    through(ssm, lambda: ssm.get_parameters(Names=["/invented"]))
    assert plugin.taken() == []
    through(ssm, lambda: ssm.put_parameter(Name="/invented", Value="x", Type="String"))
    [sentence] = plugin.taken()
    assert sentence.startswith("ingest/invented.py calls ssm:PutParameter, which")


@pytest.mark.parametrize(
    ("modules", "roles"),
    [
        (["processor/a.py"], {"processor"}),
        (["processor/a.py", "scripts/dead_letters/a.py"], {"inspect", "change"}),
        (["scripts/aws/a.py", "scripts/dead_letters/a.py", "scripts/fixes/a.py", "scripts/cli/a.py"], {"fixer"}),
        (["scripts/secret/a.py", "scripts/devtools/soak/a.py"], set()),
        (["scripts/deploy/a.py", "scripts/local/pipeline.py"], set()),
        (["scripts/local/send.py", "scripts/local/commands.py"], {"sender"}),
    ],
)
def test_the_feature_that_began_decides_about_the_roles(modules: list[str], roles: set[str]) -> None:
    """Tools that only ever call an emulator have none."""
    assert roles_of_code(modules) == roles


def test_every_feature_of_the_tools_has_its_roles() -> None:
    """The code of another folder could make every call that anybody may make."""
    folders = {path.name for path in (PROJECT / "scripts").iterdir() if (path / "__init__.py").is_file()}
    every = roles_of_code(["scripts/aws/a.py"])
    shared = {folder for folder in folders if roles_of_code([f"scripts/{folder}/a.py"]) == every}
    assert shared == {"aws", "cli", "project", "alma_client", "catalogue"}
