"""Steps that send events: the end-to-end tests, exact bytes, large messages, the throttle, and groups in a flood."""

import collections
import http
import json
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

from notifications.json_body import json_members
from scripts.aws.logs import pages
from scripts.aws.nudge import Nudger
from scripts.cli.plural import plural
from scripts.cli.signals import Interrupts
from scripts.local.observe import subscribed
from tests.acceptance.queues import queue_for, received, subscribed_to
from tests.acceptance.site import PROFILE, NotShownError, Site, StepFailedError
from tests.end_to_end.paused import paused
from tests.end_to_end.running import eventually
from tests.end_to_end.test_events import fresh
from tests.samples import body_of

ROOT: Final = Path(__file__).parents[2]
_ENOUGH_RATE: Final = 200.0  # requests a second that a throttle of 100 cannot all accept
_LOG_SECONDS: Final = 1800
_SUMMARY: Final = re.compile(r"=+ (.* in [0-9.]+s.*?) =+\s*$", re.MULTILINE)


def run_tests(site: Site) -> str:
    """Run the end-to-end tests that run on any stack."""
    words = ("-m", "pytest", str(ROOT / "tests" / "end_to_end"), "-p", "no:cacheprovider", "--rootdir", str(ROOT))
    done = site.call(*words, *site.flags, "--alma-profile", PROFILE)
    found = _SUMMARY.findall(done.stdout)
    if done.returncode or not found:
        raise StepFailedError(f"pytest ended with {done.returncode}: see commands.log")
    return str(found[-1])


def keep_bytes(site: Site) -> str:
    """Post unusual bytes and wrong signatures: the gateway passes on the exact bytes of a body."""
    url = site.scope.listener_url(PROFILE)
    host = re.sub(r"^https?://([^/:]+).*", r"\1", url)
    shares = ("--events=60", "--odd-bytes=0.5", "--bad-signatures=0.2", "--duplicates=0.1", "--seed=1")
    site.command("simulate", url, *shares, "--alma-profile", PROFILE, "--confirm-host", host)
    return "60 events, half of them with unusual bytes: each signature was judged rightly"


def large_body(size: int) -> bytes:
    """Return an event of about this many bytes that goes to the topic `other`."""
    return fresh(body_of("notification")).replace(b"{", b'{"padding": "%s", ' % (b"x" * size), 1)


def large_messages(site: Site) -> str:
    """Post a body of 600 KB: the topic accepts it, and a queue with room for it gets the whole message."""
    with site.deployed_with("TopicMessageBytes=1048576"):
        return _post_large_messages(site, {"other": site.scope.stack.topics["other"]})


def _post_large_messages(site: Site, topics: dict[str, str]) -> str:
    with subscribed(site.aws, topics, Interrupts()) as subscriptions:
        reply = site.post(large_body(600_000))

        def look() -> Any:
            subscriptions.receive(1)
            return next((seen for seen in subscriptions.sightings if seen.receipt_id == reply.receipt_id), None)

        seen = eventually(look, seconds=60)
    arrived = _arrived_at_small_queue(site, topics["other"])
    if seen.attributes["encoding"] == "s3":
        site.only_on_aws("the event arrived as a pointer", "knows no topics that accept more than 256 KiB")
        raise StepFailedError("the topic got a pointer instead of the message")
    return f"a message of {len(seen.body):,} bytes arrived whole; SNS {arrived} one for a queue of 256 KiB"


def _arrived_at_small_queue(site: Site, topic: str) -> str:
    """Return what SNS does with a message that is too large for a subscribed queue."""
    with queue_for(site, topic, "dead") as dead, queue_for(site, topic, "small", MaximumMessageSize="262144") as small:
        redrive = json.dumps({"deadLetterTargetArn": dead.arn})
        with subscribed_to(site, topic, small, RedrivePolicy=redrive):
            if site.post(large_body(600_000)).status != http.HTTPStatus.OK:
                raise StepFailedError("the second event was not accepted")
            for _ in range(1 if site.is_emulator else 12):
                if received(site, small):
                    return "delivers"
                if received(site, dead):
                    return "moves to the dead-letter queue of the subscription"
    return "drops"


def exceed_throttle(site: Site) -> str:
    """Post faster than the throttle allows: some get 429, and none of the accepted events is missing."""
    with site.deployed_with("ThrottlingRateLimit=100", "ThrottlingBurstLimit=100"):
        # Requests, because the loans of the next step have to be a quiet group.
        posted = site.post_all("request-created", 100 if site.is_emulator else 3_000)
    statuses = collections.Counter(each.status for each in posted.replies)
    reconcile = ("reconcile", "--since", "1h", "--alma-profile", PROFILE)
    eventually(lambda: site.command(*reconcile, codes=(0, 1)).returncode == 0, seconds=120)
    counts = ", ".join(f"{number} with {status}" for status, number in sorted(statuses.items()))
    seen = f"{counts}, at {posted.rate:.0f} requests a second; no accepted event is missing"
    site.only_on_aws(seen, "never throttles")
    if not statuses[http.HTTPStatus.TOO_MANY_REQUESTS] and posted.rate < _ENOUGH_RATE:
        raise NotShownError(f"{seen}. Not shown, because this computer posts too slowly for that throttle.")
    if not statuses[http.HTTPStatus.TOO_MANY_REQUESTS]:
        raise StepFailedError(f"no request was throttled: {seen}")
    return seen


def flood(site: Site) -> str:
    """Post a flood of records before some loans, and compare when each was processed."""
    records, loans = (40, 4) if site.is_emulator else (3_000, 30)
    with paused(site.aws, site.outputs["ProcessorFunctionName"]):
        flooded = site.post_all("bib-updated", records).receipt_ids
        quiet = site.post_all("loan-returned", loans).receipt_ids
    if len(flooded) < records // 2 or not quiet:
        raise StepFailedError(f"only {len(flooded)} records and {plural(len(quiet), 'loan')} were accepted")
    order = _order(site, flooded | quiet)
    rank = max(order.index(receipt_id) for receipt_id in quiet)
    last = f"the last of {plural(len(quiet), 'loan')} was number {rank + 1} of {len(order)}"
    site.only_on_aws(last, "keeps the groups of messages and does not schedule by them")
    if rank > len(order) // 2:
        raise StepFailedError(f"{last}: the quiet group waited for the flood")
    return last


def _order(site: Site, wanted: set[str]) -> list[str]:
    """Wait for all outcomes, and return their receipt ids in the order in which they were logged."""
    group, since = site.outputs["ProcessorLogGroupName"], int((time.time() - _LOG_SECONDS) * 1000)
    nudger, found = Nudger(site.aws, group.rpartition("/")[2], time.monotonic), dict[str, str]()

    def look() -> bool:
        nudger.nudge_if_due()
        with suppress(ClientError):  # a throttled look is repeated
            for page in pages(site.aws.logs, group, '{ $.message = "outcome" }', since, int(time.time() * 1000)):
                lines = [json_members(event["message"]) for event in page]
                outcomes = [line for line in lines if line.get("message") == "outcome" and "receipt_id" in line]
                found.update(
                    {line["receipt_id"]: line["timestamp"] for line in outcomes if line["receipt_id"] in wanted}
                )
        return wanted <= found.keys()

    eventually(look, seconds=300)
    return sorted(found, key=lambda receipt_id: found[receipt_id])
