"""Plan, carry out and prove deployments, and delete them. Prints and asks nothing."""

import secrets
from collections.abc import Callable
from functools import cache
from typing import Any, Final, NamedTuple

from ingest import heartbeat
from scripts.aws import stack
from scripts.aws.address import Address
from scripts.aws.clients import Aws, moment_of
from scripts.aws.context import webhook_url
from scripts.aws.parameters import listed
from scripts.cli.exit_codes import FailedError
from scripts.deploy import destruction, everything, listeners, optional_parts
from scripts.deploy.change_sets import ChangeSet
from scripts.deploy.deployment_plan import DeploymentPlan
from scripts.deploy.flags import DeploymentOptions, RollbackOptions
from scripts.deploy.plan import plan
from scripts.deploy.proof import Proof, Prover
from scripts.deploy.records import DeploymentRecord, DeploymentRecords
from scripts.deploy.removals import Removals
from scripts.deploy.rollback import RollbackPlan, plan_rollback, restore
from scripts.deploy.stack_deployer import Approve, StackDeployer, StackResult
from scripts.deploy.upgrade_check import UpgradeCheck, checked
from scripts.secret.store import CURRENT, SecretStore

_ENTER: Final = "Configuration → General → External Systems → Integration Profiles, type Webhooks, format JSON"
_NOT_ENTERED: Final = "nothing to enter: the stack's own heartbeat uses this URL"


class DeploymentResult(NamedTuple):
    """A deployment that was carried out: its plan, the outputs of its pipeline, and everything as JSON data."""

    plan: DeploymentPlan | RollbackPlan
    outputs: dict[str, str]
    data: dict[str, Any]


class DeployService:
    """Deploys to one address. `report` gets each line of progress."""

    def __init__(self, aws: Aws, address: Address, report: stack.ReportLine) -> None:
        self._aws = aws
        self._address = address
        self._report = report

    def plan(self, options: DeploymentOptions) -> DeploymentPlan:
        """Check everything and build the code; change nothing. Raise ConfigurationError or RejectedError."""
        return plan(self._aws, self._address, options)

    def deploy(self, planned: DeploymentPlan, approve: Approve) -> DeploymentResult:
        """Carry out a plan. Raise FailedError, RejectedError, and what `approve` raises.

        `approve` is called before each change set is executed; before the first approval nothing is changed.
        """
        approved = _checked(planned.removals, approve, lambda: self._prepare(planned))
        done = StackDeployer(
            self._aws,
            planned.artefacts,
            planned.place,
            planned.values,
            approved,
            self._report,
            planned.abandon_data,
            planned.state_machines,
            planned.substitutions,
            planned.projects,
        ).run(planned.parts)
        if planned.unwanted:
            planned.unwanted.run(self._report)
        self._make_secrets(planned)  # a secret can be missing even if the stack has no changes
        planned.artefacts.upload([planned.routes])  # likewise
        self._record(planned, done)
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
            command = self.command
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

    def plan_rollback(self, options: RollbackOptions) -> RollbackPlan:
        """Find the deployment to restore; change nothing. Raise ConfigurationError, RejectedError or FailedError."""
        return plan_rollback(self._aws, self._address, options)

    def roll_back(self, planned: RollbackPlan, approve: Approve) -> DeploymentResult:
        """Restore a recorded deployment, and record that. Raise FailedError and what `approve` raises."""
        approved = _checked(planned.removals, approve, lambda: self._make_secrets(planned))
        abandon, artefacts = planned.abandon_data, planned.artefacts
        deployer = StackDeployer(self._aws, artefacts, planned.place, {}, approved, self._report, abandon)
        done = restore(self._aws, planned, deployer)
        self._record(planned, done, planned.record)
        return self._result(planned, done)

    def plan_destruction(self) -> destruction.Destruction:
        """Return the planned deletion of a stage's stacks. Raise ConfigurationError or RejectedError."""
        return destruction.planned(self._aws, self._address)

    def destroy(self, planned: destruction.Destruction) -> dict[str, Any]:
        """Delete the stacks, and return what was kept as JSON data. Raise RejectedError or FailedError."""
        return planned.run(self._report)

    def plan_everything(self) -> everything.Everything:
        """Return the planned deletion of a stack and all that it keeps. Raise as `plan_destruction`."""
        return everything.planned(self._aws, self._address)

    def destroy_everything(self, planned: everything.Everything) -> everything.Deleted:
        """Export, delete, and return what was deleted. Raise RejectedError or FailedError."""
        return planned.run(self._report)

    def check_upgrade(self, options: DeploymentOptions) -> UpgradeCheck:
        """Return what this version would change; change nothing. Raise as `plan`."""
        return checked(self._aws, self.plan(options), self._address.needed_project)

    def command(self, words: str) -> str:
        """Return an alma-webhooks command with the flags that select this stack."""
        return f"alma-webhooks {words} {self._address.options}"

    def _result(self, planned: DeploymentPlan | RollbackPlan, done: list[StackResult]) -> DeploymentResult:
        outputs = done[0].outputs
        data: dict[str, Any] = {
            **planned.as_data(),
            "stacks": [each.as_data() for each in done],
            "profiles": [self._profile(profile, outputs) for profile in listed(outputs["Profiles"])],
        }
        if target := outputs.get("DomainTarget"):
            domain = outputs["WebhookUrlBase"].removeprefix("https://").partition("/")[0]
            data["dns_record"] = {"name": domain, "type": "CNAME", "value": target}
        if notifications := optional_parts.notifications_data(done, self._aws.endpoint_url, self.command):
            data["notifications"] = notifications
        return DeploymentResult(planned, outputs, data)

    def _prepare(self, planned: DeploymentPlan) -> None:
        """Upload the code and create the secrets that a change set needs."""
        planned.artefacts.upload([*planned.packages, planned.routes])
        self._report(f"code uploaded to bucket {planned.artefacts.bucket}")
        self._make_secrets(planned)

    def _record(
        self, planned: DeploymentPlan | RollbackPlan, done: list[StackResult], like: DeploymentRecord | None = None
    ) -> None:
        now = moment_of(self._aws.sts.get_caller_identity())
        DeploymentRecords(planned.artefacts, planned.place.stack).store(done, planned.place.project, now, like)

    def _make_secrets(self, planned: DeploymentPlan | RollbackPlan) -> None:
        while planned.without_secret:
            profile = planned.without_secret.pop()
            SecretStore(self._aws.ssm, planned.stage).add(profile, CURRENT, secrets.token_urlsafe(32))
            self._report(f"created a secret for Alma profile {profile}")

    def _profile(self, profile: str, outputs: dict[str, str]) -> dict[str, str]:
        url = webhook_url(outputs, self._aws.endpoint_url, profile)
        show = self.command(f"secret status {profile} --show-secret")
        enter = _NOT_ENTERED if profile == heartbeat.PROFILE else _ENTER
        return {"profile": profile, "listener_url": url, "enter": enter, "show_secret": show}


def _checked(removals: Removals, approve: Approve, prepare: Callable[[], None]) -> Approve:
    """Return `approve` for change sets without removals that are not allowed; it prepares after the first approval."""
    prepare_once = cache(prepare)

    def approved(change_set: ChangeSet) -> None:
        removals.check_change_set(change_set)
        approve(change_set)
        prepare_once()

    return approved
