"""Read the topics that a project declares in notifications.yaml."""

from notifications.integrations.table import INTEGRATIONS
from notifications.topic_file import DeclaredTopic, InvalidTopicsError, read_topics
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.project.folder import Project


def declared_topics(project: Project) -> list[DeclaredTopic]:
    """Return the topics in their order. Raise ConfigurationError with every mistake, which quotes no secret."""
    path = project.notifications
    try:
        return read_topics(path.read_text("utf-8"), INTEGRATIONS)
    except FileNotFoundError:
        raise ConfigurationError(f"{path} does not exist. Create it with the topics of this project.") from None
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationError(f"{path} cannot be read: {cause}.") from None
    except InvalidTopicsError as error:
        details = [escape(f"{path.name}: {problem}") for problem in error.problems]
        mistakes = plural(len(details), "mistake")
        raise ConfigurationError(f"{path} has {mistakes}, so nothing was changed.", details) from None
