"""The processor's handler, with a record of its AWS calls: run by Lambda's runtime client in a test."""

import os

from tests.iam.recorder import install

install(os.environ["IAM_CALLS"])

from processor.handler import lambda_handler  # noqa: E402 -- the record begins with the clients that it creates

__all__ = ["lambda_handler"]
