"""What a deployment is checked for before anything is changed. CloudFormation is stubbed, the rest in process."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.deploy import package, plan
from scripts.deploy.aws import Aws
from scripts.deploy.bring_up import OBSERVABILITY_PART, PIPELINE_PART
from scripts.deploy.package import Contents, ForLambda, Package
from scripts.deploy.plan import Wish, stack_name
from scripts.errors import CommandError, ConfigurationError, RefusedError
from tests.scripts.deploy.stacks import add_missing, described

ROUTES = """
stages: {dev: {}, stg: {}, prod: {}}
routes:
  - name: all
    fallback: true
    deliver: [{queue: "arn:aws:sqs:us-east-1:123456789012:loans"}]
"""
QUEUE = "arn:aws:sqs:us-east-1:123456789012:loans"


@pytest.fixture
def stub(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """CloudFormation, of whose stacks the first is enough here: each further one would be asked for too."""
    monkeypatch.setattr("scripts.deploy.bring_up.PARTS", (PIPELINE_PART,))
    with Stubber(aws.cloudformation) as stub:
        yield stub


@pytest.fixture(autouse=True)
def built(monkeypatch: pytest.MonkeyPatch) -> list[ForLambda | None]:
    """What zips would be built with; none is, for that takes wheels from elsewhere."""
    targets = list[ForLambda | None]()

    def build(contents: Contents, *, target: ForLambda | None, replaced: dict[str, Path]) -> Package:
        assert set(replaced) == {"processor/routes.yaml"}
        targets.append(target)
        return Package(contents.name, b"zip")

    monkeypatch.setattr(package, "build", build)
    monkeypatch.setattr("scripts.deploy.runtime.find", lambda given: given or Path("python3.13"))
    return targets


def planned(aws: Aws, stub: Stubber, before: dict[str, Any] | None = None, **wish: Any) -> plan.Plan:
    if before:
        stub.add_response("describe_stacks", before)
    else:
        add_missing(stub)
    return plan.plan(aws, Wish("dev", **wish))


def test_a_plan_says_where_and_what(aws: Aws, stub: Stubber) -> None:
    """Account, region, stage and stack; the parameters of both sides; who has no secret; and nothing is made yet."""
    found = planned(aws, stub, profiles=("alma", "b"))
    place = {"account": "123456789012", "region": "us-east-1"}
    assert found.told == place | {"stage": "dev", "stack": "alma-webhooks-dev"}
    assert found.profiles == found.without_secret == ["alma", "b", "heartbeat"]
    assert found.values["Profiles"] == "alma,b,heartbeat"
    assert found.values["Stage"] == "dev"
    assert found.values["CodeBucket"] == "alma-webhooks-artefacts-123456789012-us-east-1"
    assert found.values["ProcessorCodeKey"].startswith("processor/")
    assert not found.artefacts.exists()
    assert aws.ssm.describe_parameters()["Parameters"] == []


def test_the_heartbeats_profile_is_never_left_out(aws: Aws, stub: Stubber) -> None:
    """Its alarms would ring for ever; named by the user too it is there once."""
    assert planned(aws, stub, profiles=("heartbeat", "alma")).profiles == ["heartbeat", "alma"]


def test_profiles_of_before_stay(aws: Aws, stub: Stubber) -> None:
    """Who says none keeps those of the stack."""
    before = described("CREATE_COMPLETE", Stage="dev", Profiles="alma,c")
    assert planned(aws, stub, before).profiles == ["alma", "c"]


@pytest.mark.parametrize(
    ("chosen", "before", "machine"),
    [({}, {}, "arm64"), ({}, {"Architecture": "x86_64"}, "x86_64"), ({"Architecture": "x86_64"}, {}, "x86_64")],
)
def test_zips_are_for_the_stacks_instruction_set(
    chosen: dict[str, str],
    before: dict[str, str],
    machine: str,
    aws: Aws,
    stub: Stubber,
    built: list[ForLambda | None],
) -> None:
    """The one that is chosen, or was before."""
    planned(aws, stub, described("CREATE_COMPLETE", {}, Stage="dev", **before), parameters=chosen)
    assert [target.machine.value for target in built if target] == [machine, machine]


@pytest.mark.parametrize(
    ("chosen", "sentry", "is_there"),
    [({}, "off", False), ({}, "on", True), ({"SentryDsn": "https://x"}, "off", True), ({"SentryDsn": ""}, "on", False)],
)
def test_sentry_is_in_the_zip_when_it_is_told(
    chosen: dict[str, str], sentry: str, is_there: bool, aws: Aws, stub: Stubber, built: list[ForLambda | None]
) -> None:
    """Of before only the output tells: the parameter itself AWS does not show."""
    before = described("CREATE_COMPLETE", {"Sentry": sentry}, Stage="dev", SentryDsn="****")
    planned(aws, stub, before, parameters=chosen)
    assert [("sentry.txt" in [file.name for file in target.requirements]) for target in built if target] == [
        is_there
    ] * 2


@pytest.mark.parametrize(
    ("wish", "kind", "problem"),
    [
        ({"stack": "s" * 36}, ConfigurationError, "has 35 lower-case letters, digits and hyphens at most"),
        ({"stack": "Alma"}, ConfigurationError, "--stack Alma: "),
        ({"profiles": ("a/b",)}, ConfigurationError, "'a/b' is no profile"),
        ({"profiles": ("a",), "parameters": {"Profiles": "b"}}, ConfigurationError, "not with both"),
        ({"parameters": {"CodeBucket": "b"}}, ConfigurationError, "CodeBucket is set by this command"),
        ({"parameters": {"MaxReceiveCount": "51"}}, ConfigurationError, "must be 50 or less"),
        ({"parameters": {"DomainName": "a.example", "CertificateArn": ""}}, ConfigurationError, "needs CertificateArn"),
        ({"parameters": {"VisibilityTimeout": "29"}}, ConfigurationError, "must not be less than ProcessorTimeout"),
        ({"parameters": {"Topics": "other"}}, ConfigurationError, "the stack has no topic"),
        ({"parameters": {"Topics": "a-b,ab"}}, ConfigurationError, "Resources: 'a-b' and 'ab' both become Topicab"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_done(
    wish: dict[str, Any], kind: type[CommandError], problem: str, aws: Aws, stub: Stubber, built: list[ForLambda | None]
) -> None:
    """One sentence; nothing was built."""
    with pytest.raises(kind, match=problem):
        planned(aws, stub, **wish)
    assert built == []


def test_profiles_that_would_become_one_alarm_are_rejected(
    aws: Aws, stub: Stubber, built: list[ForLambda | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The alarms' template is expanded too, before anything of the pipeline is changed."""
    monkeypatch.setattr("scripts.deploy.bring_up.PARTS", (PIPELINE_PART, OBSERVABILITY_PART))
    add_missing(stub)
    with pytest.raises(ConfigurationError, match="Resources: 'a-b' and 'ab' both become ProfileSilenceab"):
        planned(aws, stub, profiles=("a-b", "ab"))
    assert built == []


TO_A_TOPIC = """
stages: {dev: {}, stg: {}, prod: {}}
routes: [{name: all, fallback: true, deliver: [{topic: own}]}]
"""


def test_topics_of_before_stay(aws: Aws, stub: Stubber, tmp_path: Path) -> None:
    """A deployed stack has them as an output; an empty one is not the default again."""
    routes = tmp_path / "routes.yaml"
    routes.write_text(TO_A_TOPIC)
    assert planned(aws, stub, described("CREATE_COMPLETE", {"Topics": "own"}, Stage="dev"), routes=routes).packages
    with pytest.raises(ConfigurationError, match="the stack has no topic own"):
        planned(aws, stub, described("CREATE_COMPLETE", {"Topics": ""}, Stage="dev"), routes=routes)


def test_no_topic_is_a_setting(aws: Aws, stub: Stubber, tmp_path: Path) -> None:
    """Where no route names one."""
    routes = tmp_path / "routes.yaml"
    routes.write_text(ROUTES)
    found = planned(aws, stub, routes=routes, parameters={"Topics": "", "QueueArns": QUEUE})
    assert found.values["Topics"] == ""


def test_f35_routes_that_cannot_work_are_refused(aws: Aws, stub: Stubber, tmp_path: Path) -> None:
    """Wrong ones, and right ones whose ARNs the stack would not be allowed; allowed once, they stay so."""
    routes = tmp_path / "routes.yaml"
    routes.write_text("routes: 1\n")
    with pytest.raises(ConfigurationError, match=r"routes\.yaml: "):
        planned(aws, stub, routes=routes)
    routes.write_text(ROUTES)
    with pytest.raises(ConfigurationError, match=f"needs sqs:SendMessage on {QUEUE}.*--parameter QueueArns={QUEUE}"):
        planned(aws, stub, routes=routes)
    assert planned(aws, stub, routes=routes, parameters={"QueueArns": f"x,{QUEUE}"}).packages
    assert planned(aws, stub, described("CREATE_COMPLETE", Stage="dev", QueueArns=QUEUE), routes=routes).packages


def test_a_stack_of_another_stage_is_not_touched(aws: Aws, stub: Stubber) -> None:
    """Its secrets, its variables and its name would no longer fit."""
    with pytest.raises(ConfigurationError, match="is of the stage prod, not dev"):
        planned(aws, stub, described("CREATE_COMPLETE", Stage="prod"))


def test_a_stack_that_is_being_changed_is_left_alone(aws: Aws, stub: Stubber) -> None:
    """Somebody else is at it."""
    with pytest.raises(RefusedError, match="is being changed just now"):
        planned(aws, stub, described("UPDATE_IN_PROGRESS", Stage="dev"))


def test_f07_a_blank_secret_forbids_it(aws: Aws, stub: Stubber) -> None:
    """Its profile would accept no event."""
    aws.ssm.put_parameter(Name="/alma-webhooks/dev/alma/secret", Value=" ", Type="SecureString")
    with pytest.raises(RefusedError, match="is blank"):
        planned(aws, stub)


def test_names_are_the_stages_unless_told() -> None:
    """And 35 characters are no more than that."""
    assert stack_name("prod", None) == "alma-webhooks-prod"
    assert stack_name("prod", "s" * 35) == "s" * 35
