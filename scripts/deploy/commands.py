"""The commands `deploy`, `destroy` and `package`: flags and questions; `scripts.deploy.service` does the work.

The work is imported when a command runs, so that completion answers at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from scripts.cli.exit_codes import RejectedError, StoppedError
from scripts.cli.flag_groups import expand
from scripts.cli.options import Output, OutputOption
from scripts.cli.prompts import check_can_ask
from scripts.deploy import flags
from scripts.deploy.runtime import Architecture

if TYPE_CHECKING:
    from scripts.deploy.change_sets import ChangeSet
    from scripts.deploy.service import DeployService


@expand
def deploy(*, options: flags.DeploymentOptions, output: OutputOption = Output.text) -> None:
    """Deploy the pipeline, and prove it with a heartbeat. Checks, shows the changes, and asks before it applies them.

    Imports queues, table and bucket of a deleted stack of the same name. Exits 1 if the deployment fails or its signed
    heartbeat is not delivered within 60 s, and 3 if it is rejected, as for a removal without --allow-removal.

    Example: alma-webhooks deploy --stage prod --parameter LogRetentionDays=180
    """
    check_can_ask(yes=options.yes)
    with _interruptible("a change that has started; run this command again afterwards"):
        run_deployment(_service(options), options, output)


@expand
def destroy(*, options: flags.DestructionOptions, output: OutputOption = Output.text) -> None:
    """Delete the pipeline. Keep its queues, its table, its bucket and the secrets of its Alma profiles.

    A new deployment under the same name imports what was kept. Exits 3 while a queue holds events.

    Example: alma-webhooks destroy --stage dev
    """
    from scripts.cli.output import print_result
    from scripts.deploy.output import destruction_lines, show_destruction

    check_can_ask(yes=options.yes)
    service = _service(options)
    planned = service.plan_destruction(options.stage, options.stack)
    show_destruction(planned)
    planned.check()
    if not options.yes and typer.prompt(f"Type {planned.place.stack} to confirm", err=True) != planned.place.stack:
        raise RejectedError("The name does not match, so nothing was deleted.")
    with _interruptible("a deletion that has started"):
        data = service.destroy(planned)
    print_result(output, data, destruction_lines(data))


def package(
    target: flags.PackageTargetOption = flags.PackageTarget.host,
    architecture: flags.ArchitectureOption = Architecture.arm64,
    python: flags.PythonOption = None,
    sentry: flags.SentryOption = False,  # noqa: FBT002 -- a flag
    out: flags.OutOption = Path("build"),
) -> None:
    """Build the zips of both functions. The same files always give the same bytes.

    Example: alma-webhooks package --target lambda
    """
    from scripts.deploy import package as packaging

    made_for = None
    if target is flags.PackageTarget.lambda_:
        made_for = packaging.for_lambda(architecture, python, with_sentry=sentry)
    packages = packaging.build_both(made_for)
    for path, built in zip(packaging.write(packages, out), packages, strict=True):
        typer.echo(f"{path}  {len(built.content)} bytes  {built.key}")


def run_deployment(service: "DeployService", options: flags.DeploymentOptions, output: Output) -> None:
    """Plan, show, ask, deploy and prove. Raise RejectedError unless the answer is yes."""
    from scripts.cli.output import notice, print_result
    from scripts.deploy import output as shown

    def approve(change_set: "ChangeSet") -> None:
        shown.show_changes(change_set)
        if not options.yes and not typer.confirm("Apply these changes?", err=True):
            raise RejectedError(f"Not confirmed, so stack {change_set.request.name} was not changed.")

    notice("checking and building the code")
    planned = service.plan(options)
    shown.show_plan(planned)
    result = service.deploy(planned, approve)
    for unchanged in (each["stack"] for each in result.data["stacks"] if not each["changes"]):
        notice(f"stack {unchanged}: nothing to change")
    if output is Output.text:
        print_result(output, None, shown.result_lines(result.data))
    try:
        service.prove(result)
    finally:  # programs need the result even if the proof failed
        if output is Output.json:
            print_result(output, result.data, ())
    if output is Output.text:
        print_result(output, None, shown.proof_lines(result.data["proof"]))


def _service(options: flags.DeploymentOptions | flags.DestructionOptions) -> "DeployService":
    from scripts.aws.context import clients
    from scripts.cli.output import notice
    from scripts.deploy.service import DeployService

    return DeployService(clients(options.endpoint_url, options.region, options.aws_profile), notice)


@contextmanager
def _interruptible(begun: str) -> Iterator[None]:
    """End with one sentence after Ctrl-C. Raise StoppedError."""
    try:
        yield
    except KeyboardInterrupt:
        raise StoppedError(f"Interrupted. CloudFormation finishes {begun}.") from None
