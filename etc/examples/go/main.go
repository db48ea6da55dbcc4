// Asks Latchkey: is this credential good, and whose is it? latchkey.go and pool.go are the client; they need
// nothing but Go's own packages.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"sync/atomic"
)

func ask(endpoint string, question any) Verdict {
	verdict, err := Ask(context.Background(), endpoint, question)
	if err != nil {
		log.Fatal(err)
	}
	return verdict
}

func main() {
	type question map[string]any
	key, token := os.Getenv("DEMO_API_KEY"), os.Getenv("DEMO_TOKEN")
	fmt.Println("key:", ask("verify-api-key", question{"api_key": key}).Code)
	fmt.Println("token:", ask("verify-token", question{"token": token}).Code)
	batch := ask("verify-batch", question{"items": []question{
		{"type": "api_key", "api_key": key},
		{"type": "token", "token": token},
		{"type": "api_key", "api_key": "wrong"},
	}})
	fmt.Print("batch:")
	for _, verdict := range batch.Results {
		fmt.Print(" ", verdict.Code)
	}
	fmt.Println()
	for i := 0; i < 20; i++ {
		ask("verify-api-key", question{"api_key": key})
	}
	fmt.Println("23 questions, connections opened:", atomic.LoadInt64(&connections))
}
