"""Steps that deploy and delete: the first deployment, the import of what was kept, a domain, and the clean-up."""

import http.client
import json
import ssl
from contextlib import closing
from typing import Any, Final
from urllib.parse import urlsplit

from scripts.alma_client.client import signature
from scripts.local.observe import OutcomeLog
from tests.acceptance.operations import alarm_queue
from tests.acceptance.site import PROFILE, NotGivenError, Site, StepFailedError
from tests.end_to_end.running import eventually
from tests.end_to_end.test_events import fresh
from tests.samples import body_of


def deploy(site: Site) -> str:
    """Deploy into an empty place, and compare what AWS made with what the templates say."""
    site.write_project()
    site.command("deploy", "--yes")
    plan = site.command("deploy", "--dry-run", "--exit-code", codes=(0, 4, 5))
    if plan.returncode:
        raise StepFailedError("a second deployment would change something: see commands.log")
    return "deployed, the heartbeat was delivered, and a second deployment would change nothing"


def check_health(site: Site) -> str:
    """Run the health check on the fresh stack, with a subscriber for the alarms."""
    with alarm_queue(site):
        done = site.command("doctor", "--output=json", codes=(0, 1))
    findings = json.loads(done.stdout)["findings"]
    bad = [each["message"] for each in findings if each["state"] in {"unhealthy", "unknown"}]
    if bad:
        raise StepFailedError("; ".join(bad))
    return f"healthy, by {len(findings)} findings"


def import_after_destroy(site: Site) -> str:
    """Destroy the stack, deploy it again, and use what was kept: the queue has its URL, a repeated event its record."""
    event = fresh(body_of("loan-returned"))
    before = {name: site.outputs[name] for name in ("QueueUrl", "DeadLetterQueueUrl", "DeliveriesTableName")}
    first = outcome_of(site, event)
    _discard_all(site)
    site.command("destroy", "--yes")
    site.command("deploy", "--yes")
    after = {name: site.outputs[name] for name in before}
    second = outcome_of(site, event)
    if (first, second) != ("delivered", "duplicate") or before != after:
        raise StepFailedError(f"the event was {first} before and {second} after; the same resources: {before == after}")
    return "queues and table were imported; an event from before is a duplicate"


def _discard_all(site: Site) -> None:
    """Discard the dead letters of earlier steps, because `destroy` rejects a stack that holds some."""
    found = json.loads(site.command("dead-letters", "list", "--output=json").stdout)["dead_letters"]
    if found:
        site.command("dead-letters", "discard", "--all", f"--count={len(found)}")


def outcome_of(site: Site, body: bytes) -> str:
    """Post a body, and return the outcome of its event."""
    reply = site.post(body)
    if not reply.receipt_id:
        raise StepFailedError(f"the event got {reply.status}: {reply.error}")
    log = OutcomeLog(site.aws, site.outputs["ProcessorLogGroupName"], late_seconds=300)
    receipt_id = reply.receipt_id

    def look() -> Any:
        (log.insist if site.is_emulator else log.read)()
        return log.outcomes.get(receipt_id)

    return str(eventually(look, seconds=60)["outcome"])


def use_domain(site: Site) -> str:
    """Deploy with a domain and post to it at the target of its DNS record, which need not exist yet."""
    options = site.options
    if not (options.domain and options.certificate):
        raise NotGivenError("give DOMAIN=name and CERTIFICATE=ARN, a certificate for it in the same region")
    parameters = (f"--parameter=DomainName={options.domain}", f"--parameter=CertificateArn={options.certificate}")
    site.command("deploy", "--yes", *parameters)
    target = site.outputs["DomainTarget"]
    status = None if site.is_emulator else eventually(lambda: _post_to(site, target), seconds=300)
    site.command("deploy", "--yes", "--allow-removal", options.domain)
    site.only_on_aws("deployed with the domain, and without it again", "serves no domains")
    if status != http.client.OK:
        raise StepFailedError(f"the event got {status} at the domain")
    return "an event was accepted at the domain"


def _post_to(site: Site, target: str) -> int | None:
    """Post to the domain at this host, with the certificate of the domain. Return None until the host serves it."""
    body = fresh(body_of("loan-created"))
    headers = {
        "Host": site.options.domain,
        "Content-Type": "application/json",
        "X-Exl-Signature": signature(body, secret=site.secret()),
    }
    connection = _DomainConnection(target, site.options.domain)
    try:
        with closing(connection):
            connection.request("POST", f"/webhooks/{PROFILE}", body, headers)
            return connection.getresponse().status
    except OSError:  # the target has no DNS record yet, or its certificate is still being rolled out
        return None


class _DomainConnection(http.client.HTTPSConnection):
    """A connection to one host whose certificate has to be that of another name."""

    def __init__(self, target: str, domain: str) -> None:
        super().__init__(target, timeout=10)
        self._domain = domain

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self._domain)


_SUFFIXES: Final = ("", "-observability")


def clean_up(site: Site) -> str:
    """Delete everything, and look for what is left. An interrupted deployment is waited for."""
    eventually(lambda: not _changing(site), seconds=600)
    done = site.command("destroy", "--everything", "--yes", codes=(0, 1, 2))
    if left := left_over(site):
        raise StepFailedError(f"left over, delete it by hand: {', '.join(left)}")
    if done.returncode == 1:
        raise StepFailedError("destroy --everything failed: see commands.log")
    return "no stack, log group, queue or secret of the acceptance is left"


def left_over(site: Site) -> list[str]:
    """Return the names of what exists of an acceptance: stacks, log groups, secrets and queues."""
    return [*_described(site), *_log_groups(site), *_parameters(site), *_queues(site)]


def _described(site: Site) -> dict[str, str]:
    """Return the status of each stack of the acceptance, by name."""
    pages = site.aws.cloudformation.get_paginator("describe_stacks").paginate()
    found = {each["StackName"]: each["StackStatus"] for page in pages for each in page["Stacks"]}
    return {name: found[name] for suffix in _SUFFIXES if (name := f"{site.stack_name}{suffix}") in found}


def _changing(site: Site) -> bool:
    return any(status.endswith("_IN_PROGRESS") and "REVIEW" not in status for status in _described(site).values())


def _log_groups(site: Site) -> list[str]:
    prefixes = (f"/aws/lambda/{site.stack_name}", f"/aws/vendedlogs/apigateway/{site.stack_name}", site.stack_name)
    pages = [
        page
        for prefix in prefixes
        for page in site.aws.logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
    ]
    return [each["logGroupName"] for page in pages for each in page["logGroups"]]


def _parameters(site: Site) -> list[str]:
    found = site.aws.ssm.get_parameters_by_path(Path=f"/alma-webhooks/{site.options.stage}/{PROFILE}")
    return [each["Name"] for each in found["Parameters"]]


def _queues(site: Site) -> list[str]:
    urls = site.aws.sqs.list_queues(QueueNamePrefix=site.stack_name).get("QueueUrls", [])
    return [urlsplit(url).path.rpartition("/")[2] for url in urls]
