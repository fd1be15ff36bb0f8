-- Leads of people who are all different, posted as fast as they are answered.
-- Arguments: the first person's number, the key, and the file of templates, one a line.
-- One thread runs this (`-t1`), so that a counter alone tells people apart.

local FIRST_LINE, LINES = 2000000, 8000000
local number, head, pieces, areas

local function split(template)
  local found, rest = {}, template
  while true do
    local from, to = rest:find("<%l+>")
    if not from then break end
    found[#found + 1] = rest:sub(1, from - 1)
    found[#found + 1] = rest:sub(from, to)
    rest = rest:sub(to + 1)
  end
  found[#found + 1] = rest
  return found
end

function init(args)
  number = tonumber(args[1])
  head = "POST " .. wrk.path .. " HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port
    .. "\r\nAuthorization: Bearer " .. args[2]
    .. "\r\nContent-Type: application/json\r\nContent-Length: "
  areas, pieces = {}, {}
  for line in io.lines(args[3]) do
    if line:match("^%d+$") then areas[#areas + 1] = tonumber(line)
    else pieces[#pieces + 1] = split(line) end
  end
end

function request()
  local area, line = math.floor(number / LINES), number % LINES
  local values = {
    ["<number>"] = string.format("%d", number),
    ["<phone>"] = string.format("%d%d", areas[area + 1], FIRST_LINE + line),
  }
  local filled = {}
  for place, piece in ipairs(pieces[number % #pieces + 1]) do
    filled[place] = values[piece] or piece
  end
  local body = table.concat(filled)
  number = number + 1
  return head .. #body .. "\r\n\r\n" .. body
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "duration_us": %d, "refused": %d, "broken": %d, "latencies_us": [%f, %f, %f, %f]}\n',
    summary.requests, summary.duration, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(95), latency:percentile(99), latency:percentile(99.9)
  ))
end
