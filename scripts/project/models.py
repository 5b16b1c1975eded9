"""The format of alma-webhooks.yaml: the stacks of a library, by stage."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    Tag,
    field_validator,
    model_validator,
)

from scripts.project.part_models import Parts

FORMAT: Final = 1
"""The version of the format. A change that an older command cannot read raises it."""

StageKey = Literal["dev", "stg", "prod"]
AlarmTier = Literal["none", "essential", "full"]
Account = Annotated[StrictStr, Field(pattern="^[0-9]{12}$")]
Region = Annotated[StrictStr, Field(pattern="^[a-z]{2}(-[a-z]+)+-[0-9]$")]
AlmaProfile = Annotated[StrictStr, Field(pattern="^[a-z0-9][a-z0-9-]{0,62}$")]

# Settings that have a key of their own, by the template parameter that they set.
OWN_KEYS: Final = {
    "Profiles": "alma_profiles",
    "Alarms": "alarms",
    "AlarmEmail": "alarm_email",
    "LogRetentionDays": "log_retention_days",
}


class Section(BaseModel):
    """A section of alma-webhooks.yaml. Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SsmReference(Section):
    """The value of the SSM parameter of this name, which a deployment reads. For values that must not be in a file."""

    ssm: Annotated[StrictStr, Field(pattern="^/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$")]


def _form_of(value: Any) -> str | None:
    forms: tuple[tuple[type, str], ...] = ((bool, ""), (str, "text"), (int, "whole number"), (dict, "reference"))
    return next((form or None for kind, form in forms if isinstance(value, kind)), None)


ParameterValue = Annotated[
    Annotated[StrictStr, Tag("text")]
    | Annotated[StrictInt, Tag("whole number")]
    | Annotated[SsmReference, Tag("reference")],
    Discriminator(
        _form_of,
        custom_error_type="parameter_value",
        custom_error_message="expected text in quotes, a whole number, or {ssm: NAME}",
    ),
]
"""The value of a template parameter, or the SSM parameter that holds it."""


class StageSettings(Section):
    """One stage: where its stack is, which Alma profiles it serves, and how it is watched.

    `notifications` adds the stack that sends notifications to people. `parameters` are parameters of the CloudFormation
    templates that have no key of their own.
    """

    stack: StrictStr | None = None
    account: Account | None = None
    region: Region | None = None
    aws_profile: StrictStr | None = None
    endpoint_url: StrictStr | None = None
    alma_profiles: list[AlmaProfile] = ["alma"]
    alarms: AlarmTier = "essential"
    alarm_email: StrictStr | None = None
    log_retention_days: StrictInt | None = None
    notifications: StrictBool = False
    parameters: dict[str, ParameterValue] = {}

    @field_validator("alma_profiles")
    @classmethod
    def _unique(cls, profiles: list[str]) -> list[str]:
        twice = sorted({each for each in profiles if profiles.count(each) > 1})
        if twice:
            raise ValueError(f"{twice[0]} is listed twice")
        if "heartbeat" in profiles:
            raise ValueError("heartbeat is built in and always served; remove it")
        return profiles

    @field_validator("parameters")
    @classmethod
    def _without_own_keys(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        for name in sorted(set(parameters) & set(OWN_KEYS)):
            raise ValueError(f"set {OWN_KEYS[name]} of the stage instead of the parameter {name}")
        return parameters

    @model_validator(mode="after")
    def _without_profile_of_that_name(self) -> Self:
        if self.notifications and "notifications" in self.alma_profiles:
            raise ValueError(
                "an Alma profile of a stage with notifications must not be called notifications, because SSM has the "
                "secrets of both in one place"
            )
        return self


class ProjectFile(Section):
    """The whole file. `name` marks the stacks of this project; `stage` is the default of commands."""

    format_version: Annotated[StrictInt, Field(alias="schema")]
    name: Annotated[StrictStr, Field(pattern="^[a-z][a-z0-9-]{0,62}$")]
    account: Account | None = None
    region: Region | None = None
    runtime: Annotated[StrictStr, Field(pattern=r"^python3\.[0-9]+$")] | None = None
    stage: StageKey | None = None
    stages: Annotated[dict[StageKey, StageSettings], Field(min_length=1)]
    parts: Parts = {}
