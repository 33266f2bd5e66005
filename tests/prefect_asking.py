"""Questions to Prefect's API, asked again while its database is busy."""

import json
import time
import urllib.error
import urllib.request
from http import HTTPStatus
from typing import Any

_PAUSES_S = (0.5, 1, 2, 4)


def ask(method: str, url: str, body: Any = None) -> Any:
    """The answer, None where it is empty; while its SQLite is locked, Prefect says 503 and wants to be asked again."""
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, content, {"Content-Type": "application/json"}, method=method)
    for pause in _PAUSES_S:
        try:
            return _answer(request)
        except urllib.error.HTTPError as error:
            if error.code != HTTPStatus.SERVICE_UNAVAILABLE:
                raise
            time.sleep(pause)
    return _answer(request)


def _answer(request: urllib.request.Request) -> Any:
    with urllib.request.urlopen(request, timeout=10) as answer:
        read = answer.read()
    return json.loads(read) if read else None
