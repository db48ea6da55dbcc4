// verify-api-key by Node: http, JSON.parse, SHA-256 and a Map, and on a miss PostgreSQL (node.py). What is kept is the
// answer; expiry is judged at each request. One process. Whatever is asked at the socket `control` empties the Map.
"use strict";
const { createHash } = require("node:crypto");
const { createServer } = require("node:http");
const { Pool } = require("pg");

const [port, control, host, user, database] = process.argv.slice(2);
const ttl = 300_000, negativeTtl = 5_000, entriesMax = 2_000_000; // milliseconds
const pool = new Pool({ host, user, database, max: 20, idleTimeoutMillis: 3_600_000, connectionTimeoutMillis: 30_000 });
const cache = new Map(); // in the order of their filling, so the first one is the oldest
const query = `
select k.key_id, k.organization_id::text, k.name, k.external_id, k.scopes, k.metadata, k.expires_at, k.enabled,
 k.revoked_at is not null as revoked, coalesce(o.status = 'active', false) as organization_active
 from latchkey.api_keys k left join public.organizations o on o.organization_id = k.organization_id
 where k.key_hash = $1`;

const refusal = (code) => Buffer.from(`{"valid":false,"code":"${code}"}`);
const expired = refusal("EXPIRED");

function verdictOf(row) {
  if (!row) return refusal("NOT_FOUND");
  if (!row.organization_active) return refusal("ORGANIZATION_DISABLED");
  if (row.revoked) return refusal("REVOKED");
  if (!row.enabled) return refusal("DISABLED");
  return Buffer.from(JSON.stringify({
    valid: true, code: "VALID", key_id: row.key_id, organization_id: row.organization_id, name: row.name,
    external_id: row.external_id, scopes: row.scopes, metadata: row.metadata,
    expires_at: row.expires_at && row.expires_at.toISOString().replace(".000Z", "Z"),
  }));
}

async function lookUp(hash, now) {
  const { rows } = await pool.query({ name: "find", text: query, values: [hash] });
  const row = rows[0];
  const expires = row && row.expires_at ? row.expires_at.getTime() : Infinity;
  return { answer: verdictOf(row), expires, until: now + (row ? ttl : negativeTtl) };
}

function keep(name, entry) {
  if (cache.size >= entriesMax) cache.delete(cache.keys().next().value);
  cache.set(name, entry);
}

function send(response, status, body) {
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": body.length });
  response.end(body);
}

async function verify(body, response) {
  let key;
  try {
    key = JSON.parse(body).api_key;
  } catch { /* it is not JSON: key stays undefined */ }
  if (typeof key !== "string") return send(response, 400, Buffer.from('{"title":"Bad Request","status":400}'));
  const digest = createHash("sha256").update(key).digest();
  const name = digest.latin1Slice();
  const now = Date.now();
  let entry = cache.get(name);
  if (!entry || entry.until <= now) {
    try {
      entry = await lookUp(digest, now);
    } catch (error) {
      console.error(error.message);
      return send(response, 503, Buffer.from('{"title":"Service Unavailable","status":503,"code":"UNAVAILABLE"}'));
    }
    keep(name, entry);
  }
  send(response, 200, entry.expires <= now ? expired : entry.answer);
}

const server = createServer((request, response) => {
  if (request.method !== "POST" || request.url !== "/api/v1/auth/verify-api-key") {
    return send(response, 404, Buffer.from("{}"));
  }
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => verify(parts.length === 1 ? parts[0] : Buffer.concat(parts), response));
});
server.keepAliveTimeout = 75_000;
createServer((request, response) => {
  cache.clear();
  response.end();
}).listen(control);
server.listen(Number(port), "127.0.0.1");
