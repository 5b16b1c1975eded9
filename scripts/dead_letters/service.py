"""What users do with the dead letters of a stack. Prints nothing, asks nothing, and knows no command line."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from ingest.envelope import Envelope
from scripts.aws.clock import aws_clock
from scripts.aws.exclusive import ChangeSession
from scripts.cli.progress import ProgressDisplay
from scripts.cli.rate_limiter import Rate
from scripts.dead_letters.change_session import open_change_session
from scripts.dead_letters.discard import Discard, DiscardResult, check_count
from scripts.dead_letters.edit import EditRequest, EditResult, corrected_envelope, edit
from scripts.dead_letters.explain import Explained, Targets, explain_dead_letter, target_names_of
from scripts.dead_letters.export_file import ExportResult, export, new_export, new_export_file
from scripts.dead_letters.filters import Filters, Selection
from scripts.dead_letters.find import FoundDeadLetter, Listing, find_dead_letters, find_one, list_dead_letters
from scripts.dead_letters.import_ import Import, ImportResult, keys_on_queue
from scripts.dead_letters.queue_checks import check_can_edit, check_for_notifications
from scripts.dead_letters.reader import ReadDeadLetter
from scripts.dead_letters.replay import Replay
from scripts.dead_letters.replay_message import ReplayedBy
from scripts.dead_letters.replay_options import ReplayOptions, ReplayResult
from scripts.dead_letters.replay_plan import ReplayPlan, fill_plan
from scripts.dead_letters.replay_time import look_at_queue
from scripts.dead_letters.replay_wait import ReplayWait, open_notification_wait
from scripts.dead_letters.scan import Scan
from scripts.dead_letters.store import DeadLetterStore
from scripts.routes.explain import Explanation, explain
from scripts.routes.judged_routes import JudgedRoutes, known_routes


class DeadLetterService:
    """Lists, explains, replays, edits, discards, exports and imports dead letters.

    A method that changes something fills the result that it is given, so that a caller can show it during the work,
    and after an error or an interruption. It holds the lock and writes the audit log, also to `audit_file`.
    `progress` shows how far the work is; `deferred` is entered around code that must not be interrupted.

    Every method may raise the CommandError of scripts/cli/exit_codes.py that fits, and botocore's errors.
    """

    def __init__(
        self,
        store: DeadLetterStore,
        progress: ProgressDisplay | None = None,
        deferred: Callable[[], AbstractContextManager[None]] = nullcontext,
        audit_file: Path | None = None,
    ) -> None:
        self.store = store
        self.scope = store.scope
        self._progress = progress or ProgressDisplay()
        self._deferred = deferred
        self._audit_file = audit_file

    def select(self, filters: Filters) -> Selection:
        """Return the selection for the other methods. Raise ConfigurationError for an invalid filter."""
        if self.store.is_of_notifications:
            check_for_notifications(filters)
        return Selection(filters, self.store.now)

    def list(self, filters: Filters) -> Listing:
        """Return the dead letters that match, sorted by time."""
        selection = self.select(filters)
        with self._scan() as scan:
            return list_dead_letters(scan, self.store.reader, selection)

    def read(self, selection: Selection) -> Generator[ReadDeadLetter]:
        """Yield the selected dead letters with their bodies, copies too. Close an iterator that you do not exhaust."""
        with self._scan() as scan:
            yield from selection.scan(scan, self.store.reader, self.store.reader.read)

    def show(self, ids: Sequence[str]) -> Generator[ReadDeadLetter]:
        """Yield the dead letters with these IDs, with their bodies. Close the iterator if you do not exhaust it."""
        with self._scan() as scan:
            yield from find_dead_letters(scan, self.store.reader, ids, are_shared=self.store.is_of_notifications)

    def explain(self, ids: Sequence[str], routes: Path | None) -> tuple[JudgedRoutes, Sequence[Explained]]:
        """Explain what a replay of these dead letters would do, by a routes file or the deployed one. Return it too."""
        targets, judged = Targets(self.scope), known_routes(self.scope, routes)
        with self._scan() as scan:
            reads = find_dead_letters(scan, self.store.reader, ids)
            found = [explain_dead_letter(read, judged.routes(), targets, stage=self.scope.stage) for read in reads]
        return judged, found

    def plan_replay(self, selection: Selection, options: ReplayOptions, routes: Path | None = None) -> ReplayPlan:
        """Count the dead letters that `replay` would send, and predict their outcomes as `explain` does."""
        plan = ReplayPlan(self.store.now, options.ignore_replay_limit, name=self.store.queue_name)
        with self._scan() as scan:
            fill_plan(plan, scan, self.store, selection, routes)
        if plan.would_send:
            plan.queue = look_at_queue(self.store)
        return plan

    def replay(self, selection: Selection, options: ReplayOptions, result: ReplayResult) -> None:
        """Send the selected dead letters to the queue that they came from, and delete them."""
        with self._change("replay", selection.filters) as change, self._scan(change) as scan:
            options = options._replace(deferred=self._deferred, report=self._progress.note)
            Replay(self.store, change, scan, options, result).run(selection)

    def open_wait(self) -> ReplayWait:
        """Return what waits for the outcomes of a replay that begins after this call."""
        return open_notification_wait(self.store) if self.store.is_of_notifications else ReplayWait(self.scope)

    def find(self, id_: str) -> FoundDeadLetter:
        """Return one dead letter with its body. Raise FailedError if there is none, RejectedError if several."""
        with self._scan() as scan:
            return find_one(scan, self.store.reader, id_)

    def correct(self, request: EditRequest) -> tuple[ReadDeadLetter, Envelope]:
        """Return the dead letter and its corrected envelope. Raise as `find`, and RejectedError if not possible."""
        found = self.find(request.id)
        return found.read, self._corrected(found, request, "nobody yet")

    def plan_edit(self, request: EditRequest, routes: Path | None) -> tuple[Explanation, JudgedRoutes]:
        """Return what the targets would get after `edit`, by a routes file or the deployed one, and those routes."""
        _, envelope = self.correct(request)
        judged = known_routes(self.scope, routes)
        return explain(envelope, judged.routes(), target_names_of(self.scope), stage=self.scope.stage), judged

    def edit(self, request: EditRequest, result: EditResult) -> None:
        """Export the dead letter, then replay it with the corrected body. Keep the file if that was sent."""
        selection = result.selection
        with self._change("edit", selection.filters) as change, self._scan(change) as scan:
            found = find_one(scan, self.store.reader, request.id)
            selection.matches(found.read)
            selection.seen, selection.about = scan.seen, scan.depth.all
            envelope = self._corrected(found, request, change.who)
            result.file = request.file or self.new_export("edited")
            options = ReplayOptions(Rate(1), deferred=self._deferred, message="edited")
            edit(self.store, Replay(self.store, change, scan, options, result.replay), found, envelope, result.file)

    def discard(self, selection: Selection, result: DiscardResult, confirm: Callable[[], int | None]) -> None:
        """Export the selected dead letters, then delete them if `confirm` returns their number.

        Remove the export if nothing was deleted. Without `result.file` it is in the folder of exports.
        """
        file = result.file = result.file or self.new_export("discarded")
        try:
            with self._change("discard", selection.filters) as change:
                self.export(selection, file, result.exported, change)
                result.is_exported = True
                count = confirm()
                if result.exported.dead_letters:
                    check_count(result.exported.dead_letters, count)
                    result.deletion = Discard(self.store, change, result.exported.messages, self._deferred)
                    with self._scan(change) as scan:
                        result.deletion.run(scan)
        finally:
            if result.exported.dead_letters and not result.has_begun:
                file.unlink(missing_ok=True)
                result.is_file_removed = True

    def new_export(self, what: str) -> Path:
        """Return the path of a new file in the folder of exports. Raise ConfigurationError if it cannot be created."""
        return new_export(what, self.store.owner.stack.name, self.store.now)

    def export(
        self, selection: Selection, file: Path, exported: ExportResult, change: ChangeSession | None = None
    ) -> None:
        """Write the selected dead letters to a new file."""
        with (
            new_export_file(file, self.store.owner.facts(), self.store.queue_name) as writer,
            self._scan(change) as scan,
        ):
            export(scan, self.store.reader, selection, writer, exported)

    def plan_import(self, file: Path) -> ImportResult:
        """Return what `import_` would do."""
        result = ImportResult()
        self._import(file, result, None)
        return result

    def import_(self, file: Path, result: ImportResult) -> None:
        """Put the dead letters in an export file on the dead-letter queue, except for those that are there already."""
        with self._change("import") as change:
            self._import(file, result, change)

    def _import(self, file: Path, result: ImportResult, change: ChangeSession | None) -> None:
        with self._scan(change) as scan:
            known_keys = keys_on_queue(scan)
        importing = Import(self.store, known_keys, change, self._deferred, result)
        with self._progress.file(file) as progress:
            importing.run(file, progress)

    def _corrected(self, found: FoundDeadLetter, request: EditRequest, who: str) -> Envelope:
        check_can_edit(found.read, self.store.queue_name)
        by = ReplayedBy(who, aws_clock(self.store.now)())
        return corrected_envelope(found, request.body, by, ignore_replay_limit=request.ignore_replay_limit)

    def _change(self, command: str, filters: Filters | None = None) -> AbstractContextManager[ChangeSession]:
        return open_change_session(self.store, command, audit_file=self._audit_file, filters=filters)

    @contextmanager
    def _scan(self, change: ChangeSession | None = None) -> Iterator[Scan]:
        renew = change.renew if change else lambda: None
        with self._progress.scan() as progress, Scan(self.store.queue, progress, renew=renew) as scan:
            yield scan
