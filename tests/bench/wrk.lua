-- Posts ratings with fresh random UUIDs: wrk's own idea of load, one connection after the other.

local body_before, body_after
local seeded = 0

function setup(thread)
  thread:set("number", seeded)
  seeded = seeded + 1
end

function init(args)
  math.randomseed(os.time() + number * 7919 + tonumber(tostring({}):sub(8)) % 100000)
  body_before = '{"rating_id":"'
  body_after = '","eservice_id":"%s","question_id":"ease","stars":%d,"language":"fi"}'
  eservices = {}
  for id in string.gmatch(args[1], "[^,]+") do
    eservices[#eservices + 1] = id
  end
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
end

local function uuid()
  return string.format(
    "%08x-%04x-4%03x-8%03x-%06x%06x",
    math.random(0, 0xffffffff),
    math.random(0, 0xffff),
    math.random(0, 0xfff),
    math.random(0, 0xfff),
    math.random(0, 0xffffff),
    math.random(0, 0xffffff)
  )
end

function request()
  local eservice = eservices[math.random(#eservices)]
  local rest = string.format(body_after, eservice, math.random(1, 5))
  return wrk.format(nil, "/v1/ratings", nil, body_before .. uuid() .. rest)
end

function done(summary, latency, requests)
  local seconds = summary.duration / 1e6
  local errors = summary.errors
  io.write(
    string.format(
      'RESULT {"requests": %d, "seconds": %.3f, "p50_ms": %.3f, "p99_ms": %.3f, "refused": %d, "broken": %d}\n',
      summary.requests,
      seconds,
      latency:percentile(50) / 1000,
      latency:percentile(99) / 1000,
      errors.status,
      errors.connect + errors.read + errors.write + errors.timeout
    )
  )
end
