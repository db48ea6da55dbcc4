"""The older service's endpoints, with the verdicts and fields of Latchkey's answers, so that one load asks both. What
is remembered is what the database said; expiry and standing are judged at each request."""

import hashlib
import hmac
import time
from datetime import datetime, timezone

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from peers.older import store, tokens

app = FastAPI(on_startup=[store.start], on_shutdown=[store.stop])


class KeyQuestion(BaseModel):
    api_key: str


class DeviceQuestion(BaseModel):
    device_id: str
    device_secret: str


class TokenQuestion(BaseModel):
    token: str


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def refused(code):
    return JSONResponse({"valid": False, "code": code})


def is_past(text):
    return text is not None and datetime.fromisoformat(text.replace("Z", "+00:00")) <= datetime.now(timezone.utc)


def key_verdict(facts):
    if not facts:
        return "NOT_FOUND"
    if not facts["organization_is_active"]:
        return "ORGANIZATION_DISABLED"
    if not facts["is_active"]:
        return "DISABLED"
    return "EXPIRED" if is_past(facts["expires_at"]) else "VALID"


async def find_key(api_key, request):
    key_hash = sha256(api_key)
    return await store.look_aside("api_key:" + key_hash, lambda: store.search_key(key_hash), request)


@app.post("/api/v1/auth/verify-api-key")
async def verify_api_key(question: KeyQuestion, request: Request):
    facts = await find_key(question.api_key, request)
    code = key_verdict(facts)
    if code != "VALID":
        return refused(code)
    return JSONResponse({"valid": True, "code": "VALID", "key_id": facts["key_id"],
                         "organization_id": facts["organization_id"], "name": facts["name"], "external_id": None,
                         "scopes": facts["scopes"], "metadata": facts["metadata"], "expires_at": facts["expires_at"]})


@app.post("/api/v1/auth/authenticate-device")
async def authenticate_device(question: DeviceQuestion, request: Request):
    device_id = question.device_id
    facts = await store.look_aside("device:" + device_id, lambda: store.search_device(device_id), request)
    if not facts or not hmac.compare_digest(facts["device_secret"], "sha256:" + sha256(question.device_secret)):
        return refused("INVALID_CREDENTIALS")
    if facts["organization_status"] != "active":
        return refused("ORGANIZATION_DISABLED")
    if facts["status"] != "active":
        return refused("DISABLED")
    return JSONResponse({"valid": True, "code": "VALID", "device_id": facts["device_id"],
                         "organization_id": facts["organization_id"], "name": facts["name"],
                         "scopes": facts["scopes"], "metadata": {}})


@app.post("/api/v1/auth/verify-token")
async def verify_token(question: TokenQuestion, request: Request):
    async def check():
        return tokens.verify(question.token)

    facts = await store.look_aside("token:" + sha256(question.token), check, request)
    if "code" in facts:
        return refused(facts["code"])
    claims = facts["claims"]
    if claims["exp"] <= time.time():
        return refused("EXPIRED")
    return JSONResponse({"valid": True, "code": "VALID", "subject": claims["sub"],
                         "organization_id": claims.get("organization_id"), "issuer": claims["iss"],
                         "audience": claims["aud"], "scopes": claims.get("scope", "").split(),
                         "token_id": claims.get("jti"), "issued_at": claims.get("iat"), "expires_at": claims["exp"],
                         "claims": claims})


@app.post("/api/v1/auth/generate-token")
async def generate_token(question: KeyQuestion, request: Request):
    facts = await find_key(question.api_key, request)
    code = key_verdict(facts)
    if code != "VALID":
        return refused(code)
    return JSONResponse({"valid": True, "code": "VALID", "access_token": tokens.issue(facts), "token_type": "Bearer",
                         "expires_in": tokens.TOKEN_LIFE, "scopes": facts["scopes"]})
