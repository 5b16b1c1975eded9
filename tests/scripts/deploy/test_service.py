"""Carrying out a plan: the order of uploads and secrets, the output, the tests. A stand-in makes the stacks."""

from typing import Any

import pytest

from scripts.aws.clients import Aws
from scripts.cli.exit_codes import FailedError, RejectedError
from scripts.deploy.artefacts import Artefacts
from scripts.deploy.change_sets import ChangeSet, ChangeSetRequest, ResourceChange
from scripts.deploy.deployment_plan import DeploymentPlan
from scripts.deploy.package import Package
from scripts.deploy.proof import Proof, Prover
from scripts.deploy.removals import Removals
from scripts.deploy.retained import Place
from scripts.deploy.service import DeployService
from scripts.deploy.stack_deployer import StackDeployer, StackResult
from tests.scripts.deploy.projects import address_in
from tests.scripts.deploy.zips import ROUTES, zip_of

OUTPUTS = {"Profiles": "alma,b", "WebhookUrlBase": "https://api.invalid/webhooks/", "ApiId": "1"}
CHANGE_SET = ChangeSet(
    "set", "id", ChangeSetRequest("stack", "CREATE", {}, [], []), [ResourceChange("add", "AWS::SQS::Queue", "Queue")]
)
ADDRESS = address_in(None)
SECRET = "/alma-webhooks/dev/b/secret"

pytestmark = pytest.mark.usefixtures("no_policies")


@pytest.fixture
def plan(aws: Aws) -> DeploymentPlan:
    place = Place("alma-webhooks-dev", "123456789012", "us-east-1")
    artefacts = Artefacts(aws, place.account, place.region)
    return DeploymentPlan(
        place, "dev", {}, ["alma", "b"], ["b"], [Package("ingest", b"zip"), zip_of("processor")], artefacts
    )


def made(monkeypatch: pytest.MonkeyPatch, *, changes: bool = True, **outputs: str) -> None:
    """Stands in for CloudFormation: asks for approval and says that all is up."""

    def run(self: StackDeployer, _: object) -> list[StackResult]:
        if changes:
            self.approve(CHANGE_SET)
        return [StackResult("alma-webhooks-dev", CHANGE_SET.changes if changes else [], OUTPUTS | outputs)]

    monkeypatch.setattr(StackDeployer, "run", run)


def secrets_of(aws: Aws) -> list[str]:
    return [parameter["Name"] for parameter in aws.ssm.describe_parameters()["Parameters"]]


def test_nothing_is_made_before_it_is_approved(aws: Aws, plan: DeploymentPlan, monkeypatch: pytest.MonkeyPatch) -> None:
    """No bucket, no code, no secret."""
    made(monkeypatch)

    def refuse(_: ChangeSet) -> None:
        raise RejectedError("no")

    with pytest.raises(RejectedError):
        DeployService(aws, ADDRESS, print).deploy(plan, refuse)
    assert (plan.artefacts.exists(), secrets_of(aws)) == (False, [])


def test_f56_a_change_set_that_takes_more_away_is_rejected_before_anybody_is_asked(
    aws: Aws, plan: DeploymentPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A topic that the template does not have any more; nothing was uploaded."""
    removing = CHANGE_SET._replace(changes=[ResourceChange("remove", "AWS::SNS::Topic", "Topicloans")])
    monkeypatch.setattr(StackDeployer, "run", lambda self, _: [self.approve(removing)])
    asked: list[ChangeSet] = []
    with pytest.raises(RejectedError, match=r"removes topic loans: .* add --allow-removal loans"):
        DeployService(aws, ADDRESS, print).deploy(
            plan._replace(removals=Removals(names={"Topicloans": "loans"})), asked.append
        )
    assert (asked, plan.artefacts.exists()) == ([], False)


def test_code_and_secrets_are_there_when_the_stack_is_made(
    aws: Aws, plan: DeploymentPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A profile without a secret would answer 503: it gets one, and that is said; the secret itself is not."""
    said: list[str] = []
    made(monkeypatch)
    monkeypatch.setattr(Artefacts, "upload", lambda _, uploaded: said.append(f"upload {len(uploaded)} artefacts"))
    data = DeployService(aws, ADDRESS, said.append).deploy(plan, lambda _: said.append("asked")).data
    assert said[:2] == ["asked", "upload 3 artefacts"]
    assert said[3:5] == ["created a secret for Alma profile b", "upload 1 artefacts"]
    assert said[5:] == ["upload 2 artefacts"]  # the record of the deployment, and the template that it names
    assert secrets_of(aws) == [SECRET]
    value = aws.ssm.get_parameter(Name=SECRET, WithDecryption=True)["Parameter"]["Value"]
    assert value not in f"{said} {data}"
    assert len(value) >= 32


def test_a_missing_secret_is_made_where_nothing_is_changed(
    aws: Aws, plan: DeploymentPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody may have deleted it since."""
    made(monkeypatch, changes=False)
    DeployService(aws, ADDRESS, print).deploy(plan, print)
    assert secrets_of(aws) == [SECRET]


def test_f74_the_routes_file_is_stored_even_where_nothing_is_changed(
    aws: Aws, plan: DeploymentPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deployment of the same routes restores a copy that somebody deleted."""
    made(monkeypatch, changes=False)
    DeployService(aws, ADDRESS, print).deploy(plan, print)
    stored = aws.s3.get_object(Bucket=plan.artefacts.bucket, Key=plan.routes.key)["Body"].read()
    assert stored == ROUTES


def test_what_to_enter_in_alma_is_shown(aws: Aws, plan: DeploymentPlan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each profile has its webhook URL and the command that shows its secret."""
    made(monkeypatch, changes=False)
    data = DeployService(aws, ADDRESS, print).deploy(plan, print).data
    assert [profile["listener_url"] for profile in data["profiles"]] == [
        "https://api.invalid/webhooks/alma",
        "https://api.invalid/webhooks/b",
    ]
    assert data["profiles"][1]["show_secret"] == "alma-webhooks secret status b --show-secret --stage dev"
    assert "dns_record" not in data


def test_the_heartbeats_profile_is_not_entered_in_alma(
    aws: Aws, plan: DeploymentPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stack sends there itself; it is listed all the same, for its listener is tested like the others."""
    made(monkeypatch, changes=False, Profiles="heartbeat,alma")
    own, alma = DeployService(aws, ADDRESS, print).deploy(plan, print).data["profiles"]
    assert "Integration Profiles" in alma["enter"]
    assert own["enter"] == "nothing to enter: the stack's own heartbeat uses this URL"


def test_a_domain_needs_its_dns_record(aws: Aws, plan: DeploymentPlan, monkeypatch: pytest.MonkeyPatch) -> None:
    """The DNS record is shown, and shown again if the listener does not answer."""
    made(monkeypatch, WebhookUrlBase="https://w.example/webhooks/", DomainTarget="d-1.aws.invalid")
    monkeypatch.setattr(Artefacts, "upload", lambda *_: None)
    service = DeployService(aws, ADDRESS, print)
    data = service.deploy(plan, lambda _: None).data
    assert data["dns_record"] == {"name": "w.example", "type": "CNAME", "value": "d-1.aws.invalid"}
    with pytest.raises(FailedError, match=r"DNS record w\.example CNAME d-1\.aws\.invalid"):
        service.test(data, lambda _: "no response")


def test_every_listener_must_answer(aws: Aws) -> None:
    """The error names the first listener that fails, and the problem."""
    data: dict[str, Any] = {"profiles": [{"listener_url": f"https://api.invalid/webhooks/{name}"} for name in "ab"]}
    said = list[str]()
    service = DeployService(aws, ADDRESS, said.append)
    service.test(data, lambda _: None)
    assert said == [f"https://api.invalid/webhooks/{name} answers a challenge" for name in "ab"]
    with pytest.raises(FailedError, match="webhooks/b failed the challenge test: it answered 503"):
        service.test(data, lambda url: "it answered 503" if url.endswith("b") else None)


def proven(
    aws: Aws, plan: DeploymentPlan, monkeypatch: pytest.MonkeyPatch, ended: Proof
) -> tuple[dict[str, Any], Prover]:
    """A deployment that changed nothing, proven with a stand-in for the wait; the data and the prover."""
    used = list[Prover]()
    made(monkeypatch, changes=False, Profiles="heartbeat,alma,")

    def prove(self: Prover) -> Proof:
        used.append(self)
        return ended

    monkeypatch.setattr(Prover, "prove", prove)
    monkeypatch.setattr(DeployService, "test", lambda *_: None)
    service = DeployService(aws, ADDRESS, print)
    result = service.deploy(plan, print)
    if ended.state == "failed":
        with pytest.raises(
            FailedError, match=r"deployed, but its heartbeat was not delivered: why. Nothing was rolled back"
        ):
            service.prove(result)
    else:
        service.prove(result)
    return result.data, used[0]


@pytest.mark.parametrize("state", ["proven", "accepted", "failed"])
def test_f57_a_deployment_that_changed_nothing_is_proven_too(
    aws: Aws, plan: DeploymentPlan, monkeypatch: pytest.MonkeyPatch, state: Any
) -> None:
    """The proof is a member of what programs get, however it ended."""
    data, prover = proven(aws, plan, monkeypatch, Proof(state, "r", 1.5, 2, "follow", "why"))
    assert data["proof"] == {
        "state": state,
        "receipt_id": "r",
        "seconds": 1.5,
        "events_ahead": 2,
        "follow": "follow",
        "problem": "why",
    }
    assert prover.url == "https://api.invalid/webhooks/heartbeat"
    assert prover.command("doctor") == "alma-webhooks doctor --stage dev"
    assert [each["profile"] for each in data["profiles"]] == ["heartbeat", "alma"]


def test_printed_commands_have_the_flags_that_were_passed(
    aws: Aws, plan: DeploymentPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They work on the same stack with the same credentials."""
    monkeypatch.setattr("tests.scripts.deploy.test_service.ADDRESS", address_in(None, aws_profile="my admin"))
    data, prover = proven(aws, plan, monkeypatch, Proof("proven", "r"))
    assert prover.command("doctor") == "alma-webhooks doctor --stage dev --aws-profile 'my admin'"
    assert {each["show_secret"].partition(" --show-secret ")[2] for each in data["profiles"]} == {
        "--stage dev --aws-profile 'my admin'"
    }


def test_f57_a_listener_that_does_not_answer_is_no_proof(
    aws: Aws, plan: DeploymentPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then no heartbeat is posted, and programs get the reason."""
    made(monkeypatch, changes=False, Profiles="heartbeat")
    service = DeployService(aws, ADDRESS, print)
    result = service.deploy(plan, print)

    def fail(_: Any) -> None:
        raise FailedError("it does not answer")

    monkeypatch.setattr(service, "test", fail)
    with pytest.raises(FailedError, match="it does not answer"):
        service.prove(result)
    assert (result.data["proof"]["state"], result.data["proof"]["problem"]) == ("failed", "it does not answer")
