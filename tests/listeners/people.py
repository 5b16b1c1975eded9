"""Events of users and requests, for the recipes that wait for them."""

from typing import Any, Final

from tests.listeners.cases import NOTHING, Cases, RecipeCase
from tests.recipe_pages import ABSENT, changed
from tests.samples import body_of

_ID: Final = "invented-patron-21"
_MEMBER: Final = "invented-patron-21@edu-id.example"
_IDS: Final = [
    {"value": "no-type"},
    {"value": "null-type", "id_type": None},
    {"value": "B1", "id_type": {"value": "BARCODE", "desc": "Barcode"}},
    {"value": "B2", "id_type": {"value": "BARCODE"}},
]
_EMAILS: Final = [
    {"preferred": False, "email_address": "a@example.org"},
    {"preferred": True, "email_address": "b@example.org"},
]
_NO_EMAILS: Final[tuple[Any, ...]] = (None, {}, {"email": None}, {"email": []})
_ROOMS: Final = ("99000001210107141", "99000001220107141")
_STORAGE: Final = {"value": "01storage_inst", "desc": "Storage"}
_ELSEWHERE: Final = {"value": "01NORTH_INST"}
_OWNERS: Final = (("S701", "01NORTH_INST"), ("S702", "01SOUTH_INST"), ("S703", "01EAST_INST"))
_RETURNED: Final = {"state_machine:storage-return": {"barcode": "399000"}}
_CANCELED: Final = {"state_machine:storage-item-canceled": {"barcode": "399000"}}
_SOURCE: Final = {"institution": "01NORTH_INST", "request": "8100", "user": "invented-patron-21"}
_TITLE: Final = {"state_machine:storage-title-canceled": _SOURCE}
_TIMES: Final = {"booking_start_date": "2026-05-15T08:00:00Z", "booking_end_date": "2026-05-15T10:00:00Z"}


def _user(event: str = "updated", **members: Any) -> bytes:
    return changed(f"user-{event}", user={"primary_id": _ID} | members)


def _account(name: str = _ID, email: str = "", method: str = "UPDATE") -> dict[str, Any]:
    return {"state_machine:discovery-account": {"method": method, "id": _ID, "name": name, "email": email}}


def _member(event: str, status: Any = ABSENT, primary_id: Any = _MEMBER) -> bytes:
    more = {} if status is ABSENT else {"status": status}
    return changed(f"user-{event}", user={"primary_id": primary_id} | more)


def _access(change: str) -> dict[str, Any]:
    return {"state_machine:access": {"change": change, "group": "library-a", "user": _MEMBER}}


def _storage(sample: str, institution: Any = _STORAGE, **members: Any) -> bytes:
    return changed(sample, outside={"institution": institution}, **members)


def _canceled(comment: Any, barcode: Any = ABSENT) -> bytes:
    return _storage("request-canceled", comment=comment, barcode=barcode)


def _booking(sample: str = "request-created", **members: Any) -> bytes:
    return changed(sample, **({"request_type": "BOOKING", "mms_id": _ROOMS[0]} | members))


def _booked(booking: str = "810010007141", room: str = _ROOMS[0], start: str = "", end: str = "") -> dict[str, Any]:
    return {"topic:room-bookings": {"message": {"booking": booking, "room": room, "from": start, "to": end}}}


def _fetch(library: str = "MAIN", title: str = "Collected Letters of Nobody") -> dict[str, Any]:
    return {"topic:click-and-collect": {"message": f"{library}: fetch {title}"}}


def _place(place: Any, **members: Any) -> bytes:
    return changed("request-created", place_in_queue=place, **members)


_COMMENT: Final = "asked by phone {Source Request 01NORTH_INST-8100-invented-patron-21} urgent"
_NO_SOURCE: Final = (
    None,
    "",
    "{Source Request }",
    "{Source Request A} x-y-z",
    "{Source Request A--u}",
    "{Source Request A- -u}",
    "{Source Request A-1-u",
)

CASES: Final[Cases] = {
    "discovery-account": [
        RecipeCase(_user(user_identifier=_IDS, contact_info={"email": _EMAILS}), _account("B1", "b@example.org")),
        RecipeCase(_user(user_identifier=_IDS[3:], contact_info={"email": _EMAILS[:1]}), _account("B2")),
        *(RecipeCase(_user(user_identifier=ids), _account()) for ids in (None, [], _IDS[:2])),
        *(RecipeCase(_user(contact_info=info), _account()) for info in _NO_EMAILS),
        *(RecipeCase(_user(event), _account(method=event[:-1].upper())) for event in ("created", "deleted")),
        *(RecipeCase(_user(primary_id=primary_id), NOTHING) for primary_id in (None, "")),
        *(RecipeCase(changed("user-updated", user=user), NOTHING) for user in (None, {}, ABSENT)),
        RecipeCase(changed("user-updated", method=None), NOTHING),
        RecipeCase(body_of("loan-created"), NOTHING),
    ],
    "activate-access": [
        RecipeCase(_member("created", {"value": "INACTIVE"}), _access("activate"), "library-a"),
        RecipeCase(_member("created", None), _access("activate"), "library-a"),
        RecipeCase(_member("updated", {"value": "ACTIVE", "desc": "Active"}), _access("activate"), "library-a"),
        RecipeCase(_member("updated", {"value": "INACTIVE"}), _access("deactivate"), "library-a"),
        RecipeCase(_member("deleted"), _access("deactivate"), "library-a"),
        *(RecipeCase(_member("updated", status), NOTHING, "library-a") for status in (None, {"value": None}, ABSENT)),
        *(RecipeCase(_member("created", primary_id=other), NOTHING, "library-a") for other in (_ID, None)),
        *(RecipeCase(_member("deleted", primary_id=other), NOTHING, "library-a") for other in (_ID, None)),
        RecipeCase(changed("user-created", user=None), NOTHING, "library-a"),
        *(RecipeCase(_member(event), NOTHING, "alma") for event in ("created", "deleted")),
    ],
    "storage-return": [
        RecipeCase(_storage("loan-returned", item_barcode="399000X"), _RETURNED),
        *(RecipeCase(_storage("loan-returned", item_barcode=code), NOTHING) for code in ("399000", None, ABSENT)),
        RecipeCase(_storage("loan-created", item_barcode="399000X"), NOTHING),
        *(
            RecipeCase(_storage("loan-returned", other, item_barcode="399000X"), NOTHING)
            for other in (_ELSEWHERE, None)
        ),
        RecipeCase(_canceled(None, "399000X"), _CANCELED),
        RecipeCase(_canceled(_COMMENT, "399000X"), _CANCELED),
        RecipeCase(_canceled(_COMMENT, "399000"), NOTHING),
        *(RecipeCase(_canceled(_COMMENT, code), _TITLE) for code in (None, "", ABSENT)),
        *(RecipeCase(_canceled(comment), NOTHING) for comment in _NO_SOURCE),
        *(
            RecipeCase(_storage("request-canceled", _ELSEWHERE, comment=_COMMENT, barcode=code), NOTHING)
            for code in ("399000X", None)
        ),
        *(
            RecipeCase(_storage("request-closed", comment=_COMMENT, barcode=code), NOTHING)
            for code in ("399000X", None)
        ),
        *(
            RecipeCase(
                changed("job-end-pod", job_info={"id": id_}), {"state_machine:storage-job-ended": {"owner": owner}}
            )
            for id_, owner in _OWNERS
        ),
        *(RecipeCase(changed("job-end-pod", job_info=info), NOTHING) for info in ({"id": "S704"}, {"id": None}, None)),
    ],
    "room-bookings": [
        RecipeCase(_booking(), _booked()),
        RecipeCase(_booking("request-canceled"), _booked("810020007141")),
        RecipeCase(_booking("request-closed"), _booked("810030007141")),
        RecipeCase(_booking(mms_id=_ROOMS[1], **_TIMES), _booked("810010007141", _ROOMS[1], *_TIMES.values())),
        RecipeCase(_booking(request_id=None), {"failed:room-bookings": "deliver[0].message.booking"}),
        RecipeCase(_booking("request-placed-on-shelf"), NOTHING),
        *(RecipeCase(_booking(request_type=kind), NOTHING) for kind in ("HOLD", None, ABSENT)),
        *(RecipeCase(_booking(mms_id=mms_id), NOTHING) for mms_id in ("990", None, ABSENT)),
        RecipeCase(changed("request-created", outside={"user_request": None}), NOTHING),
    ],
    "click-and-collect": [
        *(RecipeCase(_place(place), _fetch()) for place in (1, "1", 0, 1.0, "1.0")),
        RecipeCase(_place(1, pickup_location_library="LAW"), _fetch("LAW")),
        *(RecipeCase(_place(1, title=title), _fetch(title="an item")) for title in (None, ABSENT)),
        *(RecipeCase(_place(place), NOTHING) for place in (2, "2", None, "", "first", "1,5", ABSENT)),
        *(RecipeCase(_place(1, pickup_location_library=library), NOTHING) for library in ("OTHER", None, ABSENT)),
        RecipeCase(body_of("request-canceled"), NOTHING),
        RecipeCase(changed("request-created", outside={"user_request": None}), NOTHING),
    ],
}
