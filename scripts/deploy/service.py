"""Plan, carry out and prove deployments, and delete them. Prints and asks nothing."""

import secrets
from collections.abc import Callable
from functools import partial
from shlex import quote
from typing import Any, Final, NamedTuple

from ingest import heartbeat
from scripts.aws import emulator, stack
from scripts.aws.clients import Aws
from scripts.aws.parameters import listed
from scripts.cli.exit_codes import FailedError
from scripts.deploy import destruction, listeners
from scripts.deploy.change_sets import ChangeSet
from scripts.deploy.flags import DeploymentOptions
from scripts.deploy.plan import DeploymentPlan, plan
from scripts.deploy.proof import Proof, Prover
from scripts.deploy.stack_deployer import Approve, StackDeployer, StackResult
from scripts.secret.store import CURRENT, SecretStore

_ENTER: Final = "Configuration → General → External Systems → Integration Profiles, type Webhooks, format JSON"
_NOT_ENTERED: Final = "nothing to enter: the stack's own heartbeat uses this URL"


class DeploymentResult(NamedTuple):
    """A deployment that was carried out: its plan, the outputs of its pipeline, and everything as JSON data."""

    plan: DeploymentPlan
    outputs: dict[str, str]
    data: dict[str, Any]


class DeployService:
    """Deploys to one account and region. `report` gets each line of progress."""

    def __init__(self, aws: Aws, report: stack.ReportLine) -> None:
        self._aws = aws
        self._report = report

    def plan(self, options: DeploymentOptions) -> DeploymentPlan:
        """Check everything and build the code; change nothing. Raise ConfigurationError or RejectedError."""
        return plan(self._aws, options)

    def deploy(self, planned: DeploymentPlan, approve: Approve) -> DeploymentResult:
        """Carry out a plan. Raise FailedError, RejectedError, and what `approve` raises.

        `approve` is called before each change set is executed; before the first approval nothing is changed.
        """
        is_prepared = False

        def approved(change_set: ChangeSet) -> None:
            nonlocal is_prepared
            planned.removals.check_change_set(change_set)
            approve(change_set)
            if not is_prepared:
                is_prepared = True
                self._prepare(planned)

        place, values, abandon_data = planned.place, planned.values, planned.abandon_data
        deployer = StackDeployer(self._aws, planned.artefacts, place, values, approved, self._report, abandon_data)
        done = deployer.run()
        self._make_secrets(planned)  # a secret can be missing even if the stack has no changes
        planned.artefacts.upload([planned.routes])  # likewise
        return self._result(planned, done)

    def test(self, data: dict[str, Any], look: Callable[[str], str | None] = listeners.answers) -> None:
        """Send each listener a challenge. Raise FailedError for the first that does not answer it."""
        for profile in data["profiles"]:
            if problem := look(profile["listener_url"]):
                dns = data.get("dns_record")
                hint = f" It needs the DNS record {dns['name']} {dns['type']} {dns['value']}." if dns else ""
                raise FailedError(
                    f"The stack is deployed, but {profile['listener_url']} failed the challenge test: {problem}."
                    f"{hint} Run this command again to repeat the test."
                )
            self._report(f"{profile['listener_url']} answers a challenge")

    def prove(self, result: DeploymentResult) -> None:
        """Test the listeners, post a heartbeat and wait for it. Put the proof into the data. Raise FailedError."""
        data, planned = result.data, result.plan
        try:
            self.test(data)
            url = next(each["listener_url"] for each in data["profiles"] if each["profile"] == heartbeat.PROFILE)
            command = partial(self._command, planned)
            proved = Prover(self._aws, planned.stage, result.outputs, url, command, self._report).prove()
        except FailedError as error:
            data["proof"] = Proof("failed", problem=str(error))._asdict()
            raise
        data["proof"] = proved._asdict()
        if proved.state == "failed":
            raise FailedError(
                f"The stack is deployed, but its heartbeat was not delivered: {proved.problem}. Nothing was "
                "rolled back."
            )

    def plan_destruction(self, stage: str, stack_name: str | None) -> destruction.Destruction:
        """Return the planned deletion of a stage's stacks. Raise ConfigurationError or RejectedError."""
        return destruction.planned(self._aws, stage, stack_name)

    def destroy(self, planned: destruction.Destruction) -> dict[str, Any]:
        """Delete the stacks, and return what was kept as JSON data. Raise RejectedError or FailedError."""
        return planned.run(self._report)

    def _result(self, planned: DeploymentPlan, done: list[StackResult]) -> DeploymentResult:
        outputs = done[0].outputs
        data: dict[str, Any] = {
            **planned.facts,
            "removals": [{"kind": each.kind, "name": each.name} for each in planned.removals.found],
            "stacks": [each.as_data() for each in done],
            "profiles": [self._profile(planned, profile, outputs) for profile in listed(outputs["Profiles"])],
        }
        if target := outputs.get("DomainTarget"):
            domain = outputs["WebhookUrlBase"].removeprefix("https://").partition("/")[0]
            data["dns_record"] = {"name": domain, "type": "CNAME", "value": target}
        return DeploymentResult(planned, outputs, data)

    def _prepare(self, planned: DeploymentPlan) -> None:
        """Upload the code and create the secrets that a change set needs."""
        planned.artefacts.upload([*planned.packages, planned.routes])
        self._report(f"code uploaded to bucket {planned.artefacts.bucket}")
        self._make_secrets(planned)

    def _make_secrets(self, planned: DeploymentPlan) -> None:
        while planned.without_secret:
            profile = planned.without_secret.pop()
            SecretStore(self._aws.ssm, planned.stage).add(profile, CURRENT, secrets.token_urlsafe(32))
            self._report(f"created a secret for Alma profile {profile}")

    def _profile(self, planned: DeploymentPlan, profile: str, outputs: dict[str, str]) -> dict[str, str]:
        url = outputs["WebhookUrlBase"] + profile
        if self._aws.endpoint_url:
            url = emulator.Emulator(self._aws.endpoint_url).webhook_url(outputs["ApiId"], profile)
        show = f"{self._command(planned, f'secret status {profile}')} --show-secret"
        enter = _NOT_ENTERED if profile == heartbeat.PROFILE else _ENTER
        return {"profile": profile, "listener_url": url, "enter": enter, "show_secret": show}

    def _command(self, planned: DeploymentPlan, words: str) -> str:
        """Return an alma-webhooks command with the options and AWS credentials of this stack."""
        stage, name = planned.stage, planned.place.stack
        chosen = self._aws.session.profile_name
        credentials = f"AWS_PROFILE={quote(chosen)} " if chosen != "default" and not self._aws.endpoint_url else ""
        where = [f"--stage {stage}"]
        where += [f"--stack {name}"] if name != f"alma-webhooks-{stage}" else []
        where += [f"--endpoint-url {self._aws.endpoint_url}"] if self._aws.endpoint_url else []
        return " ".join([f"{credentials}alma-webhooks {words}", *where])
