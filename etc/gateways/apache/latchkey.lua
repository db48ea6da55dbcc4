-- Asks Latchkey whether a request may pass: the hook of mod_lua for access control. latchkey-vhost.conf tells how it
-- is used. Whatever goes wrong here, Apache's answer is an error (503, or 500 for a fault of this script).
--
-- Apache keeps one Lua state for each of its threads (LuaScope thread), so each has a connection of its own here,
-- which is kept open. While Latchkey is asked, the thread waits.

local socket = require("socket")

-- Where Latchkey is.
local host, port = "127.0.0.1", 8080
-- The key of this gateway, where auth.callers is "required". Then let root and Apache's group alone read this file.
local callers_key = ""

local connect_seconds = 1
local answer_seconds = 4 -- longer than Latchkey takes to say that it cannot decide

local told = { "Kind", "Subject", "Organization", "Issuer", "Scopes" }

local kept -- the connection that was kept open

local function is_plain(value)
    return not value:find("[%z\1-\31\127]")
end

local function question_of(demand)
    if demand == "any" then return "/forward-auth" end
    if demand:match("^@[%w._-]+$") then return "/forward-auth/" .. demand end
    if demand:find("^[%w%%=&:._~,*/+-]+$") then return "/forward-auth?" .. demand end
    return nil
end

local function connect()
    local connection = socket.tcp()
    connection:settimeout(connect_seconds)
    if not connection:connect(host, port) then
        connection:close()
        return nil
    end
    connection:setoption("tcp-nodelay", true)
    return connection
end

-- Returns status and fields, or nil. The names of the fields are in small letters.
local function read_answer(connection, deadline)
    local function line()
        connection:settimeout(math.max(0.001, deadline - socket.gettime()))
        return connection:receive("*l")
    end
    local first = line()
    local status = first and first:match("^HTTP/1%.1 (%d%d%d) ")
    if not status then return nil end
    local fields = {}
    for _ = 1, 64 do
        local text = line()
        if not text then return nil end
        if text == "" then return tonumber(status), fields end
        local name, value = text:match("^([^:]+):%s*(.-)%s*$")
        name = name and name:lower()
        -- Of a field that comes twice, none counts.
        if name then fields[name] = fields[name] == nil and value end
    end
    return nil
end

-- A kept connection on which something has come without a question: what would be read next is no answer to ours.
local function has_unasked(connection)
    return #socket.select({ connection }, nil, 0) > 0
end

local function ask(request)
    local deadline = socket.gettime() + answer_seconds
    if kept and has_unasked(kept) then
        kept:close()
        kept = nil
    end
    for _ = 1, 2 do
        local reused = kept ~= nil
        local connection = kept or connect()
        kept = nil
        if not connection then return nil end
        connection:settimeout(math.max(0.001, deadline - socket.gettime()))
        local status, fields
        if connection:send(request) then status, fields = read_answer(connection, deadline) end
        if status then
            -- Answers have no body; one that has would be read as the beginning of the next answer.
            if fields["content-length"] == "0" and fields["connection"] ~= "close" then
                kept = connection
            else
                connection:close()
            end
            return status, fields
        end
        connection:close()
        -- A kept connection may have been closed meanwhile: then once more, on a new one.
        if not reused or socket.gettime() >= deadline then return nil end
    end
    return nil
end

-- Deletes what the client says about itself, in every spelling, and returns whether it asks for more than a browser
-- does before it asks: to upgrade the connection, for another method, or for a proxy.
local no_preflight = { upgrade = true, xhttpmethodoverride = true, xhttpmethod = true, xmethodoverride = true,
                       proxyauthorization = true }
local function delete_claims(r)
    local asks_more = false
    for name in pairs(r:headers_in_table()) do
        local bare = name:lower():gsub("%W", "")
        if bare:find("latchkey", 1, true) or (bare == "xapikey" and name:lower() ~= "x-api-key") then
            r.headers_in[name] = nil
        end
        if no_preflight[bare] then asks_more = true end
    end
    return asks_more
end

-- mod_proxy removes the fields that Connection names, so a client could have it remove those that are added here.
local function tame_connection(r)
    local named = r.headers_in["Connection"]
    if not named then return end
    local harmless = {}
    for word in named:lower():gmatch("[^,%s]+") do
        if word == "upgrade" or word == "close" or word == "keep-alive" then harmless[#harmless + 1] = word end
    end
    r.headers_in["Connection"] = #harmless > 0 and table.concat(harmless, ", ") or nil
end

local function undecided(r, wait)
    r.err_headers_out["Retry-After"] = wait or "1"
    return 503
end

function check(r)
    local asks_more = delete_claims(r)
    tame_connection(r)
    local demand = r.subprocess_env["LATCHKEY_DEMAND"]
    local question = demand and question_of(demand)
    if not question then
        r:err("latchkey: LATCHKEY_DEMAND is missing or malformed here")
        return undecided(r)
    end
    -- A browser's question whether it may ask (CORS) has no credential, and passes as nobody.
    if r.method == "OPTIONS" and r.headers_in["Origin"] and r.headers_in["Access-Control-Request-Method"] and
        not asks_more then
        r.headers_in["Authorization"] = nil
        r.headers_in["X-API-Key"] = nil
        return apache2.OK
    end

    local lines = { "GET " .. question .. " HTTP/1.1", "Host: latchkey" }
    local function add(name, value)
        if value and value ~= "" then lines[#lines + 1] = name .. ": " .. value end
    end
    for _, name in ipairs({ "Authorization", "X-API-Key" }) do
        local value = r.headers_in[name]
        if value and not is_plain(value) then return 400 end
        add(name, value)
    end
    add("X-Forwarded-For", r.useragent_ip)
    add("X-Forwarded-Host", r.hostname)
    add("X-Forwarded-Proto", r.is_https and "https" or "http")
    add("X-Forwarded-Method", r.method)
    local path = r.unparsed_uri:sub(1, 1024) -- for the log
    if is_plain(path) then add("X-Forwarded-Uri", path) end
    add("X-Latchkey-Key", callers_key)

    local status, fields = ask(table.concat(lines, "\r\n") .. "\r\n\r\n")
    if status == 200 then
        local values = {}
        for _, name in ipairs(told) do values[name] = fields["x-latchkey-" .. name:lower()] or nil end
        for _, name in ipairs(told) do
            -- Otherwise somebody else has answered.
            if fields["x-latchkey-code"] ~= "VALID" or not values[name] then return undecided(r) end
        end
        values.Token = fields["x-latchkey-token"] or nil
        for name, value in pairs(values) do r.headers_in["X-Latchkey-" .. name] = value end
        return apache2.OK
    end
    if status == 401 then
        r.err_headers_out["WWW-Authenticate"] = fields["www-authenticate"] or nil
        return 401
    end
    if status == 403 then return 403 end
    if status == 429 then
        r.err_headers_out["Retry-After"] = fields["retry-after"] or "1"
        return 429
    end
    return undecided(r, fields and fields["retry-after"])
end
