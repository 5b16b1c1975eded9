"""Adds the budget to the syntax tree of a template, where Jinja2 has no hook."""

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from processor.routing.template_filters import CONCAT, EACH


class Metered(NodeTransformer):
    """Adds the budget to `~`, loop iterations, and the text that a loop repeats."""

    def __init__(self) -> None:
        self._loops = 0

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 -- as Jinja2 finds it
        """Replace `~`."""
        self.generic_visit(node)
        return filtered(nodes.List(node.nodes, lineno=node.lineno), CONCAT)

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 -- as Jinja2 finds it
        """Count the iterations."""
        self._loops += 1
        self.generic_visit(node)
        self._loops -= 1
        node.iter = filtered(node.iter, EACH)
        return node

    def visit_TemplateData(self, node: nodes.TemplateData) -> nodes.Node:  # noqa: N802 -- as Jinja2 finds it
        """Replace text in a loop by a value, which is finalized."""
        return self.repeated(node) if self._loops else node

    def repeated(self, node: nodes.TemplateData) -> nodes.Expr:
        """Return the value for a text in a loop."""
        return nodes.Const(node.data, lineno=node.lineno)


def filtered(node: nodes.Node, name: str) -> nodes.Filter:
    """Return the expression with a filter after it."""
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)
