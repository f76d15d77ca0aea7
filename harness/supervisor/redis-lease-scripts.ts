/**
 * Owns: the Redis side of leases, as Lua: what lease-table.ts and admission.ts say in memory, said again where several
 * supervisors meet. One contract suite (test/support/node/session-store-contract.ts) holds both to the same words.
 * Never: reads before and writes after in two steps; never believes a caller's clock.
 * Invariant: each script begins with the expiry of dead supervisors, so that what counts is alive.
 * Keys are made of KEYS[1], a prefix with one hash tag, so that a cluster keeps them in one slot:
 * `session:<id>` hash, `user:<key>`, `machine:<id>`, `held:<supervisor>` sets of session ids, `supervisors` a sorted
 * set by the end of their lease, `fence` a counter, `expired` a list of leases that nobody has taken yet, `end` a channel.
 */

/** Leases of dead supervisors that wait to be taken at most; a fleet that nobody watches must not fill Redis. */
const MAX_EXPIRED = 10_000;

/** Shared by all scripts. A lease is told as { its request as JSON, state, fence, endWanted or false }. */
const COMMON = `
local p = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function told(id)
  return redis.call('HMGET', p .. 'session:' .. id, 'request', 'state', 'fence', 'end')
end
local function remove(id)
  local key = p .. 'session:' .. id
  local f = redis.call('HMGET', key, 'user', 'machine', 'supervisor')
  if not f[1] then return end
  redis.call('SREM', p .. 'user:' .. f[1], id)
  redis.call('SREM', p .. 'machine:' .. f[2], id)
  redis.call('SREM', p .. 'held:' .. f[3], id)
  redis.call('DEL', key)
end
local function expire()
  for _, supervisor in ipairs(redis.call('ZRANGEBYSCORE', p .. 'supervisors', '-inf', now)) do
    redis.call('ZREM', p .. 'supervisors', supervisor)
    for _, id in ipairs(redis.call('SMEMBERS', p .. 'held:' .. supervisor)) do
      redis.call('RPUSH', p .. 'expired', cjson.encode(told(id)))
      remove(id)
    end
  end
  redis.call('LTRIM', p .. 'expired', -${MAX_EXPIRED}, -1)
end
local function live(supervisor, leaseMs)
  redis.call('ZADD', p .. 'supervisors', now + leaseMs, supervisor)
end
local function grant(id, request, user, machine, supervisor, started, state)
  local fence = redis.call('INCR', p .. 'fence')
  redis.call('HSET', p .. 'session:' .. id, 'request', request, 'user', user, 'machine', machine,
    'supervisor', supervisor, 'started', started, 'state', state, 'fence', fence)
  redis.call('SADD', p .. 'user:' .. user, id)
  redis.call('SADD', p .. 'machine:' .. machine, id)
  redis.call('SADD', p .. 'held:' .. supervisor, id)
end
local function wantEnd(id, reason)
  local key = p .. 'session:' .. id
  local f = redis.call('HMGET', key, 'supervisor', 'end')
  if not f[1] then return 0 end
  if not f[2] then
    redis.call('HSET', key, 'end', reason)
    redis.call('PUBLISH', p .. 'end', cjson.encode({ supervisorId = f[1], sessionId = id, reason = reason }))
  end
  return 1
end
local function owns(id, fence)
  return redis.call('HGET', p .. 'session:' .. id, 'fence') == fence
end
expire()
`;

/** As COMMON's `grant` wants them. */
const REQUEST_ARGUMENTS = 'ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]';

/** The bodies by name. ARGV of a request: id, its JSON, user, machine, supervisor, started, state; then the lease's ms. */
export const REDIS_LEASE_SCRIPTS = {
  /** ARGV[9..11]: most per user, most per machine, `refuse` or `replaceOldest`. */
  claraAcquire: `${COMMON}
live(ARGV[5], ARGV[8])
local id, maxUser, maxMachine = ARGV[1], tonumber(ARGV[9]), tonumber(ARGV[10])
if redis.call('EXISTS', p .. 'session:' .. id) == 1 then return { 'sessionExists', 1 } end
local function counted(key)
  local found = {}
  for _, other in ipairs(redis.call('SMEMBERS', key)) do
    local f = redis.call('HMGET', p .. 'session:' .. other, 'started', 'machine', 'end')
    if f[1] and not f[3] then found[#found + 1] = { id = other, started = tonumber(f[1]), machine = f[2] } end
  end
  return found
end
local own = counted(p .. 'user:' .. ARGV[3])
table.sort(own, function(a, b)
  if a.started ~= b.started then return a.started < b.started end
  return a.id < b.id
end)
local tooMany = 0
if maxUser > 0 then tooMany = math.max(0, #own - maxUser + 1) end
if tooMany > 0 and ARGV[11] == 'refuse' then return { 'userFull', maxUser } end
local freed = 0
for i = 1, tooMany do if own[i].machine == ARGV[4] then freed = freed + 1 end end
if maxMachine > 0 and #counted(p .. 'machine:' .. ARGV[4]) - freed >= maxMachine then
  return { 'machineFull', maxMachine }
end
local replaced = {}
for i = 1, tooMany do
  wantEnd(own[i].id, 'replaced')
  replaced[i] = told(own[i].id)
end
grant(${REQUEST_ARGUMENTS})
return { 'granted', told(id), replaced }`,

  claraAdopt: `${COMMON}
live(ARGV[5], ARGV[8])
local holder = redis.call('HGET', p .. 'session:' .. ARGV[1], 'supervisor')
if holder and holder ~= ARGV[5] then return false end
remove(ARGV[1])
grant(${REQUEST_ARGUMENTS})
return told(ARGV[1])`,

  /** ARGV: id, fence, state. */
  claraNote: `${COMMON}
if not owns(ARGV[1], ARGV[2]) then return 0 end
redis.call('HSET', p .. 'session:' .. ARGV[1], 'state', ARGV[3])
return 1`,

  /** ARGV: id, fence. */
  claraRelease: `${COMMON}
if not owns(ARGV[1], ARGV[2]) then return 0 end
remove(ARGV[1])
return 1`,

  /** ARGV: supervisor, the lease's ms, then id and fence of each held session. Answers { lost ids, { id, reason }s }. */
  claraRenew: `${COMMON}
live(ARGV[1], ARGV[2])
local lost, wanted = {}, {}
for i = 3, #ARGV, 2 do
  if not owns(ARGV[i], ARGV[i + 1]) then lost[#lost + 1] = ARGV[i] end
end
for _, id in ipairs(redis.call('SMEMBERS', p .. 'held:' .. ARGV[1])) do
  local reason = redis.call('HGET', p .. 'session:' .. id, 'end')
  if reason then wanted[#wanted + 1] = { id, reason } end
end
return { lost, wanted }`,

  claraTakeExpired: `${COMMON}
local taken = redis.call('LRANGE', p .. 'expired', 0, -1)
redis.call('DEL', p .. 'expired')
return taken`,

  /** ARGV: id. */
  claraFind: `${COMMON}
return told(ARGV[1])`,

  /** ARGV: user or nothing, supervisor or nothing. */
  claraList: `${COMMON}
local found = {}
local function add(key)
  for _, id in ipairs(redis.call('SMEMBERS', key)) do found[#found + 1] = told(id) end
end
if ARGV[1] ~= '' then add(p .. 'user:' .. ARGV[1])
elseif ARGV[2] ~= '' then add(p .. 'held:' .. ARGV[2])
else
  for _, supervisor in ipairs(redis.call('ZRANGE', p .. 'supervisors', 0, -1)) do add(p .. 'held:' .. supervisor) end
end
return found`,

  /** ARGV: id, reason. */
  claraRequestEnd: `${COMMON}
return wantEnd(ARGV[1], ARGV[2])`,
} as const;

/** Name of a script, as a command of the client. */
export type RedisLeaseScript = keyof typeof REDIS_LEASE_SCRIPTS;
