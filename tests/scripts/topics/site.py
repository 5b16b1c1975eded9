"""A stage with notifications in process: its topics table, and what commands that change something need."""

import json
from pathlib import Path
from typing import Any, Final, NamedTuple

from scripts.aws.address import Address, resolve
from scripts.aws.context import StackContext
from scripts.cli.options import StackFlags
from scripts.project.folder import Project
from scripts.project.models import ProjectFile
from scripts.topics.service import TopicService
from tests.moto_resources import create_log_group, create_table

AUDIT: Final = "/alma-webhooks/alma-webhooks-dev/audit"
TABLE: Final = "alma-webhooks-dev-notifications-topics"
OUTPUTS: Final = {
    "Mark": json.dumps({"product": "alma-webhooks", "part": "notifications", "project": "library"}),
    "ApiId": "a1b2c3",
    "NotificationUrlBase": "https://a1b2c3.execute-api.us-east-1.amazonaws.com/v1/notifications/",
    "TopicsTableName": TABLE,
    "EmailConfigurationSetName": "alma",
}
TOPICS: Final = """\
channels:
  library:
    jobs:
      integrations:
        - {name: team, type: slack, model: "*$title* is due", configuration: {url: {ssm: slack-team}}}
        - name: desk
          type: email
          model: "$title ended"
          configuration: {from: alma@library.example, to: [desk@library.example], subject: "{{ title }}"}
  students:
    loans:
      integrations:
        - {name: text, type: sms, model: "Due: $title", configuration: {to: "{{ phone }}"}}
"""


class TopicSite(NamedTuple):
    """A stage with notifications, and the project folder that declares its topics."""

    scope: StackContext
    folder: Path

    @property
    def service(self) -> TopicService:
        """A new service."""
        return TopicService(self.scope)

    @property
    def items(self) -> dict[str, Any]:
        """The items of the table as DynamoDB has them, by name."""
        items = self.scope.aws.dynamodb.scan(TableName=TABLE)["Items"]
        return {item["Name"]["S"]: item for item in items}

    def declare(self, text: str = TOPICS) -> None:
        """Write notifications.yaml."""
        (self.folder / "notifications.yaml").write_text(text, "utf-8")

    def store(self, name: str, value: str = "invented-value") -> None:
        """Store a secret of the integrations."""
        name = f"/alma-webhooks/dev/notifications/{name}"
        self.scope.aws.ssm.put_parameter(Name=name, Value=value, Type="SecureString")


def described(**parameters: str) -> dict[str, Any]:
    """CloudFormation's description of the notifications stack."""
    return {
        "StackName": "alma-webhooks-dev-notifications",
        "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/alma-webhooks-dev-notifications/1",
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": [{"OutputKey": name, "OutputValue": value} for name, value in OUTPUTS.items()],
        "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
    }


def made(scope: StackContext, folder: Path) -> TopicSite:
    """Create the table of topics, that of the locks, the audit log, and a project folder."""
    aws = scope.aws
    for table, key in ((TABLE, "Name"), ("locks", "id")):
        create_table(aws, table, key)
    create_log_group(aws, AUDIT)
    (folder / "alma-webhooks.yaml").write_text("schema: 1\nname: library\nstages: {dev: {notifications: true}}\n")
    outputs = {**scope.stack.outputs, "LocksTableName": "locks", "AuditLogGroupName": AUDIT}
    return TopicSite(scope._replace(stack=scope.stack._replace(outputs=outputs), address=_address(folder)), folder)


def _address(folder: Path) -> Address:
    file = ProjectFile.model_validate({"schema": 1, "name": "library", "stages": {"dev": {"notifications": True}}})
    return resolve(StackFlags(), {}, Project(folder, file, "found from the current folder"))
