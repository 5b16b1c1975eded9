"""A tiny further part of a project: a queue on the topic loans, and a function that rejects what says so."""

from pathlib import Path
from typing import Any, Final

PART: Final[dict[str, Any]] = {
    "template": "shelf.yaml",
    "code": "shelf",
    "queues": {"returns": {"queue": "ReturnQueue", "dead_letters": "ReturnDeadLetterQueue"}},
}
"""The part `shelf` as alma-webhooks.yaml has it."""

TEMPLATE: Final = """\
Description: A queue of loans and the function that reads it.
Parameters:
  TopicArnPrefix: {Type: String}
  CodeBucket: {Type: String}
  CodeKey: {Type: String}
  Runtime: {Type: String}
  ShelfMemory: {Type: Number, Default: 256}
Resources:
  ReturnQueue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub ${AWS::StackName}-returns
      VisibilityTimeout: 18
      RedrivePolicy: {deadLetterTargetArn: !GetAtt ReturnDeadLetterQueue.Arn, maxReceiveCount: 1}
  ReturnDeadLetterQueue:
    Type: AWS::SQS::Queue
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
    Properties: {QueueName: !Sub "${AWS::StackName}-return-dead-letters", MessageRetentionPeriod: 1209600}
  Subscription:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Sub ${TopicArnPrefix}loans
      Protocol: sqs
      Endpoint: !GetAtt ReturnQueue.Arn
      RawMessageDelivery: true
  Function:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: !Sub ${AWS::StackName}-returns
      Runtime: !Ref Runtime
      Handler: shelf.handler.lambda_handler
      Code: {S3Bucket: !Ref CodeBucket, S3Key: !Ref CodeKey}
      MemorySize: !Ref ShelfMemory
      Timeout: 3
      Role: !GetAtt Role.Arn
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Action: sts:AssumeRole, Principal: {Service: lambda.amazonaws.com}}]
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {EventSourceArn: !GetAtt ReturnQueue.Arn, FunctionName: !Ref Function, BatchSize: 1}
"""

_HANDLER: Final = '''"""Read one message; fail if it says so."""

from processor.errors import Permanent


def lambda_handler(event, context):
    """Raise Permanent for a message with the word broken."""
    for record in event["Records"]:
        if "broken" in record["body"]:
            raise Permanent("broken")
'''


def write_part(folder: Path) -> None:
    """Write the files of the part into a project folder."""
    (folder / "shelf").mkdir(exist_ok=True)
    (folder / "shelf" / "__init__.py").write_text('"""A shelf."""\n', "utf-8")
    (folder / "shelf" / "handler.py").write_text(_HANDLER, "utf-8")
    (folder / "shelf.yaml").write_text(TEMPLATE, "utf-8")
