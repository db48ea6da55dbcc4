"""What the database knows of keys and devices, and the look-aside cache before it.

One pool of 20 connections with an overflow of 10, opened when they are needed, for an hour."""

import json

import asyncpg
import redis.asyncio

from peers.older import settings

TTL, NEGATIVE_TTL = 300, 5

ALL_ORGANIZATIONS = "select organization_id, status, api_keys from organizations"
ONE_KEY = """select organization_id, status, jsonb_path_query_first(api_keys, '$[*] ? (@.key_hash == $hash)',
 jsonb_build_object('hash', $2::text)) from organizations where api_keys @> $1::jsonb"""
ONE_DEVICE = """select d.device_id, d.device_secret, d.organization_id, d.status, d.name, d.scopes,
 o.status as organization_status
 from device_credentials d join organizations o using (organization_id) where d.device_id = $1"""

pool = None
cache = None


async def start():
    global pool, cache
    pool = await asyncpg.create_pool(settings.DATABASE, min_size=1, max_size=30, max_inactive_connection_lifetime=3600,
                                     server_settings=settings.CONNECTION_SETTINGS)
    cache = redis.asyncio.Redis(unix_socket_path=settings.REDIS) if settings.REDIS else None


async def stop():
    await pool.close()


def key_facts(organization_id, status, element):
    return {"key_id": element["key_id"], "organization_id": organization_id, "name": element.get("name"),
            "scopes": element.get("scopes", []), "metadata": element.get("metadata", {}),
            "expires_at": element.get("expires_at"), "is_active": element.get("is_active", True),
            "organization_is_active": status == "active"}


async def search_all(key_hash):
    for organization_id, status, api_keys in await pool.fetch(ALL_ORGANIZATIONS):
        for element in json.loads(api_keys):
            if element["key_hash"] == key_hash:
                return key_facts(organization_id, status, element)
    return None


async def search_filtered(key_hash):
    row = await pool.fetchrow(ONE_KEY, json.dumps([{"key_hash": key_hash}]), key_hash)
    return key_facts(row[0], row[1], json.loads(row[2])) if row else None


search_key = search_all if settings.FETCH == "all" else search_filtered


async def search_device(device_id):
    row = await pool.fetchrow(ONE_DEVICE, device_id)
    return dict(row) if row else None


async def look_aside(name, ask, request):
    """What is remembered under this name; else what `ask` finds, which is then remembered. {"code": …} is a refusal,
    and lives as short as an absence. When Redis fails, the database answers."""
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
