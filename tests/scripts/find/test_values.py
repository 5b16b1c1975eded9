"""The values of bodies and inputs are found with their paths."""

from scripts.find.values import members_of_body, members_of_input, values_of


def test_values_have_the_path_of_their_list() -> None:
    """Texts and numbers are values; true, false and null are not."""
    data = {"a": {"b": ["x", {"c": 2.5}]}, "d": True, "e": None, "f": 1}
    assert list(values_of(data)) == [("a.b", "x"), ("a.b.c", 2.5), ("f", 1)]


def test_a_name_that_may_be_data_is_not_shown() -> None:
    """Such as the name of a person in place of a member's."""
    assert list(values_of({"Ana Example": "x"})) == [("<name of 11 characters>", "x")]


def test_bodies_are_json_or_xml() -> None:
    """Anything else has no members."""
    assert members_of_body(b'{"action": "LOAN"}') == {"action": "LOAN"}
    assert list(values_of(members_of_body(b"<webhook><action>LOAN</action></webhook>"))) == [("action", "LOAN")]
    assert members_of_body(b"LOAN") is None
    assert members_of_body(b"<a") is None


def test_an_input_is_json() -> None:
    """An execution that was started by hand can have any."""
    assert members_of_input('{"a": 1}') == {"a": 1}
    assert members_of_input("") is None
