-- Families and mail scanners for wrk: one connection a thread, so that each thread is one browser.
-- wrk ... -s families.lua ADDRESS -- LINKS KIND RATE     KIND: look, journey or popular
-- LINKS: offer, token, answer, and for `popular` a proof and a choice, one family a line.

local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long seconds; long microseconds; } moment;
  int gettimeofday(moment *now, void *zone);
]]
local moment = ffi.new("moment")

local function milliseconds()
  ffi.C.gettimeofday(moment, nil)
  return tonumber(moment.seconds) * 1000 + tonumber(moment.microseconds) / 1000
end

local threads = {}

function setup(thread)
  thread:set("number", #threads)
  thread:set("told", 0)
  thread:set("full", 0)
  thread:set("odd", 0)
  thread:set("ended", 0)
  table.insert(threads, thread)
end

function init(arguments)
  kind, rate = arguments[2], tonumber(arguments[3])
  local of = tonumber(arguments[4])
  links, place, step, proof = {}, 1, "look", nil
  local line_number = 0
  for line in io.lines(arguments[1]) do
    if line_number % of == number then
      local words = {}
      for word in line:gmatch("%S+") do table.insert(words, word) end
      table.insert(links, words)
    end
    line_number = line_number + 1
  end
  began = milliseconds()
  next_at = began + math.random() * 1000 * of / rate
  gap = 1000 * of / rate
end

-- The rate is kept by the clock: who was slow catches up, as callers who do not know of it would.
function delay()
  if kind == "journey" and step ~= "look" then return 0 end
  local wait = next_at - milliseconds()
  next_at = next_at + gap
  return math.max(0, math.floor(wait))
end

local FORM = { ["Content-Type"] = "application/x-www-form-urlencoded" }

function request()
  local link = links[place]
  if not link then
    wrk.thread:stop()
    return wrk.format("GET", "/healthz")
  end
  local path = "/o/" .. link[2]
  if kind == "look" then
    place = place % #links + 1
    return wrk.format(place % 8 == 0 and "HEAD" or "GET", path)
  elseif kind == "popular" then
    local body = "answer=yes&contact_way=phone&proof=" .. link[4] .. "&choice=" .. link[5]
    return wrk.format("POST", path .. "/answer", FORM, body)
  elseif step == "look" then
    return wrk.format("GET", path)
  elseif step == "question" then
    return wrk.format("POST", path, FORM, "month=5&year=2019")
  end
  local body = "contact_way=phone&answer=" .. link[3] .. "&proof=" .. proof
  return wrk.format("POST", path .. "/answer", FORM, body)
end

function response(status, _, body)
  ended = links[place] and milliseconds() or ended
  if kind == "look" then return end
  if kind == "journey" and step == "look" then
    step = "question"
    return
  end
  if kind == "journey" and step == "question" then
    proof = body:match('name="proof" value="([^"]+)"')
    step = proof and "answer" or "look"
    if not proof then
      -- Its answer came through though the reply did not: it is told again what stands.
      local is_told = body:find("Thank you", 1, true)
      told, odd = told + (is_told and 1 or 0), odd + (is_told and 0 or 1)
      place = place + 1
    end
    return
  end
  local title = body:match("<title[^>]*>(.-)</title>") or ""
  if title:find("Thank you", 1, true) then
    told = told + 1
  elseif body:find("has just gone", 1, true) then
    full = full + 1
  else
    odd = odd + 1
  end
  step, place = "look", place + 1
end

function done(summary, latency)
  local sums = { told = 0, full = 0, odd = 0 }
  for _, thread in ipairs(threads) do
    for name in pairs(sums) do sums[name] = sums[name] + thread:get(name) end
  end
  -- wrk itself waits its whole time out, though every family may have been told long before.
  local began, ended = math.huge, 0
  for _, thread in ipairs(threads) do
    began = math.min(began, thread:get("began"))
    ended = math.max(ended, thread:get("ended"))
  end
  local faults = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %.3f, "took": %.3f, "p50": %.1f, "p95": %.1f, "p99": %.1f, "longest": %.1f,'
      .. ' "bad_status": %d, "broken": %d, "timed_out": %d, "told": %d, "full": %d, "odd": %d}\n',
    summary.requests, summary.duration / 1e6, (ended - began) / 1000, latency:percentile(50) / 1000,
    latency:percentile(95) / 1000, latency:percentile(99) / 1000, latency.max / 1000,
    faults.status, faults.connect + faults.read + faults.write, faults.timeout,
    sums.told, sums.full, sums.odd))
end
