"""What a deployment is checked for before anything is changed. CloudFormation is stubbed, the rest in process."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.aws.clients import Aws
from scripts.cli.exit_codes import CommandError, ConfigurationError, RejectedError
from scripts.cli.options import StageName
from scripts.deploy import package, plan
from scripts.deploy.flags import DeploymentOptions
from scripts.deploy.package import Contents, ForLambda, Package
from scripts.deploy.plan import stack_name
from scripts.deploy.stack_deployer import OBSERVABILITY_PART, PIPELINE_PART
from scripts.routes.check import ROUTES as ROUTES_FILE
from tests.scripts.deploy.stacks import add_missing, described, mark_of
from tests.scripts.deploy.zips import zip_of

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
    monkeypatch.setattr("scripts.deploy.stack_deployer.PARTS", (PIPELINE_PART,))
    with Stubber(aws.cloudformation) as stub:
        yield stub


@pytest.fixture(autouse=True)
def built(monkeypatch: pytest.MonkeyPatch) -> list[ForLambda | None]:
    """What zips would be built with; none is, for that takes wheels from elsewhere."""
    targets = list[ForLambda | None]()

    def build(contents: Contents, *, target: ForLambda | None, replaced: dict[str, Path]) -> Package:
        assert set(replaced) == {"processor/routes.yaml"}
        targets.append(target)
        return zip_of(contents.name, replaced["processor/routes.yaml"].read_bytes())

    monkeypatch.setattr(package, "build", build)
    monkeypatch.setattr("scripts.deploy.runtime.find", lambda given: given or Path("python3.13"))
    return targets


def planned(
    aws: Aws,
    stub: Stubber,
    before: dict[str, Any] | None = None,
    *,
    profiles: tuple[str, ...] = (),
    parameters: dict[str, str] | None = None,
    allowed: tuple[str, ...] = (),
    **more: Any,
) -> plan.DeploymentPlan:
    parameter = tuple(f"{name}={value}" for name, value in (parameters or {}).items())
    options = DeploymentOptions(
        StageName.dev, alma_profile=profiles, parameter=parameter, allow_removal=allowed, **more
    )
    if before:
        stub.add_response("describe_stacks", before)
    else:
        add_missing(stub)
    return plan.plan(aws, options)


def test_a_plan_says_where_and_what(aws: Aws, stub: Stubber) -> None:
    """Account, region, stage and stack; the parameters of both sides; who has no secret; and nothing is made yet."""
    found = planned(aws, stub, profiles=("alma", "b"))
    place = {"account": "123456789012", "region": "us-east-1"}
    assert found.facts == place | {"stage": "dev", "stack": "alma-webhooks-dev"}
    assert found.profiles == found.without_secret == ["heartbeat", "alma", "b"]
    assert found.values["Profiles"] == "alma,b"
    assert found.values["Stage"] == "dev"
    assert found.values["CodeBucket"] == "alma-webhooks-artefacts-123456789012-us-east-1"
    assert found.values["ProcessorCodeKey"].startswith("processor/")
    assert found.values["RoutesDigest"] == found.routes.digest == hashlib.sha256(ROUTES_FILE.read_bytes()).hexdigest()
    assert not found.artefacts.exists()
    assert aws.ssm.describe_parameters()["Parameters"] == []


@pytest.mark.parametrize(("parameters", "profiles"), [({}, ["heartbeat", "alma"]), ({"Profiles": ""}, ["heartbeat"])])
def test_f57_the_heartbeats_profile_is_always_served(
    aws: Aws, stub: Stubber, parameters: dict[str, str], profiles: list[str]
) -> None:
    """It comes first, also where no Alma profile is served."""
    assert planned(aws, stub, parameters=parameters).profiles == profiles


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"profiles": ("alma", "heartbeat")}, "The profile heartbeat is built in and always served"),
        ({"parameters": {"Profiles": "alma, heartbeat"}}, "heartbeat"),
        ({"parameters": {"Topics": "other,heartbeat"}}, "Topics must be names of topics: .* and not heartbeat"),
    ],
)
def test_f57_the_heartbeats_names_are_not_the_users(
    aws: Aws, stub: Stubber, built: list[ForLambda | None], options: dict[str, Any], problem: str
) -> None:
    """Neither its profile nor its topic can be listed; one sentence says so, and nothing was built."""
    with pytest.raises(ConfigurationError, match=problem):
        planned(aws, stub, **options)
    assert not built


def test_f56_an_alma_profile_is_added_to_those_of_before(aws: Aws, stub: Stubber) -> None:
    """Nothing is taken away by naming another; one that is served already is there once."""
    before = described("CREATE_COMPLETE", {"Profiles": "heartbeat,alma"}, Stage="dev", Profiles="alma")
    found = planned(aws, stub, before, profiles=("consortium", "alma"))
    assert found.profiles == ["heartbeat", "alma", "consortium"]
    assert (found.values["Profiles"], found.removals.found) == ("alma,consortium", ())


def test_f56_profiles_with_a_secret_that_are_not_served_are_retired(aws: Aws, stub: Stubber) -> None:
    """Those of this stage, by a current or a previous secret; no parameter deeper down counts."""
    names = ("dev/alma/secret", "dev/gone/secret", "dev/old/previous-secret", "stg/other/secret", "dev/a/b/secret")
    for name in (*names, "dev/Not-A-Profile/secret", "dev/x/note"):
        aws.ssm.put_parameter(Name=f"/alma-webhooks/{name}", Value="invented", Type="SecureString")
    assert planned(aws, stub, profiles=("alma",)).values["RetiredProfiles"] == "gone,old"


def test_f56_a_removal_is_rejected_before_anything_is_built(
    aws: Aws, stub: Stubber, built: list[ForLambda | None]
) -> None:
    """The error (exit 3) names the exact flag; with the flag the plan lists the removal."""
    before = described("CREATE_COMPLETE", {"Profiles": "heartbeat,alma"}, Stage="dev", Profiles="alma")
    with pytest.raises(RejectedError, match=r"removes Alma profile alma: .* add --allow-removal alma\.$"):
        planned(aws, stub, before, parameters={"Profiles": "consortium"})
    assert built == []
    found = planned(aws, stub, before, parameters={"Profiles": "consortium"}, allowed=("alma",))
    assert [(each.kind, each.name) for each in found.removals.found] == [("profile", "alma")]


def test_profiles_of_before_stay(aws: Aws, stub: Stubber) -> None:
    """Without the option the stack keeps its profiles."""
    before = described("CREATE_COMPLETE", Stage="dev", Profiles="alma,c")
    assert planned(aws, stub, before).profiles == ["heartbeat", "alma", "c"]


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
    assert [target.architecture.value for target in built if target] == [machine, machine]


@pytest.mark.parametrize(
    ("chosen", "sentry", "is_there"),
    [({}, "off", False), ({}, "on", True), ({"SentryDsn": "https://x"}, "off", True), ({"SentryDsn": ""}, "on", False)],
)
def test_sentry_is_in_the_zip_if_it_is_configured(
    chosen: dict[str, str], sentry: str, is_there: bool, aws: Aws, stub: Stubber, built: list[ForLambda | None]
) -> None:
    """The previous value is read from the output, because AWS does not show the parameter."""
    before = described("CREATE_COMPLETE", {"Sentry": sentry}, Stage="dev", SentryDsn="****")
    planned(aws, stub, before, parameters=chosen, allowed=("SentryDsn",))
    assert [("sentry.txt" in [file.name for file in target.requirements]) for target in built if target] == [
        is_there
    ] * 2


@pytest.mark.parametrize(
    ("options", "kind", "problem"),
    [
        ({"stack": "s" * 36}, ConfigurationError, "use up to 35 lower-case letters, digits and hyphens"),
        ({"stack": "Alma"}, ConfigurationError, "--stack Alma is not valid: "),
        ({"profiles": ("a/b",)}, ConfigurationError, "'a/b' is not the name of an Alma profile"),
        ({"profiles": ("a",), "parameters": {"Profiles": "b"}}, ConfigurationError, "Pass either --alma-profile"),
        ({"parameters": {"CodeBucket": "b"}}, ConfigurationError, "CodeBucket is set by this command"),
        ({"parameters": {"MaxReceiveCount": "51"}}, ConfigurationError, "must be 50 or less"),
        ({"parameters": {"DomainName": "a.example", "CertificateArn": ""}}, ConfigurationError, "needs CertificateArn"),
        ({"parameters": {"VisibilityTimeout": "29"}}, ConfigurationError, "must not be less than ProcessorTimeout"),
        ({"parameters": {"Topics": "other"}}, ConfigurationError, "the stack has no topic"),
        ({"parameters": {"Topics": "a-b,ab"}}, ConfigurationError, "Resources: 'a-b' and 'ab' both become Topicab"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_done(
    options: dict[str, Any],
    kind: type[CommandError],
    problem: str,
    aws: Aws,
    stub: Stubber,
    built: list[ForLambda | None],
) -> None:
    """One sentence; nothing was built."""
    with pytest.raises(kind, match=problem):
        planned(aws, stub, **options)
    assert built == []


def test_profiles_that_would_become_one_alarm_are_rejected(
    aws: Aws, stub: Stubber, built: list[ForLambda | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The alarms' template is expanded too, before anything of the pipeline is changed."""
    monkeypatch.setattr("scripts.deploy.stack_deployer.PARTS", (PIPELINE_PART, OBSERVABILITY_PART))
    add_missing(stub)
    with pytest.raises(ConfigurationError, match="Resources: 'a-b' and 'ab' both become ProfileSilenceab"):
        planned(aws, stub, profiles=("a-b", "ab"))
    assert built == []


@pytest.mark.parametrize("name", ["AlmaProfiles", "QueueName"])
def test_f57_a_parameter_that_the_pipelines_outputs_set_is_rejected(
    name: str, aws: Aws, stub: Stubber, built: list[ForLambda | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its value would be ignored without a word."""
    monkeypatch.setattr("scripts.deploy.stack_deployer.PARTS", (PIPELINE_PART, OBSERVABILITY_PART))
    with pytest.raises(ConfigurationError, match=f"^The parameter {name} is set by this command; you can choose "):
        planned(aws, stub, parameters={name: "x"})
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
    has_another = described("CREATE_COMPLETE", Stage="dev", QueueArns="arn:other")
    with pytest.raises(ConfigurationError, match=f"--parameter QueueArns=arn:other,{QUEUE}"):
        planned(aws, stub, has_another, routes=routes)  # the advice takes nothing away
    assert planned(aws, stub, routes=routes, parameters={"QueueArns": f"x,{QUEUE}"}).packages
    assert planned(aws, stub, described("CREATE_COMPLETE", Stage="dev", QueueArns=QUEUE), routes=routes).packages


def test_a_stack_of_another_stage_is_not_touched(aws: Aws, stub: Stubber) -> None:
    """Its secrets, its variables and its name would no longer fit."""
    with pytest.raises(ConfigurationError, match="belongs to stage prod, not dev"):
        planned(aws, stub, described("CREATE_COMPLETE", Stage="prod"))


def test_a_stack_that_is_being_changed_is_left_alone(aws: Aws, stub: Stubber) -> None:
    """Somebody else is at it."""
    with pytest.raises(RejectedError, match="is being changed"):
        planned(aws, stub, described("UPDATE_IN_PROGRESS", Stage="dev"))


@pytest.mark.parametrize("foreign", ["alma-webhooks-dev", "alma-webhooks-dev-observability"])
def test_f55_a_foreign_stack_under_either_name_is_rejected_before_anything_is_built(
    foreign: str, aws: Aws, stub: Stubber, built: list[ForLambda | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both names are judged first: the pipeline is not changed when only its observability stack's name is taken."""
    monkeypatch.setattr("scripts.deploy.stack_deployer.PARTS", (PIPELINE_PART, OBSERVABILITY_PART))
    for part in (PIPELINE_PART, OBSERVABILITY_PART):
        name = f"alma-webhooks-dev{part.suffix}"
        outputs = {"Url": "x", "Mark": "" if name == foreign else mark_of(part.mark)}
        answer = described("CREATE_COMPLETE", outputs, Stage="dev")
        answer["Stacks"][0]["StackName"] = name
        stub.add_response("describe_stacks", answer, {"StackName": name})
    with pytest.raises(RejectedError, match=f"^Stack {foreign} does not carry the mark of alma-webhooks"):
        plan.plan(aws, DeploymentOptions(StageName.dev))
    assert built == []


def test_f55_a_foreign_queue_is_rejected_before_anything_is_built(
    aws: Aws, stub: Stubber, built: list[ForLambda | None]
) -> None:
    """A new stack would take it up."""
    aws.sqs.create_queue(QueueName="alma-webhooks-dev-webhooks")
    with pytest.raises(RejectedError, match=r"^The queue alma-webhooks-dev-webhooks exists, but its tags"):
        planned(aws, stub)
    assert built == []


def test_f07_a_blank_secret_forbids_it(aws: Aws, stub: Stubber) -> None:
    """Its profile would accept no event."""
    aws.ssm.put_parameter(Name="/alma-webhooks/dev/alma/secret", Value=" ", Type="SecureString")
    with pytest.raises(RejectedError, match="is blank"):
        planned(aws, stub)


def test_names_follow_the_stage_by_default() -> None:
    """And 35 characters are no more than that."""
    assert stack_name("prod", None) == "alma-webhooks-prod"
    assert stack_name("prod", "s" * 35) == "s" * 35
