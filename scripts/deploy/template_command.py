"""The command `template`: its flags and its output. `scripts.deploy.portable_template` composes the template."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

from scripts.cli.flag_groups import expand
from scripts.cli.options import StackFlags


class TemplateFormat(StrEnum):
    """The formats that CloudFormation reads."""

    yaml = "yaml"
    json = "json"


PartOption = Annotated[
    str, typer.Option(help="pipeline, observability, notifications, or a further part of the project.")
]
FormatOption = Annotated[TemplateFormat, typer.Option(help="The format of the template.")]
AccountOption = Annotated[
    str | None, typer.Option(help="The account in ARNs; default: the file's, else ${AWS::AccountId}.")
]


@dataclass(frozen=True, kw_only=True)
class TemplateOptions(StackFlags):
    """The flags of `template`."""

    part: PartOption = "pipeline"
    format: FormatOption = TemplateFormat.yaml
    account: AccountOption = None


@expand
def template(*, options: TemplateOptions) -> None:
    """Print the template of a stack as `deploy` sends it, for other deployment tools. Uses no AWS.

    Loops are expanded, and the project's values are the defaults of the parameters. Parameters without a default are
    yours to pass: the bucket and the keys of the zips, and for the alarms the outputs of the pipeline's stack.

    Example: alma-webhooks template --stage prod --part observability
    """
    from scripts.aws.address import address_of_project
    from scripts.cli.output import notice
    from scripts.cli.terminal import escape
    from scripts.deploy import optional_parts
    from scripts.deploy.portable_template import ACCOUNT, REGION, portable
    from scripts.deploy.stack_name import checked_name
    from scripts.project.models import SsmReference

    address = address_of_project(options)
    project, stack, region = address.needed_project, checked_name(address.stack), address.region
    settings, account = project.settings(address.stage), options.account or address.account
    parts = [part.mark for part in optional_parts.wanted(project, address.stage)]
    _check_part(options.part, parts, f"stages.{address.stage} in {project.path}")
    templates = dict(zip(parts, portable(project, address.stage, stack, account, region), strict=True))
    notice(
        escape(f"project {project.folder}, stack {stack}, ARNs with account {account or ACCOUNT}, {region or REGION}")
    )
    secret = [name for name, value in settings.parameters.items() if isinstance(value, SsmReference)]
    for name in secret:
        notice(f"the parameter {name} is a reference to SSM: pass its value when you deploy the template")
    chosen = templates[options.part]
    typer.echo(json.dumps(chosen, indent=2) if options.format is TemplateFormat.json else _yaml(chosen), nl=False)


def _check_part(part: str, parts: Collection[str], where: str) -> None:
    from scripts.cli.exit_codes import ConfigurationError

    if part not in parts and part == "notifications":
        raise ConfigurationError(f"The stage has no {part}. To add them, write {part}: true under {where}.")
    if part not in parts:
        raise ConfigurationError(f"The project has no part {part}; --part takes {', '.join(parts)}.")


def _yaml(template: object) -> str:
    import yaml

    class Plain(yaml.SafeDumper):
        """Repeats equal parts, because CloudFormation reads no anchors."""

        def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 -- PyYAML's own
            return True

    return yaml.dump(template, Dumper=Plain, sort_keys=False, width=120, allow_unicode=True)
