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
from scripts.cli.options import ROUTES, Output, OutputOption, ProjectOption, StackFlags
from scripts.cli.prompts import check_can_ask
from scripts.deploy import flags
from scripts.deploy.runtime import Architecture

if TYPE_CHECKING:
    from scripts.deploy.change_sets import ChangeSet
    from scripts.deploy.service import DeployService
    from scripts.deploy.stack_deployer import Approve


@expand
def deploy(*, options: flags.DeploymentOptions, output: OutputOption = Output.text) -> None:
    """Deploy the pipeline, and prove it with a heartbeat. Shows every change by name, and asks before it applies them.

    alma-webhooks.yaml and routes.yaml of the project say what the stack is.

    Imports queues, table and bucket of a deleted stack of the same name. Exits 1 if the deployment fails or its signed
    heartbeat is not delivered within 60 s, and 3 if it is rejected, as for a removal without --allow-removal.

    Example: alma-webhooks deploy --stage prod --dry-run
    """
    check_can_ask(yes=options.yes or options.dry_run)
    with interruptible("a change that has started; run this command again afterwards"):
        run_deployment(service_at(options), options, output)


@expand
def destroy(*, options: flags.DestructionOptions, output: OutputOption = Output.text) -> None:
    """Delete the pipeline. Keep its queues, its table, its bucket and the secrets of its Alma profiles.

    A new deployment under the same name imports what was kept. Exits 3 while a queue holds events.

    With --everything nothing is kept: it exports the dead letters and the audit log to the current folder, then deletes
    all. Exits 1 if something could not be deleted.

    Example: alma-webhooks destroy --stage dev
    """
    from scripts.cli.output import print_result
    from scripts.deploy.output import destruction_lines, show_destruction

    check_can_ask(yes=options.yes)
    if options.everything:
        from scripts.deploy.upgrade_commands import destroy_everything

        destroy_everything(options, output)
        return
    service = service_at(options)
    planned = service.plan_destruction()
    show_destruction(planned)
    planned.check()
    if not options.yes and typer.prompt(f"Type {planned.place.stack} to confirm", err=True) != planned.place.stack:
        raise RejectedError("The name does not match, so nothing was deleted.")
    with interruptible("a deletion that has started"):
        data = service.destroy(planned)
    print_result(output, data, destruction_lines(data))


def package(
    target: flags.PackageTargetOption = flags.PackageTarget.host,
    architecture: flags.ArchitectureOption = Architecture.arm64,
    python: flags.PythonOption = None,
    sentry: flags.SentryOption = False,  # noqa: FBT002 -- a flag
    notifications: flags.NotificationsOption = False,  # noqa: FBT002 -- a flag
    part: flags.PartOption = None,
    project: ProjectOption = None,
    out: flags.OutOption = Path("build"),
) -> None:
    """Build the zips of both functions, and of further parts. The same files always give the same bytes.

    Without Lambda's Python on this computer, zips for Lambda have no compiled modules.

    Example: alma-webhooks package --target lambda
    """
    from scripts.cli.output import notice
    from scripts.deploy import package as packaging
    from scripts.deploy.part_package import build_named

    is_for_lambda = target is flags.PackageTarget.lambda_
    made_for = packaging.for_lambda(architecture, python, with_sentry=sentry) if is_for_lambda else None
    if made_for and made_for.note:
        notice(f"note: {made_for.note}")
    packages = packaging.build_product(made_for, ROUTES, with_notifications=notifications)
    packages += build_named(project, part, made_for) if part else []
    for path, built in zip(packaging.write(packages, out), packages, strict=True):
        typer.echo(f"{path}  {len(built.content)} bytes  {built.key}")


def run_deployment(service: "DeployService", options: flags.DeploymentOptions, output: Output) -> None:
    """Plan, show, ask, deploy and prove. Raise RejectedError unless the answer is yes."""
    from scripts.cli.output import notice, print_result
    from scripts.deploy import output as shown
    from scripts.deploy.plan_lines import dry_run_lines

    notice("checking and building the code")
    planned = service.plan(options)
    shown.show_plan(planned)
    if options.dry_run:
        print_result(output, planned.as_data(), dry_run_lines(planned, service.command(options.apply)))
        raise typer.Exit(planned.exit_code if options.exit_code else 0)
    result = service.deploy(planned, approval(yes=options.yes))
    shown.print_proven(service, result, output)


def approval(*, yes: bool) -> "Approve":
    """Return what shows each change set, and raises RejectedError unless the answer is yes."""
    from scripts.deploy.output import show_changes

    def approve(change_set: "ChangeSet") -> None:
        show_changes(change_set)
        if not yes and not typer.confirm(f"Apply these changes to {change_set.request.name}?", err=True):
            raise RejectedError(f"Not confirmed, so stack {change_set.request.name} was not changed.")

    return approve


def service_at(flags: StackFlags) -> "DeployService":
    """Return the service for the address of the flags, which it prints. Raise ConfigurationError without a project."""
    from scripts.aws.address import address_of_project
    from scripts.aws.context import clients_at
    from scripts.aws.stack_command import show_address
    from scripts.cli.output import notice
    from scripts.deploy.service import DeployService

    address = address_of_project(flags)
    aws = clients_at(address)
    show_address(address, aws.cloudformation.meta.region_name, aws.sts.get_caller_identity()["Account"])
    return DeployService(aws, address, notice)


@contextmanager
def interruptible(begun: str) -> Iterator[None]:
    """End with one sentence after Ctrl-C. Raise StoppedError."""
    try:
        yield
    except KeyboardInterrupt:
        raise StoppedError(f"Interrupted. CloudFormation finishes {begun}.") from None
