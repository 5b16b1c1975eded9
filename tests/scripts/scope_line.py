"""The line that every command on the stack of the fixture `scope` prints before everything else."""

SCOPE_LINE = (
    "stage dev (default), region us-east-1 (from the AWS configuration), stack alma-webhooks-dev (default), account "
    "123456789012\n"
)
