package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

var connections int64 // that were opened

// One client for the whole program: it has the pool. Timeout is for one attempt, from connecting to the last
// byte. With a Transport of its own it uses no proxy; nor does it follow a redirect with a credential.
var client = &http.Client{
	Timeout:       1500 * time.Millisecond,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport: &http.Transport{
		MaxConnsPerHost:     50,
		MaxIdleConnsPerHost: 50,
		IdleConnTimeout:     time.Minute,
		DialContext:         dial,
	},
}

func dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: 500 * time.Millisecond}
	connection, err := dialer.DialContext(ctx, network, address)
	if err == nil {
		atomic.AddInt64(&connections, 1)
	}
	return connection, err
}

// Reads the body to its end, so that the connection can be used again.
func post(ctx context.Context, endpoint string, question any) (*http.Response, []byte, error) {
	body, err := json.Marshal(question)
	if err != nil {
		return nil, nil, err
	}
	url := os.Getenv("LATCHKEY_URL") + "/api/v1/auth/" + endpoint
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response, text, err
}
