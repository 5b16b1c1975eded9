"""The commands `rollback` and `upgrade-check`, and `destroy --everything`: flags, questions and output."""

import typer

from scripts.cli.exit_codes import RejectedError
from scripts.cli.flag_groups import expand
from scripts.cli.options import Output, OutputOption
from scripts.cli.prompts import check_can_ask
from scripts.deploy import flags
from scripts.deploy.commands import approval, interruptible, service_at


@expand
def rollback(*, options: flags.RollbackOptions, output: OutputOption = Output.text) -> None:
    """Restore the deployment before the last: templates, code, routes and parameters. Shows the changes, and asks.

    Restores the newest recorded deployment that differs from the stack. Secret parameters keep their values.

    Exits 3 if it is rejected, as for a removal without --allow-removal, or while messages wait that the older code
    cannot read.

    Example: alma-webhooks rollback --stage prod --dry-run
    """
    check_can_ask(yes=options.yes or options.dry_run)
    with interruptible("a change that has started; run this command again afterwards"):
        from scripts.cli.output import notice, print_result  # only now: these import much
        from scripts.deploy import output as shown
        from scripts.deploy.plan_lines import dry_run_lines
        from scripts.deploy.upgrade_output import ahead_line, show_rollback

        service = service_at(options)
        planned = service.plan_rollback(options)
        show_rollback(planned)
        if options.dry_run:
            print_result(output, planned.as_data(), dry_run_lines(planned, service.command(options.apply)))
            return
        result = service.roll_back(planned, approval(yes=options.yes))
        notice(ahead_line(planned.record))
        shown.print_proven(service, result, output)


@expand
def upgrade_check(*, options: flags.UpgradeCheckOptions, output: OutputOption = Output.text) -> None:
    """Show what a deployment with this version would change on the stack, and what in the project is deprecated.

    Changes nothing. Exits 0 if nothing would change, 4 for changes, 5 for changes with removals.

    Example: alma-webhooks upgrade-check --stage prod
    """
    from scripts.cli.output import notice, print_result
    from scripts.deploy.upgrade_output import check_lines

    service = service_at(options)
    notice("checking and building the code")
    found = service.check_upgrade(options.deployment)
    print_result(output, found.as_data(), check_lines(found))
    raise typer.Exit(found.plan.exit_code)


def destroy_everything(options: flags.DestructionOptions, output: Output) -> None:
    """Export, ask, and delete a stack with everything that `destroy` keeps. Raise RejectedError unless confirmed."""
    from scripts.cli.output import print_result
    from scripts.deploy.upgrade_output import everything_lines, show_everything

    service = service_at(options)
    planned = service.plan_everything()
    show_everything(planned)
    planned.destruction.check()
    wanted = f"{planned.destruction.place.stack} everything"
    if not options.yes and typer.prompt(f"Type {wanted} to confirm", err=True) != wanted:
        raise RejectedError("The text does not match, so nothing was deleted.")
    with interruptible("a deletion that has started"):
        result = service.destroy_everything(planned)
    print_result(output, result.as_data(), everything_lines(result))
    result.check()
