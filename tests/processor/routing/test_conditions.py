"""Conditions: each operator against one value, with the examples of the Amazon EventBridge documentation."""

from typing import Any

import pytest

from processor.routing.conditions import PatternError, compile_condition


@pytest.mark.parametrize(
    ("condition", "matching", "others"),
    [
        ("LOAN", ["LOAN"], ["loan", "LOAN ", "", None, ["LOAN"]]),
        ("", [""], [None, " "]),
        (1, [1], [1.0, True, "1", 2]),
        (300.0, [300.0, 3.0e2], [300, "300.0"]),
        (True, [True], [1, "true", False]),
        (None, [None], ["", False, 0]),
        ({"prefix": "us-"}, ["us-", "us-east-1"], ["eu-us-", "US-east-1", "us", 5, None]),
        ({"prefix": {"equals-ignore-case": "EventB"}}, ["eventbridge", "EVENTB"], ["an eventb", "event", 1]),
        ({"suffix": ".png"}, [".png", "a.png"], ["a.PNG", "a.png ", "png", 1]),
        ({"suffix": {"equals-ignore-case": "TBridge"}}, ["eventbridge", "TBRIDGE"], ["bridge", "tbridge!"]),
        ({"equals-ignore-case": "alice"}, ["alice", "ALICE", "AlIcE"], ["alice2", "", 1, None]),
        ({"wildcard": "*.png"}, [".png", "dir/a.png"], ["a.PNG", "a.png/"]),
        ({"wildcard": "dir/*.png"}, ["dir/.png", "dir/a/b.png"], ["a/dir/b.png", "dir.png", 1]),
        ({"wildcard": "*/lib/*"}, ["/lib/", "/usr/lib/x"], ["lib/", "/lib", "/LIB/"]),
        ({"wildcard": "a*b*c"}, ["abc", "aXbYc", "abbcc", "abcbc"], ["acb", "ac", "abcd", "xabc"]),
        ({"wildcard": "ab*ab"}, ["abab", "abXab"], ["ab", "aba"]),
        ({"wildcard": "plain"}, ["plain"], ["plainly", "pla*n"]),
        ({"wildcard": "*"}, ["", "x", "*"], [1, None]),
        ({"wildcard": r"a\*b*"}, ["a*b", "a*bc"], ["aXb", r"a\*b"]),
        ({"wildcard": r"a\\*"}, ["a\\", "a\\x"], ["a", "a*"]),
        ({"anything-but": "initializing"}, ["running", "", 1, None, True], ["initializing"]),
        ({"anything-but": ["stopped", "overloaded"]}, ["running", 5], ["stopped", "overloaded"]),
        ({"anything-but": [100, 200, 255]}, [300, "100", 100.0], [100, 200, 255]),
        ({"anything-but": 100}, [300, "100"], [100]),
        ({"anything-but": {"prefix": "us-"}}, ["eu-west-1", 7, ""], ["us-east-1"]),
        ({"anything-but": {"prefix": ["us-", "eu-"]}}, ["ap-south-1"], ["us-east-1", "eu-west-1"]),
        ({"anything-but": {"suffix": ".png"}}, ["a.jpg", None], ["a.png"]),
        ({"anything-but": {"suffix": [".png", ".jpg"]}}, ["a.gif"], ["a.png", "a.jpg"]),
        ({"anything-but": {"equals-ignore-case": "initializing"}}, ["running"], ["INITIALIZING", "initializing"]),
        ({"anything-but": {"equals-ignore-case": ["a", "b"]}}, ["c"], ["A", "b"]),
        ({"anything-but": {"wildcard": "*/lib/*"}}, ["/usr/bin"], ["/usr/lib/x"]),
        ({"anything-but": {"wildcard": ["*/lib/*", "*/bin/*"]}}, ["/usr"], ["/usr/lib/x", "/usr/bin/x"]),
        ({"wildcard": "*a*a*"}, ["aa", "xaxax"], ["a", "xax"]),
        ({"wildcard": "*a*b*"}, ["aba"], ["ba"]),
        ({"numeric": ["=", 100]}, [100, 100.0, 1e2], [99, "100", True, None]),
        ({"numeric": [">", 10, "<=", 20]}, [11, 20, 10.5], [10, 21, "15"]),
        ({"numeric": [">=", -5.0e9, "<", 5.0e9]}, [-5.0e9, 0], [5.0e9, 6.0e9]),
        ({"numeric": ["<", 10]}, [9.9, -1], [10, "9", False]),
        ({"numeric": [">=", 0.5]}, [0.5, 1], [0.4]),
    ],
)
def test_operators_match_values(condition: Any, matching: list[Any], others: list[Any]) -> None:
    """Each operator matches the listed values and no others."""
    test = compile_condition(condition, ())
    assert [value for value in matching if not test(value)] == []
    assert [value for value in others if test(value)] == []


@pytest.mark.parametrize(
    ("condition", "path", "reason"),
    [
        ({}, (), "one operator"),
        ({"prefix": "x", "suffix": "y"}, (), "one operator"),
        (
            {"like": "x"},
            (),
            "unknown operator 'like'; use one of anything-but, equals-ignore-case, exists, numeric, prefix",
        ),
        (["x"], (), "quotes"),
        ({"prefix": 1}, ("prefix",), "quotes"),
        ({"suffix": {"prefix": "x"}}, ("suffix",), "suffix takes text or"),
        ({"prefix": {"equals-ignore-case": 1}}, ("prefix", "equals-ignore-case"), "quotes"),
        ({"wildcard": "a**b"}, ("wildcard",), "two consecutive stars"),
        ({"wildcard": "a*b**c"}, ("wildcard",), "two consecutive stars"),
        ({"wildcard": 1}, ("wildcard",), "quotes"),
        ({"wildcard": "**"}, ("wildcard",), "two consecutive stars"),
        ({"wildcard": r"a\b"}, ("wildcard",), "backslash"),
        ({"wildcard": "a\\"}, ("wildcard",), "backslash"),
        ({"anything-but": []}, ("anything-but",), "list is empty"),
        ({"anything-but": None}, ("anything-but",), "text, numbers"),
        ({"anything-but": [True]}, ("anything-but",), "text, numbers"),
        (
            {"anything-but": {"numeric": ["=", 1]}},
            ("anything-but",),
            "takes one of equals-ignore-case, prefix, suffix, wildcard$",
        ),
        ({"anything-but": {"prefix": []}}, ("anything-but",), "list is empty"),
        ({"anything-but": {"prefix": [1]}}, ("anything-but", "prefix"), "quotes"),
        ({"numeric": []}, ("numeric",), "numeric takes"),
        ({"numeric": "5"}, ("numeric",), "numeric takes"),
        ({"numeric": [">", 5, ">", 6]}, ("numeric",), "numeric takes"),
        ({"numeric": [">", 6, "<", 5]}, ("numeric",), "numeric takes"),
        ({"numeric": [">=", 5, "<=", 5]}, ("numeric",), "numeric takes"),
        ({"numeric": [">", "5", "<", 6]}, ("numeric",), "between -5.0e9 and 5.0e9"),
        ({"numeric": [">", 5, "<", "6"]}, ("numeric",), "between -5.0e9 and 5.0e9"),
        ({"numeric": ["<", 5, ">", 1]}, ("numeric",), "numeric takes"),
        ({"numeric": [[">"], 5]}, ("numeric",), "compares by"),
        ({"numeric": [{"a": 1}, 5]}, ("numeric",), "compares by"),
        ({"numeric": ["!", 5]}, ("numeric",), "compares by"),
        ({"numeric": ["=", "5"]}, ("numeric",), "between -5.0e9 and 5.0e9"),
        ({"numeric": [">", 6.0e9]}, ("numeric",), "between -5.0e9 and 5.0e9"),
        ({"numeric": ["=", True]}, ("numeric",), "between -5.0e9 and 5.0e9"),
    ],
)
def test_an_invalid_condition_is_rejected(condition: Any, path: tuple[str, ...], reason: str) -> None:
    """A wrong operator or operand fails to compile, with its path."""
    with pytest.raises(PatternError, match=reason) as raised:
        compile_condition(condition, ())
    assert raised.value.path == path


def test_many_wildcards_take_linear_time() -> None:
    """Many stars over a long text that almost matches are evaluated in one pass."""
    assert not compile_condition({"wildcard": "*a" * 40 + "*b"}, ())("a" * 100_000)
