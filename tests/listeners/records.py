"""Events of bib records, items and loans, for the recipes that wait for them."""

from typing import Any, Final

from tests.listeners.cases import NOTHING, Cases, RecipeCase
from tests.recipe_pages import ABSENT, changed
from tests.samples import body_of

_INDEXED: Final[dict[str, Any]] = {"queue:records-to-index": None}
_REMOVED: Final[dict[str, Any]] = {"queue:records-to-remove": None}
_CHECKED: Final = {"state_machine:item-checks": {"institution": "university-a", "barcode": "39900000042"}}
_DEVICES: Final = ("99000001110107141", "99000001120107141")


def _bib(**members: Any) -> bytes:
    return changed("bib-updated", **members)


def _item(**members: Any) -> bytes:
    return changed("item-updated", **members)


def _device(sample: str = "loan-created", **members: Any) -> bytes:
    return changed(sample, **({"mms_id": _DEVICES[0], "item_barcode": "39900000009"} | members))


def _available(available: str) -> dict[str, Any]:
    return {"state_machine:device-availability": {"barcode": "39900000009", "available": available}}


def _history(change: str) -> dict[str, Any]:
    return {"event_bus:discovery": f"loan-{change}"}


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
        RecipeCase(_device(), _available("false")),
        *(RecipeCase(_device("loan-returned", mms_id=mms_id), _available("true")) for mms_id in _DEVICES),
        RecipeCase(_device("loan-renewed"), NOTHING),
        *(RecipeCase(_device(mms_id=mms_id), NOTHING) for mms_id in ("990", None, ABSENT)),
        RecipeCase(changed("loan-created", outside={"item_loan": None}), NOTHING),
        RecipeCase(_device(item_barcode=None), {"failed:device-availability": "deliver[0].input.barcode"}),
    ],
    "loan-history": [
        RecipeCase(body_of("loan-created"), _history("added")),
        *(RecipeCase(body_of(sample), _history("due")) for sample in ("loan-renewed", "loan-due-date")),
        *(RecipeCase(body_of(f"loan-{end}"), _history("ended")) for end in ("returned", "lost", "claimed-returned")),
        *(
            RecipeCase(changed("loan-created", outside={"event": event}), NOTHING)
            for event in (None, ABSENT, {"value": "LOAN_X"})
        ),
        RecipeCase(body_of("request-created"), NOTHING),
    ],
}
