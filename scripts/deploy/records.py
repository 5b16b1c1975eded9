"""Record each deployment in the bucket of the artefacts, as deployments/STACK/TIME.json. All records are kept.

A record names what the deployment used, by digest, so that `rollback` can restore it. It holds no NoEcho value.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, Self

from ingest import envelope
from ingest.envelope import rfc3339
from scripts.aws import mark
from scripts.cli.exit_codes import FailedError
from scripts.deploy.artefacts import Artefacts, TemplateCopy
from scripts.deploy.stack_deployer import SentStack, StackResult
from scripts.deploy.stack_part import CODE_KEY

_FORMAT: Final = 1
_CODE: Final = ("IngestCodeKey", "ProcessorCodeKey", "NotificationsCodeKey", CODE_KEY)


class StackRecord(NamedTuple):
    """One stack of a recorded deployment: the S3 key of its template, its parameters, its lists.

    `secret` are the NoEcho parameters that had a value; those without are empty in `parameters`.
    """

    template: str
    parameters: dict[str, str]
    lists: dict[str, str]
    secret: list[str]

    @classmethod
    def of(cls, sent: SentStack) -> Self:
        """Return the record of what was sent to CloudFormation."""
        values = {each["ParameterKey"]: each.get("ParameterValue", "") for each in sent.parameters}
        kept = {each["ParameterKey"] for each in sent.parameters if each.get("UsePreviousValue")}
        rules = json.loads(sent.template).get("Parameters", {})
        secret = [name for name in values if rules.get(name, {}).get("NoEcho") and (values[name] or name in kept)]
        shown = {name: value for name, value in values.items() if name not in secret}
        return cls(TemplateCopy(sent.template).key, shown, dict(sent.lists), secret)


class DeploymentRecord(NamedTuple):
    """One deployment. `time` is RFC 3339; `envelope_version` the newest that its code reads and the one it writes."""

    stack: str
    time: str
    version: str
    project: str
    envelope_version: str
    stacks: tuple[StackRecord, ...]

    @property
    def values(self) -> dict[str, str]:
        """All recorded parameters and lists; of a name that several stacks have, the value of the pipeline."""
        found: dict[str, str] = {}
        for each in reversed(self.stacks):
            found |= each.lists | each.parameters
        return found

    @property
    def artefacts(self) -> list[str]:
        """The S3 keys of everything that restoring it needs: templates, zips and routes."""
        values, sent = self.values, [each.parameters for each in self.stacks]
        code = dict.fromkeys(each[name] for each in sent for name in _CODE if each.get(name))
        routes = [f"routes/{values['RoutesDigest']}.yaml"] if values.get("RoutesDigest") else []
        return [*(each.template for each in self.stacks), *code, *routes]

    @property
    def key(self) -> str:
        """The S3 key. Its order is that of time."""
        return f"{_prefix(self.stack)}{self.time}.json"

    @property
    def content(self) -> bytes:
        """The record as JSON."""
        data = {"format": _FORMAT, **self._asdict(), "stacks": [each._asdict() for each in self.stacks]}
        return json.dumps(data, indent=2).encode()

    @classmethod
    def parse(cls, content: bytes, key: str) -> Self:
        """Return the record. Raise FailedError, which quotes the key, for content that is not one."""
        try:
            data: dict[str, Any] = json.loads(content)
            stacks = tuple(StackRecord(**each) for each in data.pop("stacks"))
            if data.pop("format") != _FORMAT:
                raise FailedError(f"The record {key} has a format of a newer version. Install that version.")
            return cls(**data, stacks=stacks)
        except (ValueError, TypeError, KeyError, AttributeError):
            raise FailedError(f"The record {key} is not the record of a deployment. Delete or restore it.") from None


class DeploymentRecords(NamedTuple):
    """The records of a stack's deployments."""

    artefacts: Artefacts
    stack: str

    def newest_first(self) -> Iterator[DeploymentRecord]:
        """Yield the records. Raise FailedError for one that cannot be read."""
        for key in reversed(self.artefacts.keys(_prefix(self.stack))):
            content = self.artefacts.read(key)
            if content is not None:
                yield DeploymentRecord.parse(content, key)

    def store(
        self, done: Sequence[StackResult], project: str, at: datetime, like: DeploymentRecord | None = None
    ) -> None:
        """Store the record and the templates, unless the newest record says the same.

        `like` is the older deployment that was restored, whose version and envelope_version count.
        """
        version, written = (like.version, like.envelope_version) if like else (mark.product_version(), envelope.VERSION)
        stacks = tuple(StackRecord.of(each.sent) for each in done)
        record = DeploymentRecord(self.stack, rfc3339(at.timestamp()), version, project, written, stacks)
        newest = next(self.newest_first(), None)
        if newest is None or newest._replace(time=record.time) != record:
            self.artefacts.upload([*(TemplateCopy(each.sent.template) for each in done), record])


def _prefix(stack: str) -> str:
    return f"deployments/{stack}/"
