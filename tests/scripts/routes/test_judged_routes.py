"""Test that printed deployments keep the deployed routes."""

import hashlib

import pytest

from scripts.aws.context import StackContext
from scripts.routes.check import ROUTES
from scripts.routes.judged_routes import deploy_options


@pytest.mark.parametrize(
    ("digest", "expected"),
    [
        (hashlib.sha256(ROUTES.read_bytes()).hexdigest(), ""),
        ("", ""),  # unknown
        ("0" * 64, "--routes FILE "),
    ],
)
def test_f74_a_deployment_names_a_routes_file_where_the_folder_has_another(
    scope: StackContext, digest: str, expected: str
) -> None:
    """Otherwise it would replace the deployed routes with those in the folder."""
    stack = scope.stack._replace(outputs=scope.stack.outputs | {"RoutesDigest": digest})
    assert deploy_options(scope._replace(stack=stack)) == f"{expected}{scope.options}"
