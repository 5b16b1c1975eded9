"""The last step of an acceptance: deletes everything, and looks for what is left."""

from contextlib import suppress
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from scripts.deploy import retained, stack_deployer
from scripts.deploy.retained import Place
from tests.acceptance.site import PROFILE, PROJECT_NAME, Site, StepFailedError
from tests.end_to_end.running import eventually


def clean_up(site: Site) -> str:
    """Delete everything, and look for what is left. An interrupted deployment is waited for."""
    if not site.project.exists():
        site.write_project()
    with suppress(AssertionError):  # what is left says it
        eventually(lambda: not _changing(site), seconds=600)
        _empty_queue(site)
        # Counts of queues are right only after a minute; until then the command may reject the stack.
        eventually(lambda: _is_destroyed(site), seconds=60)
        eventually(lambda: not left_over(site), seconds=30)  # SQS lists a deleted queue for up to a minute
    if left := left_over(site):
        raise StepFailedError(f"left over: {', '.join(left)}. Run {site.recovery}, or delete it by hand")
    return "no stack, log group, queue, table, bucket or secret of the acceptance is left"


def _is_destroyed(site: Site) -> bool:
    done = site.command("destroy", "--everything", "--yes", codes=(0, 1, 2, 3))
    return done.returncode in {0, 2}  # 2: there is no stack


def _empty_queue(site: Site) -> None:
    """Delete the events that an interrupted step has left on the webhook queue of the acceptance."""
    with suppress(ClientError):  # there is no such queue, or it was emptied within the last minute
        url = site.aws.sqs.get_queue_url(QueueName=f"{site.stack_name}-webhooks")["QueueUrl"]
        site.aws.sqs.purge_queue(QueueUrl=url)


def left_over(site: Site) -> list[str]:
    """Return the names of what exists of an acceptance: stacks, what they keep, log groups, secrets and queues."""
    names = [*_described(site), *_retained(site), *_log_groups(site), *_parameters(site), *_queues(site)]
    return list(dict.fromkeys(names))


def _described(site: Site) -> dict[str, str]:
    """Return the status of each stack of the acceptance, by name."""
    pages = site.aws.cloudformation.get_paginator("describe_stacks").paginate()
    found = {each["StackName"]: each["StackStatus"] for page in pages for each in page["Stacks"]}
    names = [f"{site.stack_name}{part.suffix}" for part in stack_deployer.PARTS]
    return {name: found[name] for name in names if name in found}


def _changing(site: Site) -> bool:
    return any(status.endswith("_IN_PROGRESS") and "REVIEW" not in status for status in _described(site).values())


def _retained(site: Site) -> list[str]:
    """Return the tables, queues, buckets and log groups that outlive the stacks."""
    found = []
    for part in stack_deployer.PARTS:
        place = Place.of(site.aws, f"{site.stack_name}{part.suffix}", PROJECT_NAME)
        found += retained.found(site.aws, part.load(), place)
    return [identifier for each in found for identifier in each["ResourceIdentifier"].values()]


def _log_groups(site: Site) -> list[str]:
    prefixes = (f"/aws/lambda/{site.stack_name}", f"/aws/vendedlogs/apigateway/{site.stack_name}")
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
