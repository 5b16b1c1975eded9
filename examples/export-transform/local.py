"""Play the other systems of this example during `alma-webhooks run`: exports, an SFTP server and a receiver.

The variables that this program gets name the stacks. It puts sample files into the emulator's bucket, starts both
servers on this computer, and stores how they are reached in the emulator's SSM parameters, as an operator does on AWS.
"""

import base64
import json
import os
import secrets
import signal
from pathlib import Path
from tempfile import TemporaryDirectory

import boto3
from local_run import certificate, files
from local_run.receiver import BatchReceiver, ReceivedBatch
from local_run.sftp_server import LocalSftpServer

USER = "alma"


def main() -> None:
    """Serve until the run ends. Print `ready` when everything is there, and then each batch that arrives."""
    (tls, authority), password = certificate.make(), secrets.token_urlsafe()
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()  # pragma: allowlist secret -- a new one
    with TemporaryDirectory() as folder:
        write(Path(folder) / "catalog", files.catalog_export())
        with (
            LocalSftpServer(Path(folder), USER, password) as sftp,
            BatchReceiver(tls, secret, show) as receiver,
        ):
            put_objects("exports/bib/", files.bib_export())
            access = {"host": "127.0.0.1", "port": sftp.port, "user": USER, "host_keys": [sftp.host_key]}
            put_parameter("sftp", {**access, "password": password})
            url = f"https://127.0.0.1:{receiver.port}/records"
            put_parameter("receiver", {"url": url, "secret": secret, "authority": authority})
            print("ready")  # noqa: T201 -- `run` waits for this line
            signal.sigwait({signal.SIGTERM})


def show(batch: ReceivedBatch) -> None:
    """Print what arrived."""
    print(f"received a batch of {len(batch.records)} records")  # noqa: T201 -- `run` shows it


def write(folder: Path, contents: dict[str, bytes]) -> None:
    """Write files into a new folder."""
    folder.mkdir()
    for name, content in contents.items():
        (folder / name).write_bytes(content)


def put_objects(prefix: str, contents: dict[str, bytes]) -> None:
    """Write files into the bucket of the part's stack."""
    outputs = boto3.client("cloudformation").describe_stacks(StackName=os.environ["ALMA_WEBHOOKS_PART_STACK"])
    bucket = next(
        each["OutputValue"] for each in outputs["Stacks"][0]["Outputs"] if each["OutputKey"] == "FilesBucketName"
    )
    for name, content in contents.items():
        boto3.client("s3").put_object(Bucket=bucket, Key=f"{prefix}{name}", Body=content)


def put_parameter(name: str, value: dict[str, object]) -> None:
    """Store how a system is reached."""
    path = f"/alma-webhooks/{os.environ['ALMA_WEBHOOKS_STAGE']}/export-transform/{name}"
    boto3.client("ssm").put_parameter(Name=path, Value=json.dumps(value), Type="SecureString", Overwrite=True)


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # for sigwait, in the threads of the servers too
    main()
