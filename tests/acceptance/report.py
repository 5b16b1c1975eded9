"""The report of an acceptance, in Markdown, to paste into an issue. It names no account, and quotes no secret."""

import platform
import re
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Final

from tests.acceptance.site import Site
from tests.acceptance.step import FAILED, IN_PART, StepResult

_ACCOUNT: Final = re.compile(r"\b[0-9]{12}\b")
_PERSON: Final = re.compile(r"\b(assumed-role|user|role)/[^\s`|,]+")
_API_HOST: Final = re.compile(r"\b[a-z0-9]{10}\.execute-api\b")


def markdown(site: Site, results: Sequence[StepResult], commit: str, at: str) -> str:
    """Return the report. `at` is the time of its beginning."""
    return _anonymous(site, "\n".join([*_head(site, results, commit, at), "", *_table(results), ""]))


def _head(site: Site, results: Sequence[StepResult], commit: str, at: str) -> Iterator[str]:
    where = "the emulator" if site.is_emulator else f"AWS, {site.options.region}"
    counts = {status: sum(each.status == status for each in results) for status in {each.status for each in results}}
    yield f"# Acceptance of alma-webhooks {version('alma-webhooks')} on {where}"
    yield ""
    yield f"Commit {commit}, stage {site.options.stage}, begun {at}, Python {platform.python_version()}."
    yield f"{', '.join(f'{number} {status}' for status, number in sorted(counts.items()))}."
    if any(each.status == FAILED for each in results):
        yield "A failed step needs a look at `commands.log` beside this report, which can hold names of your account."
    if any(each.status == IN_PART for each in results):
        yield "A step that is done in part says what the emulator cannot show."


def _table(results: Sequence[StepResult]) -> Iterator[str]:
    yield "| step | shows | result | seconds | seen |"
    yield "|---|---|---|---|---|"
    for each in results:
        seen = each.detail.replace("|", "\\|").replace("\n", " ")
        yield f"| {each.step.name} | {each.step.shows} | {each.status} | {each.seconds:.0f} | {seen} |"


def _anonymous(site: Site, text: str) -> str:
    if site.options.domain:
        text = text.replace(site.options.domain, "DOMAIN")
    text = _PERSON.sub(r"\1/NAME", text.replace(str(site.options.folder), "FOLDER"))
    return _API_HOST.sub("API.execute-api", _ACCOUNT.sub("ACCOUNT", text))
