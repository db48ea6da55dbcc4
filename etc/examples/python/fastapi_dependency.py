"""A FastAPI dependency: only callers with a good API key or token get in. It needs fastapi and httpx."""
import os
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import APIKeyHeader, HTTPBearer

from latchkey_async import AsyncLatchkey, Undecided

latchkey = AsyncLatchkey(os.environ["LATCHKEY_URL"])
tokens = HTTPBearer(auto_error=False)
keys = APIKeyHeader(name="X-API-Key", auto_error=False)


@asynccontextmanager
async def lifespan(_):  # FastAPI before 0.93 does not call it: then the connections end with the process
    yield
    await latchkey.close()


app = FastAPI(lifespan=lifespan)


@dataclass(frozen=True)
class Caller:
    """Good credentials of all organizations get in: show each caller the data of its own organization."""

    subject: str  # the id of a key; of a token, what its issuer says
    organization_id: str
    scopes: frozenset


FORBIDDEN = {"INSUFFICIENT_SCOPES", "IP_NOT_ALLOWED", "ORGANIZATION_DISABLED"}


def refusal(code):
    """RFC 6750: 401 for a credential that is not good, 403 for a good one that may not do this."""
    if code == "RATE_LIMITED":
        return HTTPException(429, code, {"Retry-After": "1"})
    if code in FORBIDDEN:
        return HTTPException(403, code)
    return HTTPException(401, code, {"WWW-Authenticate": 'Bearer error="invalid_token"'})


def caller_with(*scopes):
    """A dependency that lets callers in who have all of these scopes."""

    async def caller(request: Request, token=Depends(tokens), key=Depends(keys)) -> Caller:
        if (token is None) == (key is None):
            raise HTTPException(401, "NO_CREDENTIAL", {"WWW-Authenticate": "Bearer"})
        try:
            if token is not None:
                verdict = await latchkey.ask("verify-token", {"token": token.credentials, "scopes": scopes})
            else:  # the address counts for keys that have a list of addresses
                address = request.client.host if request.client else None
                question = {"api_key": key, "scopes": scopes, "ip": address}
                verdict = await latchkey.ask("verify-api-key", question)
        except Undecided as undecided:
            seconds = str(undecided.retry_after or 1)
            raise HTTPException(503, "UNAVAILABLE", {"Retry-After": seconds}) from None
        if verdict["valid"] is not True:
            raise refusal(verdict["code"])
        if verdict["organization_id"] is None:  # a foreign token may be good and name none
            raise HTTPException(403, "NO_ORGANIZATION")
        return Caller(verdict.get("subject", verdict.get("key_id")), verdict["organization_id"],
                      frozenset(verdict["scopes"]))

    return caller


@app.get("/devices")
async def devices(caller: Caller = Depends(caller_with("devices:read"))):
    return {"organization_id": caller.organization_id, "devices": []}


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(app, port=int(os.environ.get("PORT", 8000)))
