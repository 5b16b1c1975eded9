"""The parts of a deployment that only some stages have: the notifications."""

from typing import Final

from scripts.aws import mark
from scripts.aws.template import NOTIFICATIONS
from scripts.deploy import stack_deployer
from scripts.deploy.stack_deployer import StackPart

NOTIFICATIONS_PART: Final = StackPart(f"-{mark.NOTIFICATIONS}", NOTIFICATIONS, mark.NOTIFICATIONS)

OPTIONAL: Final = (NOTIFICATIONS_PART,)


def possible() -> tuple[StackPart, ...]:
    """Return every part that a deployment can have, in the order of deployment."""
    return (*stack_deployer.PARTS, *OPTIONAL)
