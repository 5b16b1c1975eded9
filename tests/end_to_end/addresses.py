"""The address of a stack for tests, from what they know of it and nothing else."""

import re

from scripts.aws.address import Address, resolve
from scripts.cli.options import StackFlags, StageName


def address_at(stage: str, stack: str | None, endpoint_url: str | None, region: str | None = None) -> Address:
    """The address that flags with these values give, without environment and project."""
    return resolve(StackFlags(stage=StageName(stage), stack=stack, region=region, endpoint_url=endpoint_url), {}, None)


def is_scope_line(text: str, stack: str = "alma-webhooks-dev") -> bool:
    """Whether the text is the one line with which a command on a stack of the emulator begins."""
    return bool(
        re.fullmatch(
            rf"stage dev \((default|from --stage)\), region us-east-1 \(that of the emulator\), stack {stack} "
            r"\((default|from --stack)\), account 0{12}, endpoint http://127\.0\.0\.1:\d+ \(from --endpoint-url\)\n",
            text,
        )
    )
