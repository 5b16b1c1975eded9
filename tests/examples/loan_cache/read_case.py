"""The read API over tables in memory and a world of Alma."""

import io
import json
from typing import Any

import boto3
from loan_cache.cache_reader import CacheReader
from loan_cache.fill import Fill
from loan_cache.fill_requests import FillRequests
from loan_cache.lists_of_users import ListsOfUsers
from loan_cache.page_token import PageTokens
from loan_cache.read_api import ReadApi

from tests.examples.loan_cache.alma_world import USER, AlmaWorld, WorldLists
from tests.examples.loan_cache.memory_dynamodb import MemoryDynamoDb, memory_writer
from tests.new_logger import new_logger


class ReadCase:
    """The API over tables in memory and a world in which the user has these loans and requests."""

    def __init__(self, loans: list[dict[str, Any]], requests: Any = (), *, key: str | None = "key") -> None:
        self.world = AlmaWorld()
        self.world.add(USER, loans, requests)
        self.alma = WorldLists(self.world, key=key)
        self.dynamodb = MemoryDynamoDb(page_items=40)
        self.writer = memory_writer(self.dynamodb, self.alma.wall)
        self.log = io.StringIO()
        self.sqs = boto3.client("sqs")
        self.queue_url = self.sqs.create_queue(QueueName="fills")["QueueUrl"]
        lists = ListsOfUsers(
            CacheReader.of(self.writer), self.alma.lists, FillRequests(self.sqs, self.queue_url), self.alma.wall
        )
        self.api = ReadApi(lists, PageTokens(lambda: "an invented key", self.alma.wall), new_logger(self.log))

    def fill(self) -> None:
        Fill(self.alma.lists, self.writer, self.alma.wall).run(USER)
        self.world.asked.clear()

    def read(self, what: str = "loans", user: str = USER, **query: str) -> tuple[int, dict[str, Any]]:
        """Return the status and members of an answer, after a look at what every answer and line must be."""
        event = {
            "routeKey": f"GET /users/{{id}}/{what}",
            "pathParameters": {"id": user},
            "queryStringParameters": query or None,
        }
        return self.answered({name: value for name, value in event.items() if value is not None})

    def answered(self, event: Any) -> tuple[int, dict[str, Any]]:
        answer = self.api.answer(event)
        assert answer["headers"]["Content-Type"] == "application/json"
        assert answer["headers"]["Cache-Control"] == "no-store"
        self.headers = answer["headers"]
        members: dict[str, Any] = json.loads(answer["body"])
        if answer["statusCode"] != 200:
            assert set(members) == {"error"}
        assert not any(word in self.log.getvalue() for word in (USER, "Nobody", "Harbour", "loan-", "request-"))
        return answer["statusCode"], members

    def all_ids(self, what: str = "loans", **query: str) -> list[str]:
        """Return the ids of all pages."""
        ids: list[str] = []
        while True:
            status, members = self.read(what, **query)
            assert status == 200
            ids += [each[f"{what[:-1]}_id"] for each in members[what]]
            if "next" not in members:
                return ids
            query["token"] = members["next"]

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    def queued(self) -> list[Any]:
        found = self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(each["Body"]) for each in found]

    def count_delayed(self) -> int:
        """Return how many messages of the fill queue cannot be received yet."""
        name: Any = "ApproximateNumberOfMessagesDelayed"
        found = self.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=[name])
        return int(found["Attributes"][name])
