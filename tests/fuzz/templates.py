"""Generates texts for templates and conditions that take at most a second to render."""

from hypothesis import strategies as st

_TOKENS = [
    "{{ ",
    " }}",
    "{% ",
    " %}",
    "{#",
    "#}",
    "{{-",
    "-%}",
    "\n",
    " ",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ".",
    ":",
    "|",
]
_TOKENS += [
    "if ",
    "else ",
    "elif ",
    "endif ",
    "for x in event ",
    "endfor ",
    "set x = ",
    "endset ",
    "block b ",
    "endblock ",
]
_TOKENS += [
    "macro m(a) ",
    "endmacro ",
    "call m() ",
    "endcall ",
    "filter upper ",
    "endfilter ",
    "raw ",
    "endraw ",
    "with ",
]
_TOKENS += [
    "include 'x' ",
    "extends 'x' ",
    "import 'x' as y ",
    "autoescape true ",
    "do ",
    "trans ",
    "break ",
    "self.b() ",
]
_TOKENS += [
    "event",
    "event.value",
    "job_instance",
    "job_instance.name",
    "action",
    "marker",
    "x",
    "loop",
    "loop.index",
    "m",
]
_TOKENS += [
    "self",
    "super()",
    "caller()",
    "varargs",
    "namespace()",
    "__class__",
    ".__init__.__globals__",
    ".items()",
    "none",
]
_TOKENS += ["| slug", "| date", "| has_word('a')", "| counted('a')", "| lower", "| default('-')", "| replace('a', 'b')"]
_TOKENS += [
    "| first",
    "| join(',')",
    "| length",
    "| int",
    "| tojson",
    "| map('upper')",
    "| sort",
    "| list",
    "| nofilter",
]
_TOKENS += [
    " is defined",
    " is none",
    " not in ",
    " and ",
    " or ",
    "not ",
    " == ",
    " < ",
    " + ",
    " - ",
    " ~ ",
    " * ",
    " ** ",
]
_TOKENS += [
    " / ",
    " // ",
    " % ",
    "0",
    "1",
    "-7",
    "99",
    "1e308",
    "'a'",
    '"b"',
    "'%s'",
    "''",
    "true",
    "[1, 2]",
    "{'a': 1}",
]
_TOKENS += [
    "(" * 300,
    "9" * 5000,
    "é",
    "\0",
    "\ud800",
    "=",
    ";",
    "[:10]",
    "[-1]",
    ".split()",
    ".format(1)",
    " if 1 else 2",
]

_SOUP = st.lists(st.sampled_from(_TOKENS) | st.text(max_size=2), max_size=14).map("".join)
_EXPRESSIONS = st.recursive(
    st.sampled_from(
        ["event.value", "action", "job_instance.name", "x", "1", "99", "'a'", "none", "[1, 2]", "job_instance"]
    ),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "**", "/", "%", "~", "==", "in", "and", "or"]), inner).map(
            lambda parts: f"({' '.join(parts)})"
        ),
        st.tuples(
            inner, st.sampled_from(["slug", "date", "lower", "int", "length", "default('-')", "list", "tojson"])
        ).map(lambda parts: f"({' | '.join(parts)})"),
        st.tuples(inner, inner).map(lambda parts: f"{parts[0]}[{parts[1]}]"),
    ),
    max_leaves=6,
)

EXPRESSIONS = st.one_of(_EXPRESSIONS, _SOUP)
TEMPLATES = st.one_of(
    _SOUP, EXPRESSIONS.map(lambda text: f"{{{{ {text} }}}}"), EXPRESSIONS.map("{{% if {} %}}a{{% endif %}}".format)
)
