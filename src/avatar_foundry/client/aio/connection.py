"""One connection pool, with the key, retries and errors that hold for every call."""

import secrets
from asyncio import sleep
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx

from ..._version import __version__
from ..calls import Call, Patience, base_url, body_of, multipart, query
from ..errors import FoundryApiError, connection_failed, error_from

LOST = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError, httpx.ProxyError)


class AsyncConnection:
    """Sends calls; used by everything else of the client."""

    def __init__(
        self,
        url: str | None,
        key: str | None,
        *,
        timeout: float,
        patience: Patience,
        headers: Mapping[str, str] | None,
        http_client: httpx.AsyncClient | None,
    ) -> None:
        self.url, self.key, self.timeout, self.patience = base_url(url), key, timeout, patience
        self.headers = {"User-Agent": f"avatar-foundry-python/{__version__}", **(headers or {})}
        if key:
            self.headers["Authorization"] = f"Bearer {key}"
        self._own = http_client is None
        self.http = http_client or httpx.AsyncClient(follow_redirects=False)

    async def close(self) -> None:
        """Close the pool, unless it was given."""
        if self._own:
            await self.http.aclose()

    async def json(self, call: Call) -> Any:
        """The answer's JSON; None when there is none. Raises FoundryApiError."""
        response = await self.send(call)
        return body_of(response) if response.content else None

    async def content(self, call: Call) -> bytes:
        """The answer's bytes."""
        return (await self.send(call)).content

    async def send(self, call: Call, *, stream: bool = False) -> httpx.Response:
        """The response of a call that succeeded, after retries; read, unless `stream`. Raises FoundryApiError."""
        key = call.idempotency_key or secrets.token_urlsafe(18)
        attempt = 0
        while True:
            retry_after = None
            try:
                response = await self._once(call, key, stream)
            except LOST as error:
                problem: FoundryApiError = connection_failed(f"{self.url}: {str(error) or type(error).__name__}")
            else:
                if response.is_success or response.status_code == 304:
                    return response
                try:
                    await response.aread()
                finally:
                    await response.aclose()
                problem = error_from(body_of(response), response.status_code)
                retry_after = response.headers.get("retry-after")
                if problem.error_code not in ("UNKNOWN", "RATE_LIMITED") and call.idempotency_key is None:
                    # The service settled this try, and would only repeat its error under the same key. After a lost
                    # line or a proxy's error the work may still be going on, so there the key stays.
                    key = secrets.token_urlsafe(18)
            wait = self.patience.wait(attempt, problem, retry_after) if call.is_repeatable else None
            if wait is None:
                raise problem
            await sleep(wait)
            attempt += 1

    async def _once(self, call: Call, key: str, stream: bool) -> httpx.Response:
        headers = {**self.headers, **call.headers}
        if call.method == "POST":
            headers["Idempotency-Key"] = key
        timeout = httpx.Timeout(call.timeout or self.timeout, connect=10.0)
        with multipart(call) as content:
            request = self.http.build_request(
                call.method,
                self.url + call.path,
                params=query(call.params),
                headers=headers,
                timeout=timeout,
                **content,
            )
            return await self.http.send(request, stream=stream)

    def again(self, call: Call) -> Call:
        """The call with an Idempotency-Key that stays the same whenever it is sent."""
        return replace(call, idempotency_key=call.idempotency_key or secrets.token_urlsafe(18))
