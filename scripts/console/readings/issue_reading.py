"""Read the issues in the background: the failures and what operators have set, each by a snapshot of its own."""

from dataclasses import dataclass
from typing import Any, Final

from scripts.cli.options import ROUTES
from scripts.console.background import Control
from scripts.console.console import Console
from scripts.console.per_console import PerConsole
from scripts.console.readings.dead_letter_snapshot import dead_letters, is_outdated
from scripts.console.snapshot import Snapshot, SnapshotReader
from scripts.dead_letters.find import Listing
from scripts.dead_letters.queue_name import QueueName
from scripts.issues.cause import IssueSource
from scripts.issues.failures import FoundFailures, failures_of_dead_letters
from scripts.issues.issue import Issue, IssueListing, KnownStates
from scripts.issues.service import IssueService

_STATES_SECONDS: Final = 10.0
_EXECUTIONS_SECONDS: Final = 60.0
_LABELS: Final = {
    IssueSource.webhooks: "Dead letters",
    IssueSource.notifications: "Dead letters of notifications",
}


@dataclass(frozen=True)
class IssueReading:
    """The snapshots by what they are of, and the issues by them.

    `listing` is None until the dead letters of events and the states were read. `unread` names the snapshots whose
    failures are missing in it. It `is_outdated` if the console has changed the dead letters of events since.
    """

    snapshots: dict[str, Snapshot[Any]]
    listing: IssueListing | None
    unread: tuple[str, ...] = ()
    is_outdated: bool = False

    @property
    def is_partial(self) -> bool:
        """Whether there may be more failures than are shown."""
        return self.listing is None or self.listing.is_partial or bool(self.unread)

    @property
    def is_incomplete_but_running(self) -> bool:
        """Whether something is missing or outdated, and is being read, so that a page has it soon."""
        is_incomplete = self.listing is None or bool(self.unread) or self.is_outdated
        return is_incomplete and any(each.work for each in self.snapshots.values())


# The failures of the listings that were grouped last, because grouping thousands for each page takes long.
_FOUND: Final = PerConsole[dict[IssueSource, tuple[Listing, FoundFailures]]](lambda _: {})


def service_of(console: Console, control: Control) -> IssueService:
    """Return the service of the console's stack, which reports to this work."""
    return IssueService(console.scope, console.settings.routes or ROUTES, control, control.deferred)


def read_issues(console: Console, *, reads_again: bool = True) -> IssueReading:
    """Return the issues as they were read last, and begin to read again what is too old. Does not wait.

    Polling does not let the dead letters be read again (`reads_again`), because that hides them from others.
    """
    states = _states(console).refresh(_STATES_SECONDS)
    known = states.value or _without_states(console, states)
    queues = {IssueSource.webhooks: dead_letters(console, reads_again=reads_again)}
    if known and known.has_notifications:
        queues[IssueSource.notifications] = dead_letters(console, QueueName.notifications, reads_again=reads_again)
    executions = console.snapshot(
        "failures of executions",
        "Read the executions",
        lambda control: service_of(console, control).executions(),
        _EXECUTIONS_SECONDS,
    )
    failures: dict[str, Snapshot[Any]] = {_LABELS[source]: each for source, each in queues.items()}
    failures["Executions"] = executions
    views = failures | {"States": states}
    unread = tuple(name for name, each in failures.items() if each.value is None)
    if known is None or queues[IssueSource.webhooks].value is None:
        return IssueReading(views, None, unread)
    found = [_failures(console, each.value, source, known) for source, each in queues.items() if each.value]
    listing = known.listing([*found, *filter(None, [executions.value])])
    return IssueReading(views, listing, unread, is_outdated(console, queues[IssueSource.webhooks]))


async def set_changed(console: Console, issue: Issue) -> None:
    """Show what was changed at once, and read the states again."""
    states = _states(console)
    # A reading may have begun before the change, and would show the state before it.
    known = (await console.call(states.wait)).value
    if known and issue.record:
        states.replace(known._replace(records={**known.records, issue.key: issue.record}))
    states.expire()


def _states(console: Console) -> SnapshotReader[KnownStates]:
    return console.reader(
        "states of issues", "Read the states of issues", lambda control: service_of(console, control).states()
    )


def _failures(console: Console, listing: Listing, source: IssueSource, known: KnownStates) -> FoundFailures:
    found = _FOUND.of(console)
    if source not in found or found[source][0] is not listing:
        found[source] = listing, failures_of_dead_letters(listing, source, known.now)
    return found[source][1]


def _without_states(console: Console, states: Snapshot[KnownStates]) -> KnownStates | None:
    """Return that all issues are open if the states cannot be read; None as long as that is not known."""
    if not states.problem:
        return None
    notice = "The states of issues cannot be read, so all of them are shown as open."
    return KnownStates(console.clock(), {}, notices=(notice,))
