"""The cache of contacts: how long, and how many."""

from notifications.contact_cache import LIFETIME_OF_NOTHING_SECONDS, LIFETIME_SECONDS, MOST_CONTACTS, ContactCache
from notifications.contacts import Contact
from notifications.person import ContactKind

JANE = Contact({ContactKind.PHONE: "+4930123456"})
NOBODY = Contact(note="there is no such person")


class Case:
    """A cache at a time that the test sets."""

    def __init__(self) -> None:
        self.now = 1_780_000_000.0
        self.cache = ContactCache(lambda: self.now)


def test_contacts_expire() -> None:
    """Ten minutes for a contact, one for a person who has none and may get one."""
    case = Case()
    for contact, seconds in ((JANE, LIFETIME_SECONDS), (NOBODY, LIFETIME_OF_NOTHING_SECONDS)):
        case.cache.put("table", "jane", contact)
        case.now += seconds - 0.001
        assert case.cache.get("table", "jane") == contact
        case.now += 0.001
        assert case.cache.get("table", "jane") is None
    assert (LIFETIME_SECONDS, LIFETIME_OF_NOTHING_SECONDS) == (600, 60)


def test_sources_and_people_have_their_own() -> None:
    """Each pair has one."""
    case = Case()
    case.cache.put("table", "jane", JANE)
    assert case.cache.get("alma", "jane") is case.cache.get("table", "john") is None


def test_the_number_of_contacts_is_bounded() -> None:
    """The oldest one is dropped first; one that is written again is the newest."""
    case = Case()
    for number in range(MOST_CONTACTS):
        case.cache.put("table", str(number), JANE)
    case.cache.put("table", "0", JANE)
    case.cache.put("table", "one more", JANE)
    assert case.cache.get("table", "1") is None
    assert case.cache.get("table", "0") == case.cache.get("table", "2") == JANE


def test_an_expired_contact_does_not_stay_in_memory() -> None:
    """The next contact that is kept removes it."""
    case = Case()
    case.cache.put("table", "jane", JANE)
    case.now += LIFETIME_SECONDS
    case.cache.put("table", "john", NOBODY)
    assert len(vars(case.cache)["_cached"]) == 1
