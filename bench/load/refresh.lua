-- Chains of refresh tokens: each thread has one connection, and sends the token that the response before contained.
-- Arguments: the first token of each chain.
local chains = 0
function setup(thread)
  chains = chains + 1
  thread:set("chain", chains)
end

function init(args)
  token = args[chain]
  wrk.method = "POST"
  wrk.headers["content-type"] = "application/x-www-form-urlencoded"
end

function request()
  return wrk.format(nil, nil, nil, "grant_type=refresh_token&refresh_token=" .. token)
end

function response(_, _, body)
  token = body:match('"refresh_token":"([^"]+)"') or token
end
