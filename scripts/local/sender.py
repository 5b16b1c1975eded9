"""Choose where `send` and `simulate` read the signing secret, and print it."""

from dataclasses import replace

from scripts.alma_client.sample_index import FOLDER
from scripts.aws import emulator
from scripts.aws.address import FROM_URL, Address, address_of
from scripts.aws.stack_command import show_address
from scripts.cli.options import StackFlags
from scripts.local.send import Sender, secret_in_environment


def sender_at(url: str, flags: StackFlags, profile: str | None, *, is_shown: bool = True) -> Sender:
    """Return the sender that the flags, the environment and the project give for a webhook URL.

    Print where the secret is read if `is_shown`, unless the environment has it. Raise the errors of `address_of`.
    """
    address = address_for(url, flags)
    samples = address.project.samples if address.project else FOLDER
    sender = Sender(address.stage, profile, address.emulator_url, address.region, address.aws_profile, samples)
    if is_shown and not secret_in_environment():
        show_address(address, address.region)
    return sender


def address_for(url: str, flags: StackFlags) -> Address:
    """Return the address of the stack behind a webhook URL.

    The URL of an emulator names that emulator, so it goes before the environment and the project.
    """
    behind = emulator.behind(url)
    if flags.endpoint_url or behind is None:
        return address_of(flags)
    found = address_of(replace(flags, endpoint_url=behind))
    return found._replace(sources={**found.sources, "endpoint_url": FROM_URL})
