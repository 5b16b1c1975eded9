"""A logger as a function has it at its start. Powertools keeps loggers by name, and pytest visits all before a test."""

import logging
from typing import TextIO

from aws_lambda_powertools import Logger

_NAME = "test"


def new_logger(stream: TextIO) -> Logger:
    """Return a logger that writes to a stream, and forget the one before."""
    logging.Logger.manager.loggerDict.pop(_NAME, None)
    return Logger(service=_NAME, stream=stream)
