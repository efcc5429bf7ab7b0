-- Takes announcements of a return queue, shows them without taking them, or acknowledges them.
-- KEYS[1]  the partition's base
-- ARGV[3]  "take": ARGV[4] name, ARGV[5] how many, ARGV[6] the maximum number of bytes (the first is returned whatever
--          its size), ARGV[7] the lease in microseconds
--          "peek": ARGV[4] name, ARGV[5] how many, ARGV[6] the maximum number of bytes
--          "acknowledge": ARGV[4] the request's id, then alternating name, number, nonce
-- Returns alternating number and announcement (see ends.lua), oldest first; or how many receipts were still valid.

local verb = ARGV[3]

local function inQueue(key, name, limit)
  return call('ZRANGEBYLEX', key, '[' .. name .. '\0', '(' .. name .. '\1', 'LIMIT', 0, limit)
end

local function numberOf(member, name) return (unpackAt('>I8', member, #name + 2)) end

-- An announcement that was taken and not acknowledged in time can be taken again.
local function freeOverdue()
  for _ = 1, 10 do
    local over = call('ZRANGEBYSCORE', K.newstaken, '-inf', mono, 'LIMIT', 0, BATCH)
    for _, member in ipairs(over) do
      call('ZREM', K.newstaken, member)
      call('ZADD', K.newsfresh, 0, member)
    end
    if #over < BATCH then return end
  end
end

local reply = {}
if verb == 'take' then
  local name, room, lease = ARGV[4], tonumber(ARGV[6]), tonumber(ARGV[7])
  O.beginWriting()
  freeOverdue()
  for _, member in ipairs(inQueue(K.newsfresh, name, ARGV[5])) do
    local number = numberOf(member, name)
    local news = call('HGET', K.news, number)
    if #news > room and #reply > 0 then break end
    room = room - #news
    local nonce = call('HINCRBY', K.numbers, 'nonce', 1)
    news = pack('>I4i8', unpackAt('>I4', news) + 1, nonce) .. sub(news, 13)
    call('HSET', K.news, number, news)
    call('ZREM', K.newsfresh, member)
    call('ZADD', K.newstaken, mono + lease, member)
    reply[#reply + 1] = number
    reply[#reply + 1] = news
  end
  return reply
elseif verb == 'peek' then
  local room = tonumber(ARGV[6])
  for _, member in ipairs(inQueue(K.newsnames, ARGV[4], ARGV[5])) do
    local number = numberOf(member, ARGV[4])
    local news = call('HGET', K.news, number)
    if #news > room and #reply > 0 then break end
    room = room - #news
    reply[#reply + 1] = number
    reply[#reply + 1] = news
  end
  return reply
end

O.beginWriting()
local known = O.replayed(ARGV[4])
if known then return known end
local valid = 0
for i = 5, #ARGV, 3 do
  local name, number, nonce = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
  local news = call('HGET', K.news, number)
  local length = news and byte(news, 38)
  if nonce > 0 and news and sub(news, 39, 38 + length) == name then
    local _, current = unpackAt('>I4i8', news)
    if current == nonce and O.dropNews(name, tonumber(number)) then valid = valid + 1 end
  end
end
return O.remember(ARGV[4], valid)
