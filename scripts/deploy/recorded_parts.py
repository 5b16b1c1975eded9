"""Find the recorded deployment that a rollback restores, and the parts that it has, by the marks of their templates."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from scripts.aws import mark, stack
from scripts.aws.clients import Aws
from scripts.aws.parameters import listed
from scripts.aws.part_stacks import PARTS_OUTPUT, part_names
from scripts.cli.exit_codes import RejectedError
from scripts.deploy import optional_parts
from scripts.deploy.artefacts import Artefacts
from scripts.deploy.records import DeploymentRecord, DeploymentRecords, StackRecord
from scripts.deploy.retained import Place
from scripts.deploy.stack_part import CODE_KEY, StackPart

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

HIDDEN: Final = "****"
"""What CloudFormation shows of a NoEcho parameter with a value."""


def known_names(aws: Aws, place: Place, pipeline: "StackTypeDef | None") -> list[str]:
    """Return the names of the further parts that a described pipeline has, and those of its newest record.

    The stack of a removed part is deleted last. If a deployment ends before that, the pipeline no longer names the
    part, but the deployment has recorded nothing. Raise FailedError for a record that cannot be read.
    """
    records = DeploymentRecords(Artefacts(aws, place.account, place.region), place.stack)
    newest = next(records.newest_first(), None)
    recorded = part_names(newest.values) if newest else []
    return list(dict.fromkeys([*optional_parts.further_names(pipeline), *recorded]))


def parts_of(record: DeploymentRecord, templates: Iterable[Any]) -> tuple[StackPart, ...]:
    """Return the parts of a recorded deployment by its templates, further ones with the keys of their zips."""
    known = {part.mark: part for part in optional_parts.possible()}
    names = [mark.part_of_template(each or {}) for each in templates]
    parts = (known.get(name, StackPart(f"-{name}", Path(), name)) for name in names)
    keys = (each.parameters.get(CODE_KEY, "") for each in record.stacks)
    return tuple(part._replace(code_key=key) for part, key in zip(parts, keys, strict=True))


def restorable(
    aws: Aws,
    artefacts: Artefacts,
    pipeline: str,
    described: "Mapping[str, StackTypeDef | None]",
    records: Sequence[DeploymentRecord],
) -> DeploymentRecord:
    """Return the newest record that differs from the stacks, if all that it needs still exists.

    `described` are the stacks of the pipeline of this name, by their names. Raise RejectedError.
    """
    now = {name: stack.template(aws, name) for name, each in described.items() if each}
    for record in records:
        recorded = [json.loads(artefacts.read(each.template) or b"null") for each in record.stacks]
        names = [pipeline + part.suffix for part in parts_of(record, recorded)]
        stacks = [described.get(name) for name in names]
        is_same = recorded == [now.get(name) for name in names] and all(map(_has_values, stacks, record.stacks))
        if not is_same:
            _check_artefacts(artefacts, record)
            return record
    raise RejectedError(
        "Nothing was changed, because no earlier deployment of this stack is recorded. Each deployment of this version "
        "records itself; to go back further, deploy the older folder with the older version."
    )


def _check_artefacts(artefacts: Artefacts, record: DeploymentRecord) -> None:
    if missing := [key for key in record.artefacts if artefacts.read(key) is None]:
        raise RejectedError(
            f"The deployment of {record.time} cannot be restored, because bucket {artefacts.bucket} no longer "
            f"has {', '.join(missing)}. Nothing was changed. Deploy an older folder instead."
        )


def with_deployed(recorded: str, pipeline: "StackTypeDef | None") -> str:
    """Return the value of the parameter Parts with the deployed parts: those that a record lacks stay as they are."""
    return ",".join(dict.fromkeys([*optional_parts.further_names(pipeline), *listed(recorded)]))


def _has_values(described: "StackTypeDef | None", record: StackRecord) -> bool:
    now, outputs = stack.parameters_of(described), stack.outputs_of(described)
    compared = {name: value for name, value in record.parameters.items() if name != PARTS_OUTPUT}
    is_same = all(now.get(name) == value for name, value in compared.items() if now.get(name) != HIDDEN)
    return is_same and all(outputs.get(name, value) == value for name, value in record.lists.items())
