"""Events of bib records, items and loans, for the recipes that wait for them."""

from typing import Any, Final

from tests.listeners.cases import NOTHING, Cases, RecipeCase
from tests.recipe_pages import ABSENT, changed
from tests.samples import body_of

_ITEM: Final = {"institution": "university-a", "barcode": "39900000042"}
_CHECKED: Final = {"queue:item-checks": {"message": _ITEM, "delay": 30}}
_MMS_ID: Final = "9900009990107141"
_INDEXED: Final = {"queue:records-to-index": {"message": _MMS_ID, "delay": 30}}
_REMOVED: Final = {"queue:records-to-remove": {"message": _MMS_ID}}
_DEVICES: Final = ("99000001110107141", "99000001120107141")


def _bib(**members: Any) -> bytes:
    return changed("bib-updated", **members)


def _item(**members: Any) -> bytes:
    return changed("item-updated", **members)


def _device(sample: str = "loan-created", **members: Any) -> bytes:
    return changed(sample, **({"mms_id": _DEVICES[0], "item_barcode": "39900000009"} | members))


def _available(*, available: bool) -> dict[str, Any]:
    return {"state_machine:device-availability": {"barcode": "39900000009", "available": available}}


def _history(change: str, number: int, title: str, due: str = "2026-06-26T16:00:00Z") -> dict[str, Any]:
    detail = {"loan": f"90000{number}11110007141", "user": f"invented-patron-{number + 1}", "title": title, "due": due}
    return {"event_bus:discovery": {"detail_type": f"loan-{change}", **detail}}


CASES: Final[Cases] = {
    "index-record": [
        RecipeCase(body_of("bib-created"), _INDEXED),
        *(RecipeCase(_bib(suppress_from_publishing=flag), _INDEXED) for flag in ("false", False, None, "", ABSENT)),
        *(RecipeCase(_bib(suppress_from_publishing=flag), NOTHING) for flag in ("true", True, "True")),
        *(RecipeCase(_bib(suppress_from_external_search=flag), NOTHING) for flag in ("true", True, "True")),
        *(RecipeCase(_bib(mms_id=mms_id), NOTHING) for mms_id in (None, "", ABSENT)),
        *(RecipeCase(changed("bib-updated", outside={"bib": bib}), NOTHING) for bib in (None, ABSENT)),
        *(
            RecipeCase(changed("bib-deleted", suppress_from_publishing=flag), _REMOVED)
            for flag in ("true", "false", None)
        ),
        *(
            RecipeCase(changed("bib-deleted", mms_id=mms_id), {"failed:remove-record": "deliver[0].message"})
            for mms_id in (None, "", ABSENT)
        ),
        RecipeCase(changed("bib-deleted", outside={"event": None}), NOTHING),
        RecipeCase(body_of("item-deleted"), NOTHING),
    ],
    "item-checks": [
        RecipeCase(_item(), _CHECKED, "university-a"),
        RecipeCase(_item(item_data={"barcode": " 39900000042 "}), _CHECKED, "university-a"),
        RecipeCase(_item(), NOTHING, "alma"),
        *(RecipeCase(_item(item_data={"barcode": code}), NOTHING, "university-a") for code in (None, "", "  ")),
        *(RecipeCase(_item(item_data=data), NOTHING, "university-a") for data in ({"pid": "1"}, None, ABSENT)),
        *(
            RecipeCase(changed("item-updated", outside={"item": item}), NOTHING, "university-a")
            for item in (None, ABSENT)
        ),
        RecipeCase(body_of("item-created"), NOTHING, "university-a"),
    ],
    "device-availability": [
        RecipeCase(_device(), _available(available=False)),
        *(RecipeCase(_device("loan-returned", mms_id=mms_id), _available(available=True)) for mms_id in _DEVICES),
        RecipeCase(_device("loan-renewed"), NOTHING),
        *(RecipeCase(_device(mms_id=mms_id), NOTHING) for mms_id in ("990", None, ABSENT)),
        RecipeCase(changed("loan-created", outside={"item_loan": None}), NOTHING),
        RecipeCase(_device(item_barcode=None), {"failed:device-availability": "deliver[0].input.barcode"}),
    ],
    "loan-history": [
        RecipeCase(body_of("loan-created"), _history("added", 0, "Tides of the Inner Harbour")),
        *(
            RecipeCase(changed("loan-created", title=empty, due_date=empty), _history("added", 0, "", ""))
            for empty in (None, ABSENT)
        ),
        RecipeCase(body_of("loan-renewed"), _history("due", 1, "A Field Guide to Imaginary Lichens")),
        RecipeCase(body_of("loan-due-date"), _history("due", 2, "Die Brücke über den Nebel")),
        RecipeCase(body_of("loan-returned"), _history("ended", 3, "Collected Letters of Nobody")),
        RecipeCase(body_of("loan-lost"), _history("ended", 4, "数の庭 (Garden of Numbers)")),
        RecipeCase(body_of("loan-claimed-returned"), _history("ended", 5, "Handbook of Paper Boats")),
        RecipeCase(changed("loan-created", user_id=None), {"failed:loan-history": "deliver[0].input.user"}),
        *(
            RecipeCase(changed("loan-created", outside={"event": event}), NOTHING)
            for event in (None, ABSENT, {"value": "LOAN_X"})
        ),
        RecipeCase(body_of("request-created"), NOTHING),
    ],
}
