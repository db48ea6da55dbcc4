-- One prepared statement over PostgreSQL's protocol (version 3), on cosockets that are kept between requests: Debian
-- has no driver for nginx. The server trusts who connects to its socket, as a private one may.
local bit = require "bit"
local semaphore = require "ngx.semaphore"

local M = {}
local name = "find" -- of the prepared statement
local byte, char, sub, concat = string.byte, string.char, string.sub, table.concat

local function int32(n)
    return char(bit.band(bit.rshift(n, 24), 255), bit.band(bit.rshift(n, 16), 255), bit.band(bit.rshift(n, 8), 255),
        bit.band(n, 255))
end

local function int16(n) return char(bit.rshift(n, 8), bit.band(n, 255)) end

local function read_int32(text, at)
    local a, b, c, d = byte(text, at, at + 3)
    return bit.bor(bit.lshift(a, 24), bit.lshift(b, 16), bit.lshift(c, 8), d)
end

local function message(kind, body) return kind .. int32(#body + 4) .. body end

local sync = message("S", "")
-- After the parameter: no formats of results, which are text then; execute without a limit; sync.
local tail = int16(0)
local execute = message("E", "\0" .. int32(0)) .. sync
-- Before it: the unnamed portal, the statement, one format (1, binary), one parameter.
local head = "\0" .. name .. "\0" .. int16(1) .. int16(1) .. int16(1)

local function bind(parameter) return message("B", head .. int32(#parameter) .. parameter .. tail) end

-- The columns of a DataRow; a column that is NULL is ngx.null.
local function columns(body)
    local out, at = {}, 3
    for i = 1, byte(body, 1) * 256 + byte(body, 2) do
        local size = read_int32(body, at)
        at = at + 4
        if size < 0 then
            out[i] = ngx.null
        else
            out[i] = sub(body, at, at + size - 1)
            at = at + size
        end
    end
    return out
end

-- Reads up to ReadyForQuery. Answers with the last row (false if there is none), or nil and what was wrong.
local function read_answer(socket)
    local row, problem = false, nil
    while true do
        local header, failure = socket:receive(5)
        if not header then return nil, failure end
        local size = read_int32(header, 2) - 4
        local body = ""
        if size > 0 then
            body, failure = socket:receive(size)
            if not body then return nil, failure end
        end
        local kind = byte(header, 1)
        if kind == 68 then -- D, DataRow
            row = columns(body)
        elseif kind == 69 then -- E, ErrorResponse
            problem = body:gsub("%z", " ")
        elseif kind == 82 and read_int32(body, 1) ~= 0 then -- R, Authentication
            return nil, "PostgreSQL asks for a password"
        elseif kind == 90 then -- Z, ReadyForQuery
            if problem then return nil, problem end
            return row
        end
    end
end

local function greet(socket, options)
    local body = int32(196608) .. concat({ "user", options.user, "database", options.database, "" }, "\0") .. "\0"
    local sent, problem = socket:send(int32(#body + 4) .. body)
    if not sent then return nil, problem end
    local ready
    ready, problem = read_answer(socket)
    if ready == nil then return nil, problem end
    sent, problem = socket:send(message("P", name .. "\0" .. options.query .. "\0" .. int16(0)) .. sync)
    if not sent then return nil, problem end
    return read_answer(socket)
end

local function find(options, parameter)
    local socket = ngx.socket.tcp()
    socket:settimeouts(500, 500, 500)
    local connected, problem = socket:connect("unix:" .. options.path,
        { pool = "postgres", pool_size = options.connections })
    if not connected then return nil, problem end
    if socket:getreusedtimes() == 0 then
        local ready
        ready, problem = greet(socket, options)
        if ready == nil then
            socket:close()
            return nil, problem
        end
    end
    local sent
    sent, problem = socket:send(bind(parameter) .. execute)
    local row
    if sent then row, problem = read_answer(socket) end
    if row == nil then
        socket:close()
        return nil, problem
    end
    socket:setkeepalive(60000)
    return row
end

local turns -- as many as connections

-- options: {path, user, database, query, connections}. Answers as read_answer does. Who has to wait for a connection
-- waits at a semaphore: the pool's own backlog lets a newcomer overtake who waits, which then opens a connection that
-- the pool has no room for, and PostgreSQL forks for it.
function M.find(options, parameter)
    turns = turns or semaphore.new(options.connections)
    local is_mine, problem = turns:wait(10)
    if not is_mine then return nil, problem end
    local row
    row, problem = find(options, parameter)
    turns:post(1)
    return row, problem
end

return M
