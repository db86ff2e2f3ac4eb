// Logs in with go-oidc and golang.org/x/oauth2.
package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// login is what the application keeps of somebody who logs in, or is logged in.
type login struct {
	state, nonce, verifier string
	token                  *oauth2.Token
	idToken                *oidc.IDToken
}

// logins has each login by the cookie of its browser.
var logins sync.Map

func random() string {
	bytes := make([]byte, 32)
	if _, err := rand.Read(bytes); err != nil {
		log.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(bytes)
}

func loginOf(r *http.Request) *login {
	if cookie, err := r.Cookie("login"); err == nil {
		if found, ok := logins.Load(cookie.Value); ok {
			return found.(*login)
		}
	}
	return &login{}
}

func main() {
	ctx := context.Background()
	provider, err := oidc.NewProvider(ctx, os.Getenv("ISSUER"))
	if err != nil {
		log.Fatal(err)
	}
	config := oauth2.Config{
		ClientID:     os.Getenv("CLIENT_ID"),
		ClientSecret: os.Getenv("CLIENT_SECRET"),
		Endpoint:     provider.Endpoint(),
		RedirectURL:  "http://localhost:" + os.Getenv("PORT") + "/callback",
		Scopes:       []string{oidc.ScopeOpenID, "profile", "email"},
	}
	verifier := provider.Verifier(&oidc.Config{ClientID: config.ClientID})

	http.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		begun := &login{state: random(), nonce: random(), verifier: random()}
		id := random()
		logins.Store(id, begun)
		http.SetCookie(w, &http.Cookie{Name: "login", Value: id, HttpOnly: true, SameSite: http.SameSiteLaxMode})
		challenge := sha256.Sum256([]byte(begun.verifier))
		http.Redirect(w, r, config.AuthCodeURL(begun.state, oidc.Nonce(begun.nonce),
			oauth2.SetAuthURLParam("code_challenge", base64.RawURLEncoding.EncodeToString(challenge[:])),
			oauth2.SetAuthURLParam("code_challenge_method", "S256")), http.StatusFound)
	})

	http.HandleFunc("/callback", func(w http.ResponseWriter, r *http.Request) {
		begun, query := loginOf(r), r.URL.Query()
		if begun.state == "" || begun.state != query.Get("state") {
			http.Error(w, "wrong state", http.StatusForbidden)
			return
		}
		if query.Has("error") {
			http.Error(w, query.Get("error"), http.StatusForbidden)
			return
		}
		token, err := config.Exchange(ctx, query.Get("code"), oauth2.SetAuthURLParam("code_verifier", begun.verifier))
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		raw, _ := token.Extra("id_token").(string)
		idToken, err := verifier.Verify(ctx, raw)
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		// The library leaves this to its caller.
		if idToken.Nonce != begun.nonce {
			http.Error(w, "wrong nonce", http.StatusForbidden)
			return
		}
		begun.token, begun.idToken = token, idToken
		http.Redirect(w, r, "/", http.StatusFound)
	})

	http.HandleFunc("/refresh", func(w http.ResponseWriter, r *http.Request) {
		if done := loginOf(r); done.token != nil {
			// The next use of the token refreshes it.
			done.token.Expiry = time.Now().Add(-time.Minute)
		}
		http.Redirect(w, r, "/", http.StatusFound)
	})

	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		done := loginOf(r)
		if done.idToken == nil {
			http.Redirect(w, r, "/login", http.StatusFound)
			return
		}
		token, err := config.TokenSource(ctx, done.token).Token()
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		done.token = token
		userInfo, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		if userInfo.Subject != done.idToken.Subject {
			http.Error(w, "wrong user", http.StatusForbidden)
			return
		}
		var claims, more map[string]interface{}
		_, _ = done.idToken.Claims(&claims), userInfo.Claims(&more)
		_ = json.NewEncoder(w).Encode(map[string]interface{}{"claims": claims, "userinfo": more})
	})
	fmt.Println("Listening")
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
