-- verify-api-key: JSON, SHA-256, the shared dictionary; on a miss, PostgreSQL. What is kept is the answer; its flags
-- hold the second at which the key expires, so that expiry is judged at each request. Absences are kept for 5 s.
local cjson = require "cjson.safe"
local sha256 = require "sha256"
local postgres = require "postgres"

local M = {}
local ttl, negative_ttl = 300, 5
local cache = ngx.shared.keys
local null = ngx.null
local not_found = '{"valid":false,"code":"NOT_FOUND"}'
local expired = '{"valid":false,"code":"EXPIRED"}'
local malformed = '{"title":"Bad Request","status":400,"detail":"{\\"api_key\\": \\"…\\"} is expected"}'
local unavailable = '{"title":"Service Unavailable","status":503,"code":"UNAVAILABLE"}'

local query = [[
select k.key_id, k.organization_id::text, k.name, k.external_id, array_to_json(k.scopes)::text, k.metadata::text,
 extract(epoch from k.expires_at)::bigint, k.enabled, k.revoked_at is not null, coalesce(o.status = 'active', false)
 from latchkey.api_keys k left join public.organizations o on o.organization_id = k.organization_id
 where k.key_hash = $1]]

local function text(value) return value == null and "null" or cjson.encode(value) end

local function refusal(code) return '{"valid":false,"code":"' .. code .. '"}' end

-- The answer, and the second at which the key expires (0: never).
local function answer_of(row)
    if row[10] ~= "t" then return refusal("ORGANIZATION_DISABLED"), 0 end
    if row[9] == "t" then return refusal("REVOKED"), 0 end
    if row[8] ~= "t" then return refusal("DISABLED"), 0 end
    local at = row[7] ~= null and tonumber(row[7]) or 0
    return '{"valid":true,"code":"VALID","key_id":' .. text(row[1]) .. ',"organization_id":' .. text(row[2])
        .. ',"name":' .. text(row[3]) .. ',"external_id":' .. text(row[4]) .. ',"scopes":' .. row[5]
        .. ',"metadata":' .. row[6] .. ',"expires_at":' .. (at > 0 and os.date('!"%Y-%m-%dT%H:%M:%SZ"', at) or "null")
        .. "}", at
end

local function say(status, body)
    if status ~= 200 then ngx.status = status end
    ngx.header.content_length = #body
    ngx.print(body)
end

local options

function M.connect_to(path, user, database)
    options = { path = path, user = user, database = database, query = query, connections = 20 }
end

local function look_up(hash)
    local row, problem = postgres.find(options, hash)
    if row == nil then
        ngx.log(ngx.ERR, "PostgreSQL: ", problem)
        return nil
    end
    if not row then
        cache:set(hash, not_found, negative_ttl, 0)
        return not_found, 0
    end
    local answer, expires_at = answer_of(row)
    cache:set(hash, answer, ttl, expires_at)
    return answer, expires_at
end

function M.serve()
    ngx.req.read_body()
    local asked = cjson.decode(ngx.req.get_body_data() or "")
    local key = type(asked) == "table" and asked.api_key
    if type(key) ~= "string" then return say(400, malformed) end
    local hash = sha256(key)
    local answer, expires_at = cache:get(hash)
    if not answer then
        answer, expires_at = look_up(hash)
        if not answer then return say(503, unavailable) end
    end
    if expires_at and expires_at > 0 and expires_at <= ngx.time() then answer = expired end
    say(200, answer)
end

function M.forget()
    cache:flush_all()
    say(200, "")
end

return M
