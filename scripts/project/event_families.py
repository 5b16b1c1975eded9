"""The event families that a new project can route, each with its route, its topic and a sample event."""

from collections.abc import Collection
from typing import Final, NamedTuple

from scripts.cli.exit_codes import ConfigurationError


class EventFamily(NamedTuple):
    """A family of Alma's events. `name` is also its route and topic; `sample` is one of the shipped sample events."""

    name: str
    action: str
    sample: str
    comment: str

    @property
    def route(self) -> str:
        """The route as YAML text, indented for the list `routes`."""
        when = f"{{action: [{self.action}]}}" if self.action else "{action: [{anything-but: [JOB_END]}]}"
        fallback = "" if self.action else "    fallback: true\n"
        return (
            f"  - name: {self.name} # {self.comment}\n{fallback}    when: {when}\n"
            f"    deliver:\n      - topic: {self.name}\n"
        )

    @property
    def index_entry(self) -> str:
        """The entry of the sample in events/index.yaml as YAML text."""
        return (
            f"{self.sample}:\n  file: {self.sample}.json\n"
            "  provenance: Invented. Field names and code values are real.\n"
            f'  expect: {{outcome: delivered, route: {self.name}, target: "topic:{self.name}"}}\n'
        )


FAMILIES: Final = (
    EventFamily("loans", "LOAN", "loan-created", "loans, renewals, due dates, returns and lost items"),
    EventFamily("requests", "REQUEST", "request-created", "requests that patrons place, and what becomes of them"),
    EventFamily("users", "USER", "user-created", "created, updated and deleted users"),
    EventFamily("bibs", "BIB", "bib-created", "created, updated and deleted bibliographic records"),
    EventFamily("items", "ITEM", "item-created", "created, updated and deleted items"),
    EventFamily("job-ends", "JOB_END", "job-end-other", "the end of every job"),
    EventFamily("other", "", "notification", "all other events, but not the end of a job"),
)
"""In the order of a routes file: the fallback is the last one."""

DEFAULT: Final = ("loans",)


def chosen(names: Collection[str]) -> list[EventFamily]:
    """Return the families of these names in the order of a routes file. Raise ConfigurationError for an unknown one."""
    known = {family.name: family for family in FAMILIES}
    for name in names:
        if name not in known:
            raise ConfigurationError(f"--route {name} is not an event family. Use one of {', '.join(known)}.")
    return [family for family in FAMILIES if family.name in names]
