"""Carry out a deployment plan: update the stacks, test the listeners, prove the deployment with a heartbeat."""

import secrets
from collections.abc import Callable
from shlex import quote
from typing import Any, Final

from ingest import heartbeat
from scripts.aws import emulator, stack
from scripts.aws.clients import Aws
from scripts.aws.parameters import listed
from scripts.cli.exit_codes import FailedError
from scripts.deploy import listeners, stack_deployer
from scripts.deploy.change_sets import ChangeSet, ResourceChange
from scripts.deploy.plan import DeploymentPlan
from scripts.deploy.proof import Proof, Prover
from scripts.secret.store import CURRENT, SecretStore

_ENTER: Final = "Configuration → General → External Systems → Integration Profiles, type Webhooks, format JSON"
_NOT_ENTERED: Final = "nothing to enter: the stack's own heartbeat uses this URL"


class Deployment:
    """The execution of a plan. `approve` is called before each change set is executed."""

    def __init__(
        self,
        aws: Aws,
        planned: DeploymentPlan,
        approve: stack_deployer.Approve,
        report: stack.ReportLine,
        *,
        abandon_data: bool = False,
    ) -> None:
        self._aws = aws
        self._plan = planned
        self._approve = approve
        self._report = report
        self._abandon_data = abandon_data
        self._is_prepared = False
        self._outputs: dict[str, str] = {}

    def run(self, parts: tuple[stack_deployer.StackPart, ...] = stack_deployer.PARTS) -> dict[str, Any]:
        """Deploy and return the result as JSON data. Raise FailedError, RejectedError, and what `approve` raises."""
        plan = self._plan
        deploying = stack_deployer.StackDeployer(
            self._aws,
            plan.artefacts,
            plan.place,
            plan.values,
            self._approved,
            self._report,
            abandon_data=self._abandon_data,
        )
        done = deploying.run(parts)
        self._make_secrets()  # a secret can be missing even if the stack has no changes
        plan.artefacts.upload([plan.routes])  # likewise
        outputs = done[0].outputs
        self._outputs = outputs
        data: dict[str, Any] = {
            **plan.facts,
            "removals": [{"kind": each.kind, "name": each.name} for each in plan.removals.found],
            "stacks": [{"stack": each.name, "changes": [_as_data(change) for change in each.changes]} for each in done],
            "profiles": [self._profile(profile, outputs) for profile in listed(outputs["Profiles"])],
        }
        if target := outputs.get("DomainTarget"):
            data["dns_record"] = {"name": _domain(outputs), "type": "CNAME", "value": target}
        return data

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

    def prove(self, data: dict[str, Any]) -> None:
        """Test the listeners, post a heartbeat and wait for it. Put the result into `data`. Raises FailedError."""
        try:
            self.test(data)
            url = next(each["listener_url"] for each in data["profiles"] if each["profile"] == heartbeat.PROFILE)
            proved = Prover(self._aws, self._plan.stage, self._outputs, url, self._command, self._report).prove()
        except FailedError as error:
            data["proof"] = Proof("failed", problem=str(error))._asdict()
            raise
        data["proof"] = proved._asdict()
        if proved.state == "failed":
            raise FailedError(
                f"The stack is deployed, but its heartbeat was not delivered: {proved.problem}. Nothing was "
                "rolled back."
            )

    def _approved(self, change_set: ChangeSet) -> None:
        """Get the approval, then upload the code and create the secrets that the change set needs."""
        self._plan.removals.check_change_set(change_set)
        self._approve(change_set)
        if not self._is_prepared:
            self._is_prepared = True
            self._plan.artefacts.upload([*self._plan.packages, self._plan.routes])
            self._report(f"code uploaded to bucket {self._plan.artefacts.bucket}")
            self._make_secrets()

    def _make_secrets(self) -> None:
        while self._plan.without_secret:
            profile = self._plan.without_secret.pop()
            SecretStore(self._aws.ssm, self._plan.stage).add(profile, CURRENT, secrets.token_urlsafe(32))
            self._report(f"created a secret for Alma profile {profile}")

    def _profile(self, profile: str, outputs: dict[str, str]) -> dict[str, str]:
        url = outputs["WebhookUrlBase"] + profile
        if self._aws.endpoint_url:
            url = emulator.Emulator(self._aws.endpoint_url).webhook_url(outputs["ApiId"], profile)
        show = f"{self._command(f'secret status {profile}')} --show-secret"
        enter = _NOT_ENTERED if profile == heartbeat.PROFILE else _ENTER
        return {"profile": profile, "listener_url": url, "enter": enter, "show_secret": show}

    def _command(self, words: str) -> str:
        """Return an alma-webhooks command with the options and AWS credentials of this stack."""
        stage, name = self._plan.stage, self._plan.place.stack
        chosen = self._aws.session.profile_name
        credentials = f"AWS_PROFILE={quote(chosen)} " if chosen != "default" and not self._aws.endpoint_url else ""
        where = [f"--stage {stage}"]
        where += [f"--stack {name}"] if name != f"alma-webhooks-{stage}" else []
        where += [f"--endpoint-url {self._aws.endpoint_url}"] if self._aws.endpoint_url else []
        return " ".join([f"{credentials}alma-webhooks {words}", *where])


def _domain(outputs: dict[str, str]) -> str:
    return outputs["WebhookUrlBase"].removeprefix("https://").partition("/")[0]


def _as_data(change: ResourceChange) -> dict[str, str]:
    return {"action": change.action, "type": change.kind, "resource": change.name}
