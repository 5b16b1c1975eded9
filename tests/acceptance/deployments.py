"""Steps that deploy: the first deployment, its health, the import of what was kept, and a domain."""

import http.client
import json
import ssl
from contextlib import closing, suppress
from typing import Any

from scripts.alma_client.client import signature
from scripts.local.observe import OutcomeLog
from tests.acceptance.operations import alarm_queue
from tests.acceptance.site import PROFILE, NotGivenError, Site, StepFailedError
from tests.end_to_end.running import eventually
from tests.end_to_end.test_events import fresh
from tests.samples import body_of


def deploy(site: Site) -> str:
    """Deploy into an empty place, then plan the same deployment again."""
    site.write_project()
    site.command("deploy", "--yes")
    plan = site.command("deploy", "--dry-run", "--exit-code", codes=(0, 4, 5))
    if plan.returncode:
        raise StepFailedError("a second deployment would change something: see commands.log")
    return "deployed, the heartbeat was delivered, and a second deployment would change nothing"


def check_health(site: Site) -> str:
    """Run the health check, with a subscriber for the alarms and a first event, until the alarms have settled."""
    outcome_of(site, fresh(body_of("loan-created")))
    found: list[dict[str, str]] = []

    def look() -> bool:
        done = site.command("doctor", "--output=json", codes=(0, 1))
        found[:] = json.loads(done.stdout)["findings"]
        return not _problems(found)

    with alarm_queue(site), suppress(AssertionError):  # the findings say what is unhealthy
        eventually(look, seconds=20 if site.is_emulator else 180)
    if problems := _problems(found):
        raise StepFailedError("; ".join(problems))
    return f"healthy, by {len(found)} findings"


def _problems(findings: list[dict[str, str]]) -> list[str]:
    """Return what is unhealthy. A new API can answer its first requests with a 5XX, which then counts for an hour."""
    bad = [each for each in findings if each["state"] in {"unhealthy", "unknown"} and each["check"] != "requests"]
    return [each["message"] for each in bad]


def import_after_destroy(site: Site) -> str:
    """Destroy the stack, deploy it again, and use what was kept: the queue has its URL, a repeated event its record."""
    event = fresh(body_of("loan-returned"))
    before = {name: site.outputs[name] for name in ("QueueUrl", "DeadLetterQueueUrl", "DeliveriesTableName")}
    first = outcome_of(site, event)
    # Counts of queues are right only after a minute; until then `destroy` may reject the stack. An event of an earlier
    # step can still become a dead letter meanwhile.
    eventually(lambda: _is_discarded(site) and _is_destroyed(site), seconds=60)
    site.command("deploy", "--yes")
    after = {name: site.outputs[name] for name in before}
    second = outcome_of(site, event)
    if (first, second) != ("delivered", "duplicate") or before != after:
        raise StepFailedError(f"the event was {first} before and {second} after; the same resources: {before == after}")
    return "queues and table were imported; an event from before is a duplicate"


def _is_destroyed(site: Site) -> bool:
    return site.command("destroy", "--yes", codes=(0, 3)).returncode == 0


def _is_discarded(site: Site) -> bool:
    """Discard the dead letters of earlier steps, because `destroy` rejects a stack that holds some."""
    found = json.loads(site.command("dead-letters", "list", "--output=json").stdout)["dead_letters"]
    if not found:
        return True
    discard = ("dead-letters", "discard", "--all", f"--count={len(found)}")
    return site.command(*discard, codes=(0, 1, 3)).returncode == 0


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
    try:
        # Without a DNS record the proof of the deployment does not reach the stack, and the exit code is 1.
        site.command("deploy", "--yes", *parameters, codes=(0, 1))
        target = site.outputs["DomainTarget"]
        if not site.is_emulator:
            eventually(lambda: _post_to(site, target) == http.client.OK, seconds=300)
    finally:
        site.command("deploy", "--yes", "--allow-removal", options.domain)
    site.only_on_aws("deployed with the domain, and without it again", "serves no domains")
    return "an event was accepted at the domain"


def _post_to(site: Site, target: str) -> int | None:
    """Post to the domain at this host, with the certificate of the domain. Return None while nothing answers there."""
    body = fresh(body_of("loan-created"))
    headers = {
        "Host": site.options.domain,
        "Content-Type": "application/json",
        "X-Exl-Signature": signature(body, secret=site.secret()),
    }
    try:
        with closing(_DomainConnection(target, site.options.domain)) as connection:
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
