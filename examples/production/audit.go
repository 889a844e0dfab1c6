package main

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	kernia "github.com/kernia-go/kernia/core"
)

// audit keeps the audit trail in a table. An event is recorded behind the answer, at most once.
type audit struct{ pool *pgxpool.Pool }

func createAudit(ctx context.Context, pool *pgxpool.Pool) error {
	_, err := pool.Exec(ctx, `CREATE TABLE IF NOT EXISTS "audit" (
		"id" bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "at" timestamptz NOT NULL, "type" text NOT NULL,
		"userId" text NOT NULL, "sessionId" text NOT NULL, "ipAddress" text NOT NULL, "userAgent" text NOT NULL
	)`)
	return err
}

// Record stores an event. The user may be gone by now, so nothing refers to them.
func (a audit) Record(ctx context.Context, e kernia.Event) error {
	_, err := a.pool.Exec(ctx, `INSERT INTO "audit" ("at", "type", "userId", "sessionId", "ipAddress", "userAgent") VALUES ($1, $2, $3, $4, $5, $6)`,
		e.Time, e.Type, e.UserID, e.SessionID, e.IPAddress, e.UserAgent)
	return err
}
