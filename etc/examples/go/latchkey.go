package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Verdict is the answer to a question. The credential is good only if Valid is true.
type Verdict struct {
	Valid          bool      `json:"valid"`
	Code           string    `json:"code"`
	KeyID          string    `json:"key_id"`  // of an API key
	Subject        string    `json:"subject"` // of a token
	OrganizationID string    `json:"organization_id"`
	Scopes         []string  `json:"scopes"`
	Results        []Verdict `json:"results"` // of a batch
}

// Undecided: it is not known whether the credential is good. Let nobody in: answer 503 with Retry-After,
// a second if RetryAfter is 0.
type Undecided struct {
	Why        string
	RetryAfter time.Duration
	again      bool
}

func (u *Undecided) Error() string { return "Latchkey has not decided: " + u.Why }

// Ask asks at most three times within three seconds. Verifying changes nothing, so a question is safe to
// repeat, also one whose answer was lost with a kept connection.
func Ask(ctx context.Context, endpoint string, question any) (verdict Verdict, err error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	for attempt := 1; ; attempt++ {
		var undecided *Undecided
		verdict, err = exchange(ctx, endpoint, question)
		if !errors.As(err, &undecided) || !undecided.again || attempt == 3 {
			return verdict, err
		}
		wait := 50 * time.Millisecond << attempt
		if undecided.RetryAfter > wait {
			wait = undecided.RetryAfter
		}
		wait += time.Duration(time.Now().UnixNano()) % (wait / 4) // so that callers do not all come back at once
		if ends, _ := ctx.Deadline(); time.Until(ends) <= wait {
			return verdict, err
		}
		select {
		case <-ctx.Done(): // the caller has gone
			return verdict, err
		case <-time.After(wait):
		}
	}
}

func exchange(ctx context.Context, endpoint string, question any) (verdict Verdict, err error) {
	response, text, err := post(ctx, endpoint, question)
	if err != nil {
		return verdict, &Undecided{err.Error(), 0, true}
	}
	switch status := response.StatusCode; {
	case status == http.StatusOK:
		err = json.Unmarshal(text, &verdict)
		return verdict, err
	case status == http.StatusTooManyRequests || status >= 500:
		seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
		if err != nil || seconds < 0 || seconds > 3600 {
			seconds = 1
		}
		return verdict, &Undecided{response.Status, time.Duration(seconds) * time.Second, status == 503}
	default: // a mistake in this program
		return verdict, fmt.Errorf("Latchkey does not take the question: %s", response.Status)
	}
}
