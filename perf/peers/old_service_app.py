"""The older service's application, for uvicorn (old_service.py): its endpoints, with the verdicts and fields of Latchkey's
answers, so that one load asks both. Configured by the environment (OLD_…).

One pool of 20 connections with an overflow of 10, as it had. With OLD_REDIS, Redis is asked first: facts are JSON values that
live 300 s, absences 5 s; expiry is judged at each request. When Redis fails, the database answers."""

import hashlib
import hmac
import json
import os
import pathlib
import secrets
import time
from datetime import datetime, timezone

import asyncpg
import jwt
import redis.asyncio
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

TTL, NEGATIVE_TTL, TOKEN_LIFE = 300, 5, 900
ALGORITHM, ISSUER, AUDIENCE = (os.environ["OLD_" + name] for name in ("ALGORITHM", "ISSUER", "AUDIENCE"))

ALL_ORGANIZATIONS = "select organization_id, status, api_keys from organizations"
ONE_KEY = """select organization_id, status, jsonb_path_query_first(api_keys, '$[*] ? (@.key_hash == $hash)',
 jsonb_build_object('hash', $2::text)) from organizations where api_keys @> $1::jsonb"""
ONE_DEVICE = """select d.device_id, d.device_secret, d.organization_id, d.status, d.name, d.scopes, o.status as organization_status
 from device_credentials d join organizations o using (organization_id) where d.device_id = $1"""

REFUSALS = {jwt.ExpiredSignatureError: "EXPIRED", jwt.InvalidAudienceError: "AUDIENCE_MISMATCH",
            jwt.InvalidIssuerError: "ISSUER_MISMATCH", jwt.InvalidSignatureError: "SIGNATURE_INVALID"}

app = FastAPI()


def key_of(name, load):
    raw = (pathlib.Path(os.environ["OLD_KEYS"]) / name).read_bytes()
    return raw if ALGORITHM == "HS256" else load(raw)


SIGNING_KEY = key_of("signing-key", lambda pem: load_pem_private_key(pem, None))
VERIFYING_KEY = key_of("verifying-key", load_pem_public_key)


class KeyQuestion(BaseModel):
    api_key: str


class DeviceQuestion(BaseModel):
    device_id: str
    device_secret: str


class TokenQuestion(BaseModel):
    token: str


@app.on_event("startup")
async def start():
    app.state.pool = await asyncpg.create_pool(os.environ["OLD_DATABASE"], min_size=20, max_size=30,
                                               max_inactive_connection_lifetime=3600,
                                               server_settings=json.loads(os.environ["OLD_SETTINGS"]))
    place = os.environ["OLD_REDIS"]
    app.state.redis = redis.asyncio.Redis(unix_socket_path=place) if place else None


@app.on_event("shutdown")
async def stop():
    await app.state.pool.close()


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def refused(code):
    return JSONResponse({"valid": False, "code": code})


# --- what the database knows ---

def key_facts(organization_id, status, element):
    return {"key_id": element["key_id"], "organization_id": organization_id, "name": element.get("name"),
            "scopes": element.get("scopes", []), "metadata": element.get("metadata", {}),
            "expires_at": element.get("expires_at"), "is_active": element.get("is_active", True),
            "organization_is_active": status == "active"}


async def search_all(key_hash):
    for organization_id, status, api_keys in await app.state.pool.fetch(ALL_ORGANIZATIONS):
        for element in json.loads(api_keys):
            if element["key_hash"] == key_hash:
                return key_facts(organization_id, status, element)
    return None


async def search_filtered(key_hash):
    row = await app.state.pool.fetchrow(ONE_KEY, json.dumps([{"key_hash": key_hash}]), key_hash)
    return key_facts(row[0], row[1], json.loads(row[2])) if row else None


search = search_all if os.environ["OLD_FETCH"] == "all" else search_filtered


async def search_device(device_id):
    row = await app.state.pool.fetchrow(ONE_DEVICE, device_id)
    return dict(row) if row else None


# --- Redis before it ---

async def look_aside(name, ask, request):
    """What is remembered under this name; else what `ask` finds, which is then remembered."""
    cache = app.state.redis
    if cache is None:
        return await ask()
    if request.headers.get("cache-control") != "no-cache":
        try:
            kept = await cache.get(name)
        except redis.exceptions.RedisError:
            kept = None
        if kept is not None:
            return json.loads(kept)
    facts = await ask()
    try:
        await cache.set(name, json.dumps(facts), ex=NEGATIVE_TTL if not facts or "code" in facts else TTL)
    except redis.exceptions.RedisError:
        pass
    return facts


# --- judging ---

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
    return await look_aside("api_key:" + key_hash, lambda: search(key_hash), request)


def verify_now(token):
    """{"claims": …}, or {"code": …} that says what is wrong."""
    try:
        return {"claims": jwt.decode(token, VERIFYING_KEY, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=ISSUER,
                                     options={"require": ["exp", "sub"]})}
    except jwt.InvalidTokenError as error:
        return {"code": next((code for kind, code in REFUSALS.items() if isinstance(error, kind)), "INVALID_FORMAT")}


# --- endpoints ---

@app.post("/api/v1/auth/verify-api-key")
async def verify_api_key(question: KeyQuestion, request: Request):
    facts = await find_key(question.api_key, request)
    code = key_verdict(facts)
    if code != "VALID":
        return refused(code)
    return JSONResponse({"valid": True, "code": "VALID", "key_id": facts["key_id"], "organization_id": facts["organization_id"],
                         "name": facts["name"], "external_id": None, "scopes": facts["scopes"],
                         "metadata": facts["metadata"], "expires_at": facts["expires_at"]})


@app.post("/api/v1/auth/authenticate-device")
async def authenticate_device(question: DeviceQuestion, request: Request):
    facts = await look_aside("device:" + question.device_id, lambda: search_device(question.device_id), request)
    if not facts or not hmac.compare_digest(facts["device_secret"], "sha256:" + sha256(question.device_secret)):
        return refused("INVALID_CREDENTIALS")
    if facts["organization_status"] != "active":
        return refused("ORGANIZATION_DISABLED")
    if facts["status"] != "active":
        return refused("DISABLED")
    return JSONResponse({"valid": True, "code": "VALID", "device_id": facts["device_id"],
                         "organization_id": facts["organization_id"], "name": facts["name"], "scopes": facts["scopes"],
                         "metadata": {}})


@app.post("/api/v1/auth/verify-token")
async def verify_token(question: TokenQuestion, request: Request):
    async def check():
        return verify_now(question.token)

    facts = await look_aside("token:" + sha256(question.token), check, request)
    if "code" in facts:
        return refused(facts["code"])
    claims = facts["claims"]
    if claims["exp"] <= time.time():
        return refused("EXPIRED")
    return JSONResponse({"valid": True, "code": "VALID", "subject": claims["sub"],
                         "organization_id": claims.get("organization_id"), "issuer": claims["iss"], "audience": claims["aud"],
                         "scopes": claims.get("scope", "").split(), "token_id": claims.get("jti"),
                         "issued_at": claims.get("iat"), "expires_at": claims["exp"], "claims": claims})


@app.post("/api/v1/auth/generate-token")
async def generate_token(question: KeyQuestion, request: Request):
    facts = await find_key(question.api_key, request)
    code = key_verdict(facts)
    if code != "VALID":
        return refused(code)
    now = int(time.time())
    token = jwt.encode({"iss": ISSUER, "aud": AUDIENCE, "sub": facts["key_id"], "client_id": facts["key_id"],
                        "organization_id": facts["organization_id"], "scope": " ".join(facts["scopes"]),
                        "jti": secrets.token_hex(16), "iat": now, "exp": now + TOKEN_LIFE},
                       SIGNING_KEY, algorithm=ALGORITHM, headers={"kid": "perf", "typ": "at+jwt"})
    return JSONResponse({"valid": True, "code": "VALID", "access_token": token, "token_type": "Bearer",
                         "expires_in": TOKEN_LIFE, "scopes": facts["scopes"]})
