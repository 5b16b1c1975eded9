"""Message templates in Jinja2: sandboxed and strict as those of routes, and rendered to pieces."""

from collections.abc import Mapping
from typing import Any

from jinja2 import Template as JinjaTemplate
from jinja2 import TemplateSyntaxError, UndefinedError, nodes, pass_context
from jinja2.runtime import Context

from notifications.fitting import LONGEST_MESSAGE
from notifications.pieces import Piece, RenderedMessage
from processor.routing.counters import counter
from processor.routing.template_budget import budget, spend
from processor.routing.template_environment import Environment, finalized
from processor.routing.template_metering import Metered, filtered
from processor.routing.template_values import TemplateFailedError
from processor.routing.templates import OURS, compiled, template_reason

_TEXT = " text"  # templates cannot write names that start with a space
# These collect what is inside them, values and text alike, as one value.
_COLLECTING = (nodes.AssignBlock, nodes.FilterBlock, nodes.ScopedEvalContextModifier)


class JinjaMessage:
    """A compiled template. A variable without a value is an error, unless `default` or `is defined` protects it."""

    def __init__(self, source: str) -> None:
        """Compiles. Raises InvalidTemplateError."""
        self._template: JinjaTemplate = compiled(lambda: _ENVIRONMENT.from_string(source))
        self.names = compiled(lambda: _ENVIRONMENT.names_in(source))

    def render(self, values: Mapping[str, Any]) -> RenderedMessage:
        """Return the pieces for these values. Raise TemplateFailedError, whose text quotes no value."""
        present = {name: _shortened(value) for name, value in values.items() if value is not None}
        try:
            with budget():
                return RenderedMessage(tuple(map(_piece, self._template.generate(present))))
        except UndefinedError:
            missing = ", ".join(sorted(self.names - present.keys()))
            reason = f"uses a value that is missing{f'; these variables have none: {missing}' if missing else ''}"
        except Exception as error:  # noqa: BLE001 - a template can raise anything, and its text can quote a value
            reason = template_reason(error, "a value")
        raise TemplateFailedError(reason)


def _shortened(value: Any) -> Any:
    """Return a value with no text longer than a message, so that a long text does not use up the budget."""
    if isinstance(value, str):
        return value[: LONGEST_MESSAGE + 1]  # so that it is still cut, and the cut is marked
    if isinstance(value, dict):
        return {name: _shortened(member) for name, member in value.items()}
    return [_shortened(member) for member in value] if isinstance(value, list) else value


class _Shown(str):
    """What `{{ … }}` shows. Jinja2 converts it by `str`, which returns the same object."""

    __slots__ = ()

    def __str__(self) -> str:
        return self


class _Repeated(_Shown):
    """A text of the template inside a loop."""

    __slots__ = ()


class _MeteredMessage(Metered):
    def repeated(self, node: nodes.TemplateData) -> nodes.Expr:
        """Mark text in a loop, which is finalized as values are."""
        return filtered(super().repeated(node), _TEXT)


class _MessageEnvironment(Environment):
    metered = _MeteredMessage

    def from_string(self, source: Any, *arguments: Any, **options: Any) -> JinjaTemplate:
        """Compile a template. Raise TemplateSyntaxError."""
        tree = self.parse(source)
        if collecting := next(tree.find_all(_COLLECTING), None):
            reason = "{% set %} with an end, filter and autoescape are not supported in messages; use filters with |"
            raise TemplateSyntaxError(reason, collecting.lineno)
        return super().from_string(tree, *arguments, **options)


@pass_context
def _marked(context: Context, value: Any) -> str:
    if type(value) is _Repeated:
        spend(len(value))
        return value
    return _Shown(finalized(context, value))


def _piece(text: str) -> Piece:
    return Piece(str.__str__(text), is_value=type(text) is not str and type(text) is not _Repeated)


_ENVIRONMENT = _MessageEnvironment(OURS, {"counter": counter}, _marked)
_ENVIRONMENT.filters[_TEXT] = _Repeated
