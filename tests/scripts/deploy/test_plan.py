"""What a deployment is checked for before anything is changed. CloudFormation is stubbed, the rest in process."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.aws.clients import Aws
from scripts.cli.exit_codes import ConfigurationError, RejectedError
from scripts.deploy import package, plan
from scripts.deploy.deployment_plan import DeploymentPlan
from scripts.deploy.flags import DeploymentOptions
from scripts.deploy.package import Contents, ForLambda, Package
from scripts.deploy.stack_name import checked_name
from scripts.deploy.stack_part import OBSERVABILITY_PART, PIPELINE_PART
from scripts.routes.check import ROUTES as ROUTES_FILE
from tests.scripts.deploy.projects import ROUTES as PROJECT_ROUTES
from tests.scripts.deploy.projects import address_in, project_in
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
    monkeypatch.setattr("scripts.deploy.optional_parts.OPTIONAL", ())
    with Stubber(aws.cloudformation) as stub:
        yield stub


@pytest.fixture(autouse=True)
def built(monkeypatch: pytest.MonkeyPatch) -> list[ForLambda | None]:
    """What zips would be built with; none is, for that takes wheels from elsewhere."""
    targets = list[ForLambda | None]()

    def build(contents: Contents, *, target: ForLambda | None, routes: Path) -> Package:
        targets.append(target)
        return zip_of(contents.name, routes.read_bytes())

    monkeypatch.setattr(package, "build", build)
    monkeypatch.setattr(
        "scripts.deploy.runtime.find", lambda given, version: given or (Path("found") if version == "3.13" else None)
    )
    return targets


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder is that of the project."""
    monkeypatch.chdir(tmp_path)


def planned(
    aws: Aws,
    stub: Stubber,
    before: dict[str, Any] | None = None,
    *,
    profiles: tuple[str, ...] = ("alma",),
    parameters: dict[str, Any] | None = None,
    routes: str = PROJECT_ROUTES,
    flags: tuple[str, ...] = (),
    allowed: tuple[str, ...] = (),
    stack: str | None = None,
    strict: bool = False,
    **stage: Any,
) -> DeploymentPlan:
    project = project_in(Path.cwd(), profiles=profiles, routes=routes, parameters=parameters, **stage)
    options = DeploymentOptions(parameter=flags, allow_removal=allowed, strict=strict)
    if before:
        stub.add_response("describe_stacks", before)
        stub.add_response("get_template", {"TemplateBody": "Resources: {}"})
    else:
        add_missing(stub)
    return plan.plan(aws, address_in(project, stack=stack), options)


def test_a_plan_says_where_and_what(aws: Aws, stub: Stubber) -> None:
    """Account, region, stage and stack; the parameters of both sides; who has no secret; and nothing is made yet."""
    found = planned(aws, stub, profiles=("alma", "b"))
    place = {"account": "123456789012", "region": "us-east-1"}
    assert found.place.facts_of_project(found.stage) == place | {
        "stage": "dev",
        "stack": "alma-webhooks-dev",
        "project": "alma-webhooks",
    }
    assert found.profiles == found.without_secret == ["heartbeat", "alma", "b"]
    assert found.values["Profiles"] == "alma,b"
    assert found.values["Stage"] == "dev"
    assert found.values["CodeBucket"] == "alma-webhooks-artefacts-123456789012-us-east-1"
    assert found.values["ProcessorCodeKey"].startswith("processor/")
    assert found.values["RoutesDigest"] == found.routes.digest == hashlib.sha256(ROUTES_FILE.read_bytes()).hexdigest()
    assert not found.artefacts.exists()
    assert aws.ssm.describe_parameters()["Parameters"] == []


@pytest.mark.parametrize(("served", "profiles"), [(("alma",), ["heartbeat", "alma"]), ((), ["heartbeat"])])
def test_f57_the_heartbeats_profile_is_always_served(
    aws: Aws, stub: Stubber, served: tuple[str, ...], profiles: list[str]
) -> None:
    """It comes first, also where no Alma profile is served."""
    assert planned(aws, stub, profiles=served).profiles == profiles


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"profiles": ("alma", "heartbeat")}, "has 1 mistake"),
        ({"routes": PROJECT_ROUTES.replace("  - other\n", "  - heartbeat\n", 1)}, r"routes\.yaml has \d problem"),
        ({"parameters": {"Topics": "heartbeat"}}, "The parameter Topics is set by this command"),
    ],
)
def test_f57_the_heartbeats_names_are_not_the_users(
    aws: Aws, stub: Stubber, built: list[ForLambda | None], options: dict[str, Any], problem: str
) -> None:
    """Neither its profile nor its topic can be listed; one sentence says so, and nothing was built."""
    with pytest.raises(ConfigurationError, match=problem):
        planned(aws, stub, **options)
    assert not built


def test_f56_profiles_are_those_of_the_file(aws: Aws, stub: Stubber) -> None:
    """A new one is a difference, and none is removed."""
    before = described("CREATE_COMPLETE", {"Profiles": "heartbeat,alma"}, Stage="dev", Profiles="alma")
    found = planned(aws, stub, before, profiles=("alma", "consortium"))
    assert found.profiles == ["heartbeat", "alma", "consortium"]
    assert found.values["Profiles"] == "alma,consortium"
    assert "add     Alma profile consortium" in map(str, found.differences)
    assert [each for each in found.removals.found if each.kind == "profile"] == []


def test_f56_profiles_with_a_secret_that_are_not_served_are_retired(aws: Aws, stub: Stubber) -> None:
    """Those of this stage, by a current or a previous secret; no parameter deeper down counts."""
    names = ("dev/alma/secret", "dev/gone/secret", "dev/old/previous-secret", "stg/other/secret", "dev/a/b/secret")
    for name in (*names, "dev/Not-A-Profile/secret", "dev/x/note"):
        aws.ssm.put_parameter(Name=f"/alma-webhooks/{name}", Value="invented", Type="SecureString")
    assert planned(aws, stub, profiles=("alma",)).values["RetiredProfiles"] == "gone,old"


def test_f56_a_removal_is_rejected_before_anything_is_built(
    aws: Aws, stub: Stubber, built: list[ForLambda | None]
) -> None:
    """The error (exit 3) names the exact flag."""
    before = described("CREATE_COMPLETE", {"Profiles": "heartbeat,alma"}, Stage="dev", Profiles="alma")
    with pytest.raises(RejectedError, match=r"removes Alma profile alma: .* add --allow-removal alma\.$"):
        planned(aws, stub, before, profiles=("consortium",))
    assert built == []


def test_f56_a_plan_lists_the_removals_that_are_allowed(aws: Aws, stub: Stubber) -> None:
    """By kind and name; a dry run exits 5 for them."""
    before = described("CREATE_COMPLETE", {"Profiles": "heartbeat,alma"}, Stage="dev", Profiles="alma")
    found = planned(aws, stub, before, profiles=("consortium",), allowed=("alma",))
    assert [(each.kind, each.name) for each in found.removals.found] == [("profile", "alma")]
    assert found.exit_code == 5


@pytest.mark.parametrize(
    ("chosen", "before", "machine"),
    [({}, {}, "arm64"), ({}, {"Architecture": "x86_64"}, "arm64"), ({"Architecture": "x86_64"}, {}, "x86_64")],
)
def test_zips_are_for_the_stacks_instruction_set(
    chosen: dict[str, str],
    before: dict[str, str],
    machine: str,
    aws: Aws,
    stub: Stubber,
    built: list[ForLambda | None],
) -> None:
    """The one in the file, else the default; what was before is not kept."""
    planned(aws, stub, described("CREATE_COMPLETE", {}, Stage="dev", **before), parameters=chosen)
    assert [target.architecture.value for target in built if target] == [machine, machine]


def test_zips_are_compiled_with_the_python_of_the_stacks_runtime(
    aws: Aws, stub: Stubber, built: list[ForLambda | None]
) -> None:
    """By default that of this version."""
    found = planned(aws, stub)
    assert {(target.version, target.python) for target in built if target} == {("3.13", Path("found"))}
    assert (found.notes, found.as_data()["is_compiled"]) == ((), True)


def test_a_plan_says_what_zips_without_compiled_modules_cost(
    aws: Aws, stub: Stubber, built: list[ForLambda | None]
) -> None:
    """The Python of the runtime that the project chose is missing here, so the packages of that version are shipped."""
    found = planned(aws, stub, runtime="python3.14")
    assert {(target.version, target.python) for target in built if target} == {("3.14", None)}
    [note] = found.notes
    assert note.startswith("Python 3.14 was not found, so the zips have no compiled modules: a cold start takes about ")
    assert found.as_data()["is_compiled"] is False


@pytest.mark.parametrize(
    ("chosen", "sentry", "is_there"),
    [
        ({}, "off", False),
        ({}, "on", False),
        ({"SentryDsn": {"ssm": "/library/sentry"}}, "off", True),
        ({"SentryDsn": ""}, "on", False),
    ],
)
def test_sentry_is_in_the_zip_if_it_is_configured(
    chosen: dict[str, Any], sentry: str, is_there: bool, aws: Aws, stub: Stubber, built: list[ForLambda | None]
) -> None:
    """The value is read from the SSM parameter that the file names."""
    aws.ssm.put_parameter(Name="/library/sentry", Value="https://x", Type="SecureString")
    before = described("CREATE_COMPLETE", {"Sentry": sentry}, Stage="dev", SentryDsn="****")
    found = planned(aws, stub, before, parameters=chosen, allowed=("SentryDsn",))
    assert found.values.get("SentryDsn", "") == ("https://x" if is_there else "")
    assert [("sentry.txt" in [file.name for file in target.requirements]) for target in built if target] == [
        is_there
    ] * 2


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"stack": "s" * 36}, "use up to 35 lower-case letters, digits and hyphens"),
        ({"stack": "Alma"}, "name Alma is not valid: "),
        ({"profiles": ("a/b",)}, "has 1 mistake"),
        ({"parameters": {"CodeBucket": "b"}}, "CodeBucket is set by this command"),
        ({"flags": ("Profiles=b",)}, "Profiles is set by this command"),
        ({"flags": ("LogRetentionDays=14",)}, "LogRetentionDays is set by this command"),
        ({"parameters": {"MaxReceiveCount": 51}}, "must be 50 or less"),
        ({"flags": ("MaxReceiveCount=51",)}, "must be 50 or less"),
        ({"parameters": {"Nonsense": 1}}, "The template has no parameter Nonsense"),
        ({"parameters": {"DomainName": "a.example"}}, "needs CertificateArn"),
        ({"parameters": {"VisibilityTimeout": 29}}, "must not be less than ProcessorTimeout"),
        ({"parameters": {"SentryDsn": "https://x"}}, "is secret, so its value must not be in a file"),
        ({"flags": ("SentryDsn=https://x",)}, "is secret, so its value must not be in a file"),
        ({"parameters": {"SentryDsn": {"ssm": "/no/such"}}}, "The SSM parameter /no/such, .* does not exist"),
        ({"routes": PROJECT_ROUTES.replace("  - other\n", "", 1)}, r"routes\.yaml has 1 problem"),
        (
            {"routes": PROJECT_ROUTES.replace("  - other\n", "  - o-ther\n  - other\n", 1)},
            r"routes\.yaml has 1 problem",
        ),
        ({"routes": PROJECT_ROUTES.replace("pod.asl.json", "none.json", 1)}, "1 problem with state machines"),
        ({"account": "999999999999"}, "The AWS credentials are of account 123456789012"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_done(
    options: dict[str, Any],
    problem: str,
    aws: Aws,
    stub: Stubber,
    built: list[ForLambda | None],
) -> None:
    """One sentence; nothing was built."""
    with pytest.raises(ConfigurationError, match=problem):
        planned(aws, stub, **options)
    assert built == []


def test_warnings_of_routes_are_in_the_plan_and_fail_it_only_with_strict(
    aws: Aws, stub: Stubber, built: list[ForLambda | None]
) -> None:
    """A value that no known event has can be new; without the flag it is deployed."""
    routes = "topics: [a]\nroutes: [{name: a, when: {action: [LOANS]}, deliver: [{topic: a}]}]\n"
    with pytest.raises(ConfigurationError, match=r"routes\.yaml has 1 warning, which --strict does not allow"):
        planned(aws, stub, routes=routes, strict=True)
    assert built == []
    [warning] = planned(aws, stub, routes=routes).warnings
    assert warning.endswith(
        "routes.yaml: warning: line 2, route a, when.action[0]: unknown value 'LOANS' of action; did you mean 'LOAN'? "
        "[unknown-value]"
    )


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


def test_no_topic_is_a_setting(aws: Aws, stub: Stubber) -> None:
    """A routes file without topics is valid, and the ARNs that it names are allowed."""
    found = planned(aws, stub, routes=ROUTES)
    assert (found.values["Topics"], found.values["QueueArns"]) == ("", QUEUE)


def test_f35_arns_of_the_file_stay_beside_those_of_the_routes(aws: Aws, stub: Stubber) -> None:
    """They are for names that depend on the event."""
    found = planned(aws, stub, routes=ROUTES, parameters={"QueueArns": "arn:other"})
    assert found.values["QueueArns"] == f"arn:other,{QUEUE}"


def test_a_flag_deviates_from_the_file_once(aws: Aws, stub: Stubber) -> None:
    """The plan says that the next deployment reverts it."""
    before = described("CREATE_COMPLETE", Stage="dev", MaxReceiveCount="8")
    found = planned(aws, stub, before, flags=("MaxReceiveCount=5",))
    assert "update  parameter MaxReceiveCount: 8 → 5 (not in the file: the next deployment reverts it)" in map(
        str, found.differences
    )


def test_a_stack_of_another_project_is_rejected(aws: Aws, stub: Stubber, built: list[ForLambda | None]) -> None:
    """Unless it is taken over by its name."""
    before = described("CREATE_COMPLETE", Stage="dev")
    with pytest.raises(RejectedError, match=r"belongs to the project alma-webhooks .* --take-over alma-webhooks"):
        planned(aws, stub, before, name="library")
    assert built == []


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
        plan.plan(aws, address_in(project_in(Path.cwd())), DeploymentOptions())
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
    assert checked_name("alma-webhooks-prod") == "alma-webhooks-prod"
    assert checked_name("s" * 35) == "s" * 35
