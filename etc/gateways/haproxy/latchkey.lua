-- The question to Latchkey, for HAProxy 2.6: http-request lua.latchkey DEMAND (latchkey.cfg, README.md).
--
-- It lets a request go on and sets the variable txn.latchkey to "passed", or ends it with a refusal. HAProxy goes on
-- with a request whose script has failed, so a rule after it denies what has not passed.

-- Of latchkey.cfg, with that name for it.
local internal = os.getenv("LATCHKEY_INTERNAL") or "abns@latchkey"
-- The key of this gateway, where auth.callers is "required". HAProxy reads the file as root.
local function read_key(path)
    local file, why, number = io.open(path)
    if not file and number == 2 then return nil end -- there is none
    local key = assert(file, why):read("l")
    file:close()
    return assert(key and key:match("^%s*([%w_%-]+)%s*$"), path .. " has no key in its first line")
end
local key = read_key(os.getenv("LATCHKEY_KEY_FILE") or "/etc/haproxy/latchkey.key")

local told = { "kind", "subject", "organization", "issuer", "scopes" }
local refusals = { [401] = true, [403] = true, [429] = true, [503] = true }

local function is_text(value)
    return type(value) == "string" and not value:find("[%c\127]")
end

-- The values of a field, which HAProxy counts from 0.
local function values_of(headers, name)
    local out = {}
    local i = 0
    while headers[name] and headers[name][i] do
        out[#out + 1] = headers[name][i]
        i = i + 1
    end
    return out
end

-- Deletes what the client says about itself, in every spelling: CGI, WSGI and PHP take X_Latchkey_Subject and
-- X.Latchkey.Subject for X-Latchkey-Subject, and X_API_Key for X-API-Key.
local function delete_claims(txn, headers)
    for name in pairs(headers) do
        local bare = name:lower():gsub("%W", "")
        if bare:find("latchkey", 1, true) or (bare == "xapikey" and name:lower() ~= "x-api-key") then
            txn.http:req_del_header(name)
        end
    end
    -- A connection that becomes HTTP/2 behind the back of this gateway is no longer looked at.
    local upgrade = table.concat(values_of(headers, "upgrade"), ",")
    if upgrade:lower() ~= "websocket" then txn.http:req_del_header("upgrade") end
    -- An upstream that is a proxy deletes the fields that Connection names.
    local options = table.concat(values_of(headers, "connection"), ","):lower()
    if options:find("latchkey", 1, true) then
        txn.http:req_del_header("connection")
        if options:find("upgrade", 1, true) then txn.http:req_set_header("connection", "upgrade") end
    end
end

-- CONNECT would become a tunnel past all rules, and TRACE show the client what is added here. Dots in a path lead the
-- upstream elsewhere than the rules have looked.
local function refused_status(txn)
    local method = txn.f:method()
    if method == "CONNECT" or method == "TRACE" then return 405 end
    local as_sent = txn.f:path() or ""
    if as_sent == "" then return nil end
    local path = txn.c:url_dec(as_sent)
    if not path or path == "" then return 400 end
    for segment in path:gmatch("[^/\\]+") do
        local name = segment:match("^[^;]*")
        if name == "." or name == ".." then return 400 end
    end
    return nil
end

-- A CORS preflight passes without a credential, and says nothing about anybody. No browser asks to upgrade the
-- connection, for another method or for a proxy in it; a request that does needs a credential.
local no_preflight = { upgrade = true, xhttpmethodoverride = true, xhttpmethod = true, xmethodoverride = true,
                       proxyauthorization = true }
local function is_preflight(txn, headers)
    if txn.f:method() ~= "OPTIONS" or not headers["origin"] or not headers["access-control-request-method"] then
        return false
    end
    for name in pairs(headers) do
        local bare = name:lower():gsub("%W", "")
        if no_preflight[bare] then return false end
    end
    return true
end

local function let_preflight_pass(txn)
    txn.http:req_del_header("authorization")
    txn.http:req_del_header("x-api-key")
    txn:set_var("txn.latchkey", "passed")
end

-- Only what the question needs: cookies alone could make the header too large.
local function fields_of(txn, headers)
    local fields = {
        ["host"] = { "latchkey" },
        ["authorization"] = values_of(headers, "authorization"),
        ["x-api-key"] = values_of(headers, "x-api-key"),
        ["x-request-id"] = values_of(headers, "x-request-id"),
        ["x-forwarded-for"] = { txn.f:src() },
        ["x-forwarded-host"] = values_of(headers, "host"),
        ["x-forwarded-proto"] = { txn.f:ssl_fc() == 1 and "https" or "http" },
        ["x-forwarded-method"] = { txn.f:method() },
        ["x-forwarded-uri"] = { (txn.f:pathq() or ""):sub(1, 1000) },
        ["x-latchkey-key"] = { key },
    }
    for name, values in pairs(fields) do
        for _, value in ipairs(values) do
            if not is_text(value) then error("a control character in " .. name) end
        end
        if #values == 0 then fields[name] = nil end
    end
    return fields
end

-- A demand is a query of /forward-auth, @NAME for the policy [[forward_auth]] of that name, or "any" for any good
-- credential.
local function target_of(demand)
    if demand == "any" then return "/forward-auth" end
    if demand:find("^@[%w._-]+$") then return "/forward-auth/" .. demand end
    if demand:find("=", 1, true) then return "/forward-auth?" .. demand end
    error("\"" .. demand .. "\" is no demand")
end

local function ask(txn, headers, demand)
    local answer = core.httpclient():get {
        url = "http://127.0.0.1" .. target_of(demand),
        headers = fields_of(txn, headers),
        dst = internal,
        timeout = 6000, -- longer than latchkey.cfg waits for Latchkey
    }
    local fields = {}
    for name, values in pairs(answer.headers or {}) do
        for _, value in pairs(values) do
            -- Of a field that comes twice, none counts.
            fields[name] = fields[name] == nil and is_text(value) and value
        end
    end
    return { status = answer.status, fields = fields }
end

local function is_good(answer)
    if answer.status ~= 200 or answer.fields["x-latchkey-code"] ~= "VALID" then return false end
    for _, name in ipairs(told) do
        if not answer.fields["x-latchkey-" .. name] then return false end
    end
    return true
end

local function refusal_of(answer)
    local status = refusals[answer.status] and answer.status or 503
    local headers = { ["cache-control"] = { "no-store" } }
    for _, name in ipairs { "www-authenticate", "retry-after", "x-latchkey-code" } do
        local value = status == answer.status and answer.fields[name]
        if value then headers[name] = { value } end
    end
    if status == 503 and not headers["retry-after"] then headers["retry-after"] = { "1" } end
    return { status = status, headers = headers }
end

local function latchkey(txn, demand)
    txn:set_var("txn.latchkey", "asked")
    local refused = refused_status(txn)
    if refused then return txn:done { status = refused } end
    local headers = txn.http:req_get_headers()
    delete_claims(txn, headers)
    if is_preflight(txn, headers) then return let_preflight_pass(txn) end

    local done, answer = pcall(ask, txn, headers, demand)
    if not done then
        txn:Alert("latchkey: " .. tostring(answer))
        answer = { fields = {} }
    end
    if not is_good(answer) then return txn:done(refusal_of(answer)) end
    for _, name in ipairs(told) do
        txn.http:req_set_header("X-Latchkey-" .. name, answer.fields["x-latchkey-" .. name])
    end
    local token = answer.fields["x-latchkey-token"]
    if token then txn.http:req_set_header("X-Latchkey-Token", token) end
    txn:set_var("txn.latchkey", "passed")
end

core.register_action("latchkey", { "http-req" }, latchkey, 1)
