"""Runs the acceptance: `make aws-acceptance STAGE=dev REGION=eu-central-1`, or `ARGS=--emulator` to try it here."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from scripts.aws import emulator, ports
from scripts.aws.context import aws_errors_explained
from scripts.cli.exit_codes import CommandError, RejectedError
from scripts.cli.signals import Interrupts
from tests.acceptance import cleaning, deployments, operations, traffic
from tests.acceptance.report import markdown
from tests.acceptance.site import PROFILE, Options, Site
from tests.acceptance.step import FAILED, NOT_RUN, Step, run_steps
from tests.end_to_end.running import Patience

_CLEAN_UP: Final = Step("clean-up", "that nothing is left", cleaning.clean_up, always=True)
STEPS: Final = (
    Step("deploy", "the templates, roles and the heartbeat", deployments.deploy, essential=True),
    Step("doctor", "what the health check reads", deployments.check_health),
    Step("integration tests", "every sample, from the gateway to its target", traffic.run_tests),
    Step("exact bytes", "that the gateway passes on bodies unchanged", traffic.keep_bytes),
    Step("1 MiB topics", "messages above 256 KiB, and a queue without room for them", traffic.large_messages),
    Step("alarms", "the composite alarm of the page, the encrypted topic, subscribers", operations.ring_page),
    Step("redrive", "RedriveExecution", operations.redrive),
    Step("KMS", "a secret under a key of one's own, and a disabled key", operations.use_own_key),
    Step("throttle", "429 of the gateway, and that nothing accepted is lost", traffic.exceed_throttle),
    Step("fair groups", "that a flood does not delay other families", traffic.flood),
    Step("custom domain", "the domain of the API", deployments.use_domain),
    Step("import", "that a deployment after `destroy` imports what was kept", deployments.import_after_destroy),
    _CLEAN_UP,
)
_AWS_TIMES: Final = 5.0
_AWS_PAUSE_SECONDS: Final = 1.0


def main(arguments: Sequence[str]) -> int:
    """Run the steps and write the report. Return 0 if none failed, 1 if one did, 2 or 3 for a wrong invocation."""
    parsed = _parser().parse_args(arguments)
    if not parsed.emulator and not parsed.region:
        print("Pass --region, for example eu-central-1.", file=sys.stderr)  # noqa: T201 -- a command
        return 2
    try:
        with Interrupts() as interrupts, ExitStack() as stack:
            endpoint = None
            if parsed.emulator:
                endpoint = stack.enter_context(emulator.started(ports.free(0), interrupts)).endpoint_url
            return _accept(_site(parsed, endpoint), _chosen(parsed.only))
    except CommandError as error:
        print(error, file=sys.stderr)  # noqa: T201 -- a command
        return error.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make aws-acceptance", description=__doc__)
    parser.add_argument("--stage", choices=("dev", "stg"), required=True, help="not prod: it posts invented events")
    parser.add_argument("--region", default="", help="the AWS region")
    parser.add_argument("--emulator", action="store_true", help="start an emulator and use it instead of AWS")
    parser.add_argument("--domain", default="", help="a domain name for the API, with --certificate")
    parser.add_argument("--certificate", default="", help="the ARN of a certificate for it, in the same region")
    parser.add_argument("--folder", type=Path, default=Path("build/acceptance"), help="where files are written")
    parser.add_argument(
        "--only",
        action="append",
        choices=[step.name for step in STEPS],
        metavar="STEP",
        help="run this step and those that deploy and delete, repeatable",
    )
    parser.add_argument("--yes", action="store_true", help="skip the confirmation prompt")
    return parser


def _site(parsed: argparse.Namespace, endpoint: str | None) -> Site:
    """Return the site, unless something of an earlier acceptance is in the way. Raise RejectedError."""
    region = emulator.REGION if endpoint else parsed.region
    site = Site(Options(parsed.stage, region, endpoint, parsed.domain, parsed.certificate, parsed.folder.resolve()))
    with aws_errors_explained():
        left = [] if parsed.only == [_CLEAN_UP.name] else cleaning.left_over(site)
    if left:
        raise RejectedError(
            f"There is already: {', '.join(left)}. If it is of an earlier acceptance, delete it with "
            f"ARGS='--only clean-up'. A secret of a profile of yours named {PROFILE} would be lost."
        )
    if not endpoint and not parsed.yes:
        _confirm(site)
    return site


def _confirm(site: Site) -> None:
    """Ask before anything is made in an account. Raise RejectedError."""
    with aws_errors_explained():
        account = site.aws.sts.get_caller_identity()["Account"]
    print(  # noqa: T201 -- a command
        f"This deploys the stack {site.stack_name} with the Alma profile {PROFILE} into account {account}, "
        f"{site.options.region},\nposts some thousands of invented events, and deletes everything at the end. It takes "
        "an hour or two, for which\nyour credentials have to be valid, and costs less than 5 USD. Three KMS keys are "
        "deleted after seven days.\nIt shares the account's Lambda concurrency, and `doctor` of another stack of the "
        f"stage shows the profile\n{PROFILE} meanwhile; so do not use an account with a stack of the stage prod.\n"
        "Type the stage to go on."
    )
    if not sys.stdin.isatty() or input("> ").strip() != site.options.stage:
        raise RejectedError("Nothing was done. Type the stage, or pass --yes without a terminal.")


def _chosen(names: Sequence[str] | None) -> list[Step]:
    """Return the steps of these names, or all, with those that every run needs."""
    if names == [_CLEAN_UP.name]:
        return [_CLEAN_UP]
    return [step for step in STEPS if not names or step.essential or step.always or step.name in names]


def _accept(site: Site, steps: Sequence[Step]) -> int:
    if not site.is_emulator:
        Patience.times, Patience.pause_seconds = _AWS_TIMES, _AWS_PAUSE_SECONDS
    site.options.folder.mkdir(parents=True, exist_ok=True)
    begun = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    results = run_steps(steps, site, _show)
    report = site.options.folder / "report.md"
    report.write_text(markdown(site, results, _commit(), begun), "utf-8")
    print(f"The report: {report}")  # noqa: T201 -- a command
    return int(any(each.status in {FAILED, NOT_RUN} for each in results))


def _show(line: str) -> None:
    with suppress(OSError):  # a closed terminal must not keep the clean-up from running
        print(line, flush=True)  # noqa: T201 -- a command


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S607 -- git from PATH
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
