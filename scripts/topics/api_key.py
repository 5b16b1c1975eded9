"""Create, rotate and retire the API key of the notifications API. Two are valid at once during a rotation."""

import time
from collections.abc import Callable
from secrets import token_urlsafe

from notifications.api_keys import COOL_DOWN_SECONDS
from notifications.references import API_KEY
from scripts.aws.context import StackContext
from scripts.cli.exit_codes import RejectedError
from scripts.cli.progress import WaitProgress
from scripts.secret.rotation import Rotation, RotationState, RotationStatus
from scripts.secret.store import SecretStore
from scripts.topics.integration_secrets import FOLDER


class ApiKeyService:
    """The API keys of a stage. Every method raises botocore's errors."""

    def __init__(self, scope: StackContext, sleep: Callable[[float], None] = time.sleep) -> None:
        self.scope = scope
        self._store = SecretStore(scope.aws.ssm, scope.stage, API_KEY)
        # A producer that does not know a key reads them again, if it has not done so within this time.
        self._rotation = Rotation(self._store, None, COOL_DOWN_SECONDS, sleep)

    def status(self) -> RotationStatus:
        """Return the keys and the state of their rotation."""
        return self._rotation.status(self._store.read(FOLDER))

    def create(self) -> RotationStatus:
        """Store a random first key. Raise RejectedError if there is one."""
        if self.status().state is not RotationState.none:
            raise RejectedError(f"The stage has an API key; to replace it: {self.command('rotate')}")
        return self._rotation.status(self._rotation.create(FOLDER, token_urlsafe(32)))

    def rotate(self, progress: WaitProgress) -> RotationStatus:
        """Store a new key, keep the old one as previous, and wait until every running producer accepts both.

        Continues an interrupted rotation. Raise RejectedError without a key, or if an earlier rotation is not finished.
        """
        state = self.status().state
        if state is RotationState.none:
            raise RejectedError(f"The stage has no API key yet; to create one: {self.command('create')}")
        if state is RotationState.both:
            raise RejectedError(
                "The API key has been rotated and its previous one is still valid. Once no client uses that, finish "
                f"the rotation: {self.command('retire')}"
            )
        self._rotation.begin(FOLDER, token_urlsafe(32))
        return self._rotation.status(self._rotation.wait(FOLDER, progress))

    def check_retirable(self) -> bool:
        """Return whether there is a previous key. Raise RejectedError if it is certainly needed."""
        state = self.status().state
        if state not in {RotationState.none, RotationState.one, RotationState.both}:
            raise RejectedError(f"The rotation is not complete, so nothing was removed: {self.command('rotate')}")
        return state is RotationState.both

    def retire(self) -> RotationStatus:
        """Remove the previous key. Raise RejectedError as `check_retirable`."""
        if self.check_retirable():
            self._store.remove_previous(FOLDER)
        return self.status()

    def command(self, name: str) -> str:
        """Return a command on the API key with the flags that select this stack."""
        return f"alma-webhooks topics api-key {name} {self.scope.options}"
