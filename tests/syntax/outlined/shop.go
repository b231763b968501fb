// Package shop sells.
package main

import (
	"fmt"
	log "github.com/x/log"
)

// Limit is how many.
const Limit = 10

const (
	// First is first.
	First, second = 1, 2
	Third = "func no() {}"
)

var (
	shared = map[string]int{
		"a": 1,
	}
)

// Shop sells things. At length.
type Shop struct {
	name string
}

type (
	// Seller sells.
	Seller interface {
		Sell(n int) error
	}
	Number = int
)

type Pair[K comparable, V any] struct{ k K }

// Total is all.
func (s *Shop) Total(n int) (int, error) {
	if n > 1 && s.name != "" {
		return 1, nil
	} else if n == 0 {
		return 0, nil
	}
	for i := range n {
		switch i {
		case 1:
		case 2, 3:
		default:
		}
	}
	f := func() { var local = 1; _ = local }
	f()
	return 0, fmt.Errorf(`a
func raw() {}`)
}

func Map[T any](xs []T, f func(T) T) []T { return xs }

func main() {}
