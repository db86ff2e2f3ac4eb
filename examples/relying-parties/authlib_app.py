"""Logs in with Authlib, in FastAPI or Starlette."""

import os

from authlib.integrations.starlette_client import OAuth, OAuthError
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import RedirectResponse
from starlette.middleware.sessions import SessionMiddleware

app = FastAPI()
app.add_middleware(SessionMiddleware, secret_key=os.environ["SESSION_SECRET"])
oauth = OAuth()
oauth.register(
    "tegata",
    server_metadata_url=os.environ["ISSUER"] + "/.well-known/openid-configuration",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
)


@app.get("/login")
async def login(request: Request):
    return await oauth.tegata.authorize_redirect(request, str(request.url_for("callback")))


@app.get("/callback")
async def callback(request: Request):
    try:
        token = await oauth.tegata.authorize_access_token(request)
    except OAuthError as error:
        raise HTTPException(403, error.error)
    # What the ID token says, which has been verified.
    request.session["claims"] = dict(token["userinfo"])
    return await keep(request, token)


@app.get("/refresh")
async def refresh(request: Request):
    token = await oauth.tegata.fetch_access_token(
        grant_type="refresh_token", refresh_token=request.session["refresh_token"]
    )
    return await keep(request, token)


async def keep(request: Request, token):
    userinfo = await oauth.tegata.userinfo(token=token)
    if userinfo["sub"] != request.session["claims"]["sub"]:
        raise HTTPException(403)
    request.session["userinfo"] = dict(userinfo)
    request.session["refresh_token"] = token["refresh_token"]
    return RedirectResponse("/")


@app.get("/")
async def home(request: Request):
    if "claims" not in request.session:
        return RedirectResponse("/login")
    return {"claims": request.session["claims"], "userinfo": request.session["userinfo"]}
