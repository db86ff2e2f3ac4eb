-- Many callers: each request has the next of the given values of one header.
-- Arguments: the method, the body, the name of the header, its values.
function init(args)
  wrk.method = args[1]
  if args[2] ~= "" then
    wrk.body = args[2]
    wrk.headers["content-type"] = "application/json"
  end
  local requests = {}
  for i = 4, #args do
    wrk.headers[args[3]] = args[i]
    requests[#requests + 1] = wrk.format()
  end
  local n = 0
  request = function()
    n = n % #requests + 1
    return requests[n]
  end
end
