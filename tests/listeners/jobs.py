"""Events of jobs that end, for the recipes that wait for them."""

from typing import Any, Final

from tests.listeners.cases import NOTHING, Cases, RecipeCase
from tests.recipe_pages import ABSENT, changed
from tests.samples import body_of, counters

_NAME: Final = "Publishing Platform Job"
_FAILED: Final = {"value": "COMPLETED_FAILED", "desc": "Completed with errors"}
_LINK: Final = ("c.jobs.bibExport.link", "BIBEXP_7")
_RAGGED: Final = [{"type": None, "value": "1"}, {"value": "1"}, {}, *counters(("x.y", "1"))]
_NO_COUNTERS: Final[tuple[Any, ...]] = (ABSENT, None, [], _RAGGED)


def job(**members: Any) -> bytes:
    return changed("job-end-pod", **members)


def _published(**members: Any) -> bytes:
    return job(**({"name": f"{_NAME} Incremental Publishing"} | members))


def _elsewhere(institution: Any) -> bytes:
    return changed("job-end-pod", outside={"institution": institution}, name=f"{_NAME} General Publishing")


def _all_titles(counter: Any, **members: Any) -> bytes:
    return job(**({"name": f"{_NAME} All Titles", "counter": counter} | members))


def _counted(updated: Any, deleted: Any, **members: Any) -> bytes:
    counter = counters(("label.updated.records", updated), ("label.deleted.records", deleted))
    return _all_titles(counter, **members)


def _exported(**members: Any) -> bytes:
    return job(**({"job_info": {"id": "M90"}, "counter": counters(_LINK)} | members))


def _by(submitter: Any, **members: Any) -> bytes:
    return job(submitted_by=submitter, **members)


def _text(text: str, user: str = "invented-staff-1") -> dict[str, Any]:
    return {f"topic:{user.replace('invented-staff', 'text-messages')}": {"message": text}}


def _queued(name: str, group: str, ended: str = "2026-05-13T02:41:10.122Z") -> dict[str, Any]:
    message = {"job": "9100000000007141", "name": f"{_NAME} {name}", "ended": ended}
    return {"queue:publishing-ended.fifo": {"message": message, "group": f"publishing-platform-job-{group}"}}


def _alert(status: str) -> dict[str, Any]:
    return {"topic:job-alerts": {"message": f"{_NAME} Incremental Publishing has not succeeded: {status}"}}


_FULL: Final = {"state_machine:full-index": {"job": "9100000000007141"}}
_INCREMENTAL: Final = {"state_machine:incremental-index": {"job": "9100000000007141"}}
_UNREADABLE: Final = {"failed:full-publish": "if", "failed:incremental-publish": "if"}
_UNION: Final = {"state_machine:union-catalog": {"file": "BIBEXP_7", "date": "2026-05-12"}}
_RECEIVED: Final = {"state_machine:union-catalog": {"file": "BIBEXP_7", "date": "2026-05-13"}}
_EXPORT: Final = {"state_machine:record-export": {"first_file": "BIBEXP_7_1.xml"}}

CASES: Final[Cases] = {
    "publishing-ended": [
        RecipeCase(_published(), _queued("Incremental Publishing", "incremental-publishing")),
        RecipeCase(_published(name=f"{_NAME} General Publishing"), _queued("General Publishing", "general-publishing")),
        RecipeCase(
            _published(name=f"{_NAME} Incremental Partner Records"),
            _queued("Incremental Partner Records", "incremental-partner-records"),
        ),
        *(
            RecipeCase(_published(end_time=time), _queued("Incremental Publishing", "incremental-publishing", ""))
            for time in (None, ABSENT)
        ),
        *(
            RecipeCase(_published(id=id_), {"failed:publishing-ended": "deliver[0].message.job"})
            for id_ in (None, ABSENT)
        ),
        RecipeCase(_published(status=_FAILED), _alert("Completed with errors")),
        RecipeCase(_published(status={"value": "FAILED"}), _alert("FAILED")),
        *(RecipeCase(_published(status=status), _alert("no status")) for status in ({"value": None}, None, ABSENT)),
        *(RecipeCase(_published(name=name), NOTHING) for name in (f"{_NAME} General", None, ABSENT)),
        *(RecipeCase(_elsewhere(institution), NOTHING) for institution in ({"value": "02OTHER_INST"}, None, ABSENT)),
        RecipeCase(body_of("bib-updated"), NOTHING),
    ],
    "full-publish": [
        *(RecipeCase(_counted(*zeros), _FULL) for zeros in (("0", "0"), ("0.0", " 0 "), (0, 0))),
        *(
            RecipeCase(_counted(*some), _INCREMENTAL)
            for some in (("3", "0"), ("0", "1"), ("6342.0", None), (None, "1"))
        ),
        *(RecipeCase(_counted(*unclear), NOTHING) for unclear in ((None, "0"), ("", "0"), ("0", None), (None, None))),
        *(RecipeCase(_all_titles(counter), NOTHING) for counter in _NO_COUNTERS),
        *(RecipeCase(_counted(text, "0"), _UNREADABLE) for text in ("6,342", "6.342,0", "many")),
        RecipeCase(_all_titles([*_RAGGED, *counters(("label.updated.records", "2"))]), _INCREMENTAL),
        *(RecipeCase(_counted(*some, status=_FAILED), NOTHING) for some in (("0", "0"), ("3", "0"))),
        *(RecipeCase(_counted("0", "0", status=status), NOTHING) for status in (None, ABSENT)),
        RecipeCase(_counted("0", "0", name=f"{_NAME} Some Titles"), NOTHING),
    ],
    "daily-index": [
        RecipeCase(job(name=f"{_NAME} Daily Search"), {"function:daily-index": {"job": "9100000000007141"}}),
        *(RecipeCase(job(name=f"{_NAME} Daily Search", status=status), NOTHING) for status in (_FAILED, None, ABSENT)),
        RecipeCase(job(name=f"{_NAME} Daily Search Test"), NOTHING),
    ],
    "union-catalog": [
        *(
            RecipeCase(_exported(end_time=time), _UNION)
            for time in ("2026-05-12T22:00:00Z", "2026-05-12", "2026-05-12Z")
        ),
        RecipeCase(_exported(name="renamed", end_time="2026-05-12", counter=[*_RAGGED, *counters(_LINK)]), _UNION),
        *(RecipeCase(_exported(end_time=time), _RECEIVED) for time in (None, ABSENT)),
        RecipeCase(_exported(end_time="yesterday"), {"failed:union-catalog": "deliver[0].input.date"}),
        *(RecipeCase(_exported(counter=counter), NOTHING) for counter in _NO_COUNTERS),
        *(RecipeCase(_exported(counter=counters((_LINK[0], value))), NOTHING) for value in (None, "")),
        *(RecipeCase(_exported(job_info=info), NOTHING) for info in ({"id": "M91"}, {"id": None}, None, ABSENT)),
    ],
    "record-export": [
        RecipeCase(_exported(job_info=None), _EXPORT),
        RecipeCase(_exported(counter=[*_RAGGED, *counters(_LINK)]), _EXPORT),
        *(RecipeCase(_exported(counter=counter), NOTHING) for counter in _NO_COUNTERS),
        RecipeCase(_exported(counter=counters((_LINK[0], None))), NOTHING),
        RecipeCase(body_of("loan-created"), NOTHING),
    ],
    "my-job-ended": [
        RecipeCase(job(name="Export"), _text("Export: Completed Successfully")),
        RecipeCase(
            _by({"value": "invented-staff-2"}, name="Export", status=_FAILED),
            _text("Export: Completed with errors", "invented-staff-2"),
        ),
        RecipeCase(job(name="Export", status={"value": "COMPLETED_FAILED"}), _text("Export: COMPLETED_FAILED")),
        *(RecipeCase(job(name=None, status=status), _text("Your job: ended")) for status in (None, ABSENT)),
        *(
            RecipeCase(_by(submitter), NOTHING)
            for submitter in ({"value": "invented-staff-3"}, {"value": "System"}, {"value": ""}, {"value": None}, None)
        ),
        RecipeCase(_by(ABSENT), NOTHING),
    ],
}
