package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"tocsin"
	"tocsin/ingest"
	"tocsin/ingest/kafka"
	"tocsin/internal/api"
	"tocsin/internal/auth"
	"tocsin/internal/pipeline"
	"tocsin/register"
)

// commands opens the group that carries out what comes by the commands topic.
func (k *kafkaStages) commands() error {
	c := k.cfg.Kafka.Commands
	if c.Topic == "" {
		return nil
	}
	x := &exchange{
		register: k.register(k.store), letters: k.store, trail: k.trail(k.store), counted: k.counted().commands,
		who: one(auth.Identity{Actor: tocsin.Actor{Kind: "token", ID: c.Actor, Role: c.Role}, Tenant: c.Tenant}),
	}
	if c.Signed {
		x.who = func(rec ingest.Record) (auth.Identity, error) { return signed(k.signers, rec) }
	}
	cfg := kafka.Config{Topics: []kafka.Topic{{Name: c.Topic, Source: "commands", SetUp: true}}, RecordLimit: 1 << 20}
	_, err := k.group("commands", cfg, kafka.Options{Gap: k.gap}, pipeline.Kafka((&pipeline.KafkaCommands{Do: x.do, Retry: k.retry}).Serve))
	return err
}

// An exchange carries out commands of other systems.
type exchange struct {
	register api.Register
	letters  interface {
		StoreRejections(ctx context.Context, rejections []tocsin.Rejection) error
	}
	trail   auth.Trail
	counted func(became string)                        // nil: nobody counts
	who     func(ingest.Record) (auth.Identity, error) // whose command a record is; an error: nobody's whose it may be
}

// one is the actor of all records. A record that says who it is by is not given to somebody else.
func one(by auth.Identity) func(ingest.Record) (auth.Identity, error) {
	return func(rec ingest.Record) (auth.Identity, error) {
		if rec.Claim != (ingest.Claim{}) {
			return auth.Identity{}, fmt.Errorf("%w: all that comes by this topic is %s's, as kafka.commands.signed is not set", auth.ErrSignature, by.Actor.ID)
		}
		return by, nil
	}
}

// signed is whoever signed a record.
func signed(tokens *auth.Tokens, rec ingest.Record) (auth.Identity, error) {
	if tokens == nil {
		return auth.Identity{}, auth.ErrSignature
	}
	return tokens.Signed(auth.Signature{Name: rec.Claim.Actor, At: rec.Claim.At, Value: rec.Claim.Signature}, rec.Ref.Topic, rec.Received, rec.Value)
}

// do carries out one record, or keeps it as a dead letter where it can never be. Its error is one that a retry may cure.
func (x *exchange) do(ctx context.Context, rec ingest.Record) error {
	if rec.Fault != "" {
		return x.bury(ctx, rec, "", rec.Fault, rec.Detail)
	}
	by, err := x.who(rec)
	if err != nil {
		return x.unknown(ctx, rec, err)
	}
	ctx = auth.Requested(auth.With(ctx, by), place(rec), "")
	cmd, err := api.ReadCommand(ctx, rec.Value, by)
	if err != nil {
		x.trail.Notes(ctx, "command", "", tocsin.AuditRefused, err.Error())
		return x.bury(ctx, rec, by.Tenant, "command", err.Error())
	}
	action, object := string(cmd.Action)+"-incident", "/incidents/"+cmd.Incident
	if err := x.trail.Begins(ctx, action, object); err != nil {
		return err
	}
	_, err = x.register.Do(ctx, cmd)
	outcome, reason := tocsin.AuditDone, ""
	defer func() { x.trail.Notes(ctx, action, object, outcome, reason) }()
	refusal, isRefusal := errors.AsType[*register.Refusal](err)
	stale, isStale := errors.AsType[*register.StaleError](err)
	kind := ""
	switch {
	case err == nil:
		x.count("done")
		return nil
	case isRefusal:
		kind, reason = "refused", refusal.Error()
	case isStale:
		kind, reason = "stale", stale.Error()
	case errors.Is(err, tocsin.ErrNotFound):
		kind, reason = "not_found", err.Error()
	default:
		outcome, reason = tocsin.AuditFailed, err.Error()
		return err
	}
	outcome = tocsin.AuditRefused
	return x.bury(ctx, rec, by.Tenant, kind, reason)
}

// unknown keeps a record of nobody whose it may be, and has the audit log say so under the name that it claims.
func (x *exchange) unknown(ctx context.Context, rec ingest.Record, err error) error {
	reason := "signature"
	if errors.Is(err, auth.ErrReplay) {
		reason = "replay"
	}
	ctx = auth.Requested(ctx, place(rec), "")
	x.trail.Notes(ctx, "command", fmt.Sprintf("by %.64q", rec.Claim.Actor), tocsin.AuditRefused, err.Error())
	return x.bury(ctx, rec, "", reason, err.Error())
}

// place is where a record stands.
func place(rec ingest.Record) string {
	return fmt.Sprintf("%s/%d/%d", rec.Ref.Log(), rec.Ref.Partition, rec.Ref.Position())
}

// bury keeps a record that cannot be carried out, with its place and the reason.
func (x *exchange) bury(ctx context.Context, rec ingest.Record, tenant, reason, detail string) error {
	sum := sha256.Sum256(rec.Value)
	digest := hex.EncodeToString(sum[:])
	tenant = cmp.Or(tenant, "default")
	err := x.letters.StoreRejections(ctx, []tocsin.Rejection{{
		ID: tocsin.RejectionID(tenant, rec.Ref, digest), Tenant: tenant, Source: "commands", Ref: rec.Ref, Received: rec.Received, Stage: "command",
		Reason: reason, Detail: detail, SHA256: digest, Raw: rec.Value, Size: int64(len(rec.Value)), Attempts: 1,
	}})
	if err == nil {
		x.count(reason)
	}
	return err
}

func (x *exchange) count(became string) {
	if x.counted != nil {
		x.counted(became)
	}
}

// beside is what the registrar does beside its work: it sends notifications.
func (k *kafkaStages) beside() func(context.Context) {
	if k.courier == nil {
		return nil
	}
	return k.courier.Run
}
