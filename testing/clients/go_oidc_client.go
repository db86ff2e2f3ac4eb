// Uses a running Tegata through go-oidc and golang.org/x/oauth2, as a Go program would. Prints one line for each step.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	oidc "github.com/coreos/go-oidc"
	"golang.org/x/oauth2"
)

func check(ok bool, step string, details ...interface{}) {
	if !ok {
		fmt.Fprintln(os.Stderr, append([]interface{}{"failed:", step}, details...)...)
		os.Exit(1)
	}
	fmt.Println("ok", step)
}

func main() {
	ctx := context.Background()
	issuer, username, password := os.Getenv("TEGATA_ISSUER"), os.Getenv("TEGATA_USERNAME"), os.Getenv("TEGATA_PASSWORD")

	provider, err := oidc.NewProvider(ctx, issuer)
	check(err == nil, "discovery", err)
	endpoint := provider.Endpoint()
	check(endpoint.TokenURL == issuer+"/token", "token endpoint", endpoint.TokenURL)

	config := oauth2.Config{ClientID: "tegata", Endpoint: endpoint, Scopes: []string{"me"}}
	config.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	token, err := config.PasswordCredentialsToken(ctx, username, password)
	check(err == nil && token.RefreshToken != "", "password grant", err)

	verifier := provider.Verifier(&oidc.Config{ClientID: issuer, SupportedSigningAlgs: []string{"ES256"}})
	verified, err := verifier.Verify(ctx, token.AccessToken)
	check(err == nil && verified.Issuer == issuer && verified.Subject != "", "access token verified", err)

	expired := *token
	expired.Expiry = time.Now().Add(-time.Hour)
	source := config.TokenSource(ctx, &expired)
	refreshed, err := source.Token()
	check(err == nil && refreshed.AccessToken != token.AccessToken, "refresh", err)

	answer, err := oauth2.NewClient(ctx, source).Get(issuer + "/api/users/me")
	check(err == nil && answer.StatusCode == 200, "me", err)
	body, _ := io.ReadAll(answer.Body)
	var me struct{ Email string }
	check(json.Unmarshal(body, &me) == nil && me.Email == username, "email of me", string(body))

	_, err = config.PasswordCredentialsToken(ctx, username, "wrong password")
	failure, isRetrieve := err.(*oauth2.RetrieveError)
	check(isRetrieve && strings.Contains(string(failure.Body), "invalid_grant"), "wrong password refused", err)
}
