"""The budget of a rendering: no filter, method or operator uses more memory than its limit."""

import tracemalloc

import pytest

from processor.routing.template_budget import MAX_UNITS
from processor.routing.template_values import TemplateFailedError
from processor.routing.templates import FILTERS, InvalidTemplateError, Template
from tests.processor.routing.test_template_text import METHODS

HUGE = "1000000000"
BOMBS = [
    *(f"{{{{ 'x' | {name}({HUGE}) }}}}" for name in sorted(FILTERS)),
    *(f"{{{{ [1] | {name}({HUGE}) }}}}" for name in sorted(FILTERS)),
    *(f"{{{{ [1] | {name}({HUGE}, 'x') }}}}" for name in sorted(FILTERS)),
    *(f"{{{{ big | {name}('x', big) }}}}" for name in sorted(FILTERS)),
    *(f"{{{{ ([big] * 5000) | {name} }}}}" for name in sorted(FILTERS)),
    *(f"{{{{ ([{{'a': big}}] * 5000) | {name}(attribute='a') }}}}" for name in sorted(FILTERS)),
    "{{ big | wordwrap(width=1, wrapstring=big) }}",
    *(f"{{{{ big | {name}(big) | {name}(big) | {name}(big) }}}}" for name in sorted(FILTERS)),
    *(f"{{{{ 'x\\t'.{name}({HUGE}) }}}}" for name in METHODS),
    *(f"{{{{ 'x'.{name}({HUGE}, 'y') }}}}" for name in METHODS),
    *(f"{{{{ big.{name}('x', big) }}}}" for name in METHODS),
    *(f"{{{{ big.{name}([big] * 10000) }}}}" for name in METHODS),
    *(
        "{{ big.translate({120: big}) }}",
        "{{ (5).to_bytes(1000000000, 'big') }}",
        "{{ 'x'.encode().ljust(1000000000) }}",
    ),
    *(f"{{{{ '{form}' % (1, 2) }}}}" for form in (f"%{HUGE}d%d", f"%.{HUGE}d%d", f"%{HUGE}s%s", f"%d%-{HUGE}d")),
    *("{{ '%*d' % (1000000000, 1) }}", "{{ '%.*f' % (1000000000, 1.5) }}", "{{ ('%s' * 9999) % ((big,) * 9999) }}"),
    *(f"{{{{ '{form}'.format(1.5, 2) }}}}" for form in (f"{{:{HUGE}}}", f"{{:.{HUGE}f}}", f"{{:{{1}}{HUGE}}}")),
    *(
        "{{ '{0:{1}}'.format('x', 1000000000) }}",
        "{{ ('{0}' * 9999).format(big) }}",
        "{{ '%(a)1000000000s' % {'a': 1} }}",
    ),
    *(f"{{{{ {HUGE} * 'x' }}}}", f"{{{{ [1] * {HUGE} }}}}", f"{{{{ 'x' * {HUGE} }}}}", "{{ 9 ** 9 ** 9 }}"),
    "{% set a = big %}" + "".join("{% set a = a ~ a %}" for _ in range(30)) + "{{ a }}",
    "{% set a = big %}" + "".join("{% set a = a + a %}" for _ in range(30)) + "{{ a }}",
    "{% set a = 2 ** 9999 %}" + "".join("{% set a = a * a %}" for _ in range(30)) + "{{ a > 1 }}",
    "{% set a = ['x'] %}" + "".join("{% set a = [a, a] %}" for _ in range(60)) + "{{ a | tojson }}",
    "{% set a %}" + "{{ big }}" * 200 + "{% endset %}{{ a }}",
    "{% for a in big %}{% for b in big %}{% for c in big %}" + "x" * 999 + "{% endfor %}{% endfor %}{% endfor %}",
    "{% filter upper %}{% for a in big %}{{ big }}{% endfor %}{% endfilter %}",
    "{{ [big] * 1000 | map('upper') | list | tojson }}",
    "{{ ([big] * 10000) | map('upper') | list | length }}",
    "{{ ([[1] * 99999] * 99999) | sum(start=[]) | length }}",
]


# An eighth of them in `make test`.
@pytest.mark.parametrize(
    "source",
    [
        pytest.param(each, id=str(number), marks=pytest.mark.full if number % 8 else ())
        for number, each in enumerate(BOMBS)
    ],
)
def test_f63_no_filter_method_or_operator_exhausts_the_memory(source: str) -> None:
    """Compiling and rendering either stay within the budget or fail."""
    tracemalloc.start()
    try:
        template = Template(source)
        assert template.names <= {"big"}
        text = template.render({"big": "x" * 50_000})
    except (InvalidTemplateError, TemplateFailedError):
        text = ""
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(text) <= MAX_UNITS
    assert peak < 50_000_000, f"{peak:,} bytes"


@pytest.mark.parametrize(
    "source",
    [
        *("{% macro a() %}{% endmacro %}", "{% call a() %}{% endcall %}", "{% block a %}{% endblock %}"),
        *("{% for a in b recursive %}{% endfor %}", "{% include 'x' %}"),
    ],
)
def test_f63_recursion_is_rejected(source: str) -> None:
    """Templates that could call themselves are rejected, because no limit would hold."""
    with pytest.raises(InvalidTemplateError):
        Template(source)


def test_f63_a_large_field_can_be_used() -> None:
    """The budget is far larger than any field of a body."""
    text = "é" * 400_000
    assert Template("{{ text | upper | replace('É', 'e') | length }}").render({"text": text}) == "400000"
