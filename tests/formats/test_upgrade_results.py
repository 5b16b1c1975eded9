"""The results of `rollback`, `upgrade-check` and `destroy --everything` for programs, and the stored records."""

import json

from scripts.aws.clients import Aws
from scripts.deploy.artefacts import Artefacts
from scripts.deploy.deployment_plan import DeploymentPlan
from scripts.deploy.differences import Difference
from scripts.deploy.everything import Deleted
from scripts.deploy.records import DeploymentRecord, StackRecord
from scripts.deploy.removals import Removal, Removals
from scripts.deploy.retained import Place
from scripts.deploy.rollback import RollbackPlan
from scripts.deploy.upgrade_check import DeprecatedUse, UpgradeCheck
from tests.formats.golden import Golden
from tests.formats.shapes import by_name, shape
from tests.scripts import conftest as of_scripts

aws = of_scripts.aws

PLACE = Place("alma-webhooks-dev", "123456789012", "us-east-1")
DIFFERENCES = (
    Difference("parameter", "ProcessorMemory", "512", "1024"),
    Difference("template", "alma-webhooks-dev"),
    Difference("code", "ingest"),
    Difference("topic", "invented", None, ""),
)
REMOVALS = Removals((Removal("topic", "invented", "invented"),))
RECORD = DeploymentRecord(
    PLACE.stack,
    "2026-05-13T02:41:11.000Z",
    "1.0.0",
    "invented",
    "1",
    (StackRecord("templates/invented.json", {"Stage": "dev"}, {"Topics": "invented"}, ["SentryDsn"]),),
)


def test_the_results_of_the_upgrade_commands_are_stable(golden: Golden, aws: Aws) -> None:
    """The members and types are fixed, with every group of changes."""
    artefacts = Artefacts(aws, PLACE.account, PLACE.region)
    plan = DeploymentPlan(PLACE, "dev", {}, [], [], [], artefacts, removals=REMOVALS, differences=DIFFERENCES)
    check = UpgradeCheck(plan, "0.9.0", "1.0.0", (DeprecatedUse("routes.yaml", 1, "invented", "invented"),))
    back = RollbackPlan(PLACE, "dev", RECORD, (), artefacts, REMOVALS, DIFFERENCES, [])
    facts = {**PLACE.facts, "stage": "dev"}
    deleted = Deleted(facts, ["file"], ["stack invented"], {"queue invented": "invented"})
    results = {
        "rollback --dry-run": back.as_data(),
        "upgrade-check": check.as_data(),
        "destroy --everything": deleted.as_data(),
    }
    golden.check("upgrade-results", {name: by_name(shape(each)) for name, each in results.items()})


def test_the_records_of_deployments_are_stable(golden: Golden) -> None:
    """A rollback reads the records of all earlier versions."""
    golden.check("deployment-records", shape(json.loads(RECORD.content)))
    assert DeploymentRecord.parse(RECORD.content, RECORD.key) == RECORD
