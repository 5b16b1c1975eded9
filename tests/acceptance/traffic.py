"""Steps that send events: the end-to-end tests, exact bytes, large messages, the throttle, and groups in a flood."""

import collections
import json
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from scripts.alma_client.client import Reply
from scripts.cli.exit_codes import FailedError
from scripts.cli.plural import plural
from scripts.cli.signals import Interrupts
from scripts.local.observe import OutcomeLog, subscribed
from tests.acceptance.site import PROFILE, Site, StepFailedError
from tests.end_to_end.paused import paused
from tests.end_to_end.running import eventually
from tests.end_to_end.test_events import fresh
from tests.samples import body_of

ROOT: Final = Path(__file__).parents[2]
_THREADS: Final = 64
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


@contextmanager
def _small_queue(site: Site, topic: str) -> Iterator[tuple[str, str]]:
    """Subscribe a queue that accepts 256 KiB, with a dead-letter queue for its subscription; yield both URLs."""
    name = site.new_name("small")
    arn = topic.replace(":sns:", ":sqs:").rpartition(":")[0]
    allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    urls = []
    for queue in (name, f"{name}-dead"):
        statement = {**allow, "Resource": f"{arn}:{queue}", "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        attributes: Any = {"MaximumMessageSize": "262144", "Policy": policy}
        urls.append(site.aws.sqs.create_queue(QueueName=queue, Attributes=attributes)["QueueUrl"])
    redrive = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": f"{arn}:{name}-dead"})}
    found = site.aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"{arn}:{name}", Attributes=redrive)
    try:
        yield urls[0], urls[1]
    finally:
        site.aws.sns.unsubscribe(SubscriptionArn=found["SubscriptionArn"])
        for url in urls:
            site.aws.sqs.delete_queue(QueueUrl=url)


def _arrived_at_small_queue(site: Site, topic: str) -> str:
    """Return what SNS does with a message that is too large for a subscribed queue."""
    with _small_queue(site, topic) as (small, dead):
        site.post(large_body(600_000))
        for _ in range(1 if site.is_emulator else 12):
            for url, what in ((small, "delivers"), (dead, "moves to the dead-letter queue of the subscription")):
                if site.aws.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5).get("Messages"):
                    return what
    return "drops"


def exceed_throttle(site: Site) -> str:
    """Post faster than the throttle allows: some get 429, and none of the accepted events is missing."""
    count = 100 if site.is_emulator else 2_000
    with site.deployed_with("ThrottlingRateLimit=100", "ThrottlingBurstLimit=100"):
        statuses = collections.Counter(each.status for each in _post_all(site, ["loan-created"] * count))
    reconcile = ("reconcile", "--since", "1h", "--alma-profile", PROFILE)
    eventually(lambda: site.command(*reconcile, codes=(0, 1)).returncode == 0, seconds=120)
    seen = ", ".join(f"{number} with {status}" for status, number in sorted(statuses.items()))
    site.only_on_aws(f"{seen}; no accepted event is missing", "never throttles")
    if not statuses[429]:
        raise StepFailedError(f"no request was throttled: {seen}")
    return f"{seen}; no accepted event is missing"


def flood(site: Site) -> str:
    """Post a flood of records before some loans, and compare when each was processed."""
    records, loans = (40, 4) if site.is_emulator else (3_000, 30)
    function = site.outputs["ProcessorFunctionName"]
    with paused(site.aws, function):
        site.sleep(0 if site.is_emulator else 60)  # an event source mapping stops after a while
        flooded = _ids(_post_all(site, ["bib-updated"] * records))
        quiet = _ids(_post_all(site, ["loan-returned"] * loans))
    order = _order(site, {*flooded, *quiet})
    rank = max(order.index(receipt_id) for receipt_id in quiet)
    last = f"the last of {plural(len(quiet), 'loan')} was number {rank + 1} of {len(order)}"
    site.only_on_aws(last, "keeps the groups of messages and does not schedule by them")
    if rank > len(order) // 2:
        raise StepFailedError(f"{last}: the quiet group waited for the flood")
    return last


def _post_all(site: Site, samples: Sequence[str]) -> list[Reply]:
    """Post new events made from these samples, as fast as this computer can; a lost answer is left out."""
    url, secret = site.scope.listener_url(PROFILE), site.secret()

    def send(sample: str) -> Reply | None:
        with suppress(FailedError):
            return site.post(fresh(body_of(sample)), url, secret)
        return None

    with ThreadPoolExecutor(8 if site.is_emulator else _THREADS) as pool:
        return [reply for reply in pool.map(send, samples) if reply]


def _ids(replies: Sequence[Reply]) -> set[str]:
    return {reply.receipt_id for reply in replies if reply.receipt_id}


def _order(site: Site, wanted: set[str]) -> list[str]:
    """Wait for all outcomes, and return their receipt ids in the order in which they were logged."""
    log = OutcomeLog(site.aws, site.outputs["ProcessorLogGroupName"], late_seconds=1800)

    def look() -> bool:
        (log.insist if site.is_emulator else log.read)()
        return wanted <= log.outcomes.keys()

    eventually(look, seconds=300)
    return sorted(wanted, key=lambda receipt_id: str(log.outcomes[receipt_id]["timestamp"]))
