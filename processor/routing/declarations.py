"""What the stack creates for the routes: the forms of `topics` and `state_machines` in routes.yaml."""

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, StrictStr, Tag, model_validator

from processor.routing.deliver import Strict

Stage = Literal["dev", "stg", "prod"]
TopicName = Annotated[StrictStr, Field(pattern="^[A-Za-z0-9-]{1,220}$")]
StateMachineName = Annotated[str, Field(pattern="^[a-z][a-z0-9-]{0,39}$")]
StateMachineArn = Annotated[
    StrictStr,
    Field(
        pattern=r"^arn:aws[a-z-]*:states:[a-z0-9-]+:[0-9]{12}:stateMachine:[0-9A-Za-z_-]{1,80}(:[0-9A-Za-z_.-]{1,80})?$"
    ),
]
"""An ARN that may end with a version or an alias."""


def _form_of(value: Any) -> str | None:
    return "text" if isinstance(value, str) else "object" if isinstance(value, dict) else None


class NamedTopic(Strict):
    """A topic in the form that has room for options."""

    name: TopicName


TopicDeclaration = Annotated[
    Annotated[TopicName, Tag("text")] | Annotated[NamedTopic, Tag("object")],
    Discriminator(
        _form_of, custom_error_type="topic_form", custom_error_message="expected the name of a topic, or {name: NAME}"
    ),
]
ArnByStage = Annotated[
    Annotated[StateMachineArn, Tag("text")] | Annotated[dict[Stage, StateMachineArn], Tag("object")],
    Discriminator(_form_of, custom_error_type="arn_form", custom_error_message="expected an ARN, or {STAGE: ARN}"),
]


class StateMachineDeclaration(Strict):
    """A state machine: its definition, a file in the project, which the stack creates, or its ARN, or one by stage.

    An ARN goes before the definition. `policy` is a file with the rights of its role.
    """

    definition: StrictStr | None = None
    policy: StrictStr | None = None
    arn: ArnByStage | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.definition is None and self.arn is None:
            raise ValueError("a state machine needs definition, a file, or arn")
        if self.policy is not None and self.definition is None:
            raise ValueError("policy needs definition: the role of a state machine outside the stack is not ours")
        return self

    def arn_in(self, stage: str) -> str | None:
        """Return its ARN in a stage, or None if the stack creates it there."""
        return self.arn.get(stage) if isinstance(self.arn, dict) else self.arn  # type: ignore[call-overload] # the stage is checked where it is read
