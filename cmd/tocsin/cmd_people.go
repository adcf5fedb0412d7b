package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tocsin/internal/api"
	"tocsin/internal/auth"
	"tocsin/internal/client"
)

func newUser() *cobra.Command {
	cmd := &cobra.Command{Use: "user", Short: "Say who may sign in with a password"}
	cmd.AddCommand(newUserList(), newUserAdd(), newUserPasswd(), newRemoval("remove NAME", "Remove a user, which ends their sessions", "/users/"))
	return cmd
}

func newToken() *cobra.Command {
	cmd := &cobra.Command{Use: "token", Short: "Say which machines may use the API"}
	cmd.AddCommand(newTokenList(), newTokenCreate(), newRemoval("revoke NAME", "Revoke a token", "/tokens/"))
	return cmd
}

// A collection is an answer of a listing without pages.
type collection[T any] struct {
	Items []T `json:"items"`
}

func newUserList() *cobra.Command {
	return newPeopleList("List users", "/users", "NAME\tROLE\tTENANT\tMADE", func(u auth.User) string {
		return fmt.Sprintf("%s\t%s\t%s\t%s", u.Name, u.Role, or(u.Tenant, "-"), stamp(u.Made))
	})
}

// newPeopleList lists what the API has at a path, a line each.
func newPeopleList[T any](short, path, head string, line func(T) string) *cobra.Command {
	r, output := reach{}, ""
	cmd := &cobra.Command{
		Use: "list", Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				var all collection[T]
				if err := c.Get(ctx, path, nil, &all); err != nil {
					return err
				}
				return printRows(cmd.OutOrStdout(), output, all.Items, head, line)
			})
		},
	}
	r.flags(cmd)
	outputFlag(cmd, &output)
	return cmd
}

// passwordFlag adds the flag that names a file with a password: a password on the command line would be seen by others.
func passwordFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "password-file", "", "`file` with the password, - for standard input; one is drawn and printed where it is left out")
}

func readPassword(cmd *cobra.Command, file string) (string, error) {
	var text []byte
	var err error
	switch file {
	case "":
		return "", nil
	case "-":
		text, err = io.ReadAll(io.LimitReader(cmd.InOrStdin(), 4096))
	default:
		text, err = os.ReadFile(file)
	}
	if err != nil {
		return "", coded(exitInput, fmt.Errorf("--password-file: %w", err))
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}

// printDrawn tells a password that was drawn, alone on its line.
func printDrawn(w io.Writer, d api.Drawn, done string) error {
	if d.Password == "" {
		_, err := fmt.Fprintln(w, done)
		return err
	}
	_, err := fmt.Fprintf(w, "%s; the password is told this once:\n%s\n", done, d.Password)
	return err
}

func newUserAdd() *cobra.Command {
	r := reach{}
	var role, tenant, file string
	cmd := &cobra.Command{
		Use: "add NAME", Short: "Add a user", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			secret, err := readPassword(cmd, file)
			if err != nil {
				return err
			}
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				var d api.Drawn
				if err := c.Post(ctx, "/users", nil, map[string]string{"name": args[0], "role": role, "tenant": tenant, "password": secret}, &d); err != nil {
					return err
				}
				return printDrawn(cmd.OutOrStdout(), d, args[0]+" may sign in as "+role)
			})
		},
	}
	r.flags(cmd)
	passwordFlag(cmd, &file)
	cmd.Flags().StringVar(&role, "role", "viewer", "`role`: viewer, analyst, coordinator, lead or admin")
	cmd.Flags().StringVar(&tenant, "tenant", "", "the only `tenant` that they see; all where it is left out")
	return cmd
}

func newUserPasswd() *cobra.Command {
	r, file := reach{}, ""
	cmd := &cobra.Command{
		Use: "passwd NAME", Short: "Give a user another password, which ends their sessions", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			secret, err := readPassword(cmd, file)
			if err != nil {
				return err
			}
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				var d api.Drawn
				if err := c.Post(ctx, "/users/"+url.PathEscape(args[0])+"/password", nil, map[string]string{"password": secret}, &d); err != nil {
					return err
				}
				return printDrawn(cmd.OutOrStdout(), d, args[0]+" has another password")
			})
		},
	}
	r.flags(cmd)
	passwordFlag(cmd, &file)
	return cmd
}

func newRemoval(use, short, path string) *cobra.Command {
	r := reach{}
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return r.with(cmd, func(ctx context.Context, c *client.Client) error { return c.Delete(ctx, path+url.PathEscape(args[0])) })
		},
	}
	r.flags(cmd)
	return cmd
}

func newTokenList() *cobra.Command {
	return newPeopleList("List tokens", "/tokens", "NAME\tROLE\tTENANT\tMADE\tBY\tEXPIRES\tUSED", func(a auth.Access) string {
		return fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s\t%s", a.Name, a.Role, or(a.Tenant, "-"), stamp(a.Made), printable(a.By), or(stamp(a.Expires), "never"), or(stamp(a.Used), "-"))
	})
}

func newTokenCreate() *cobra.Command {
	r := reach{}
	var role, tenant string
	var days int
	cmd := &cobra.Command{
		Use: "create NAME", Short: "Make a token and print it, this once", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			body := map[string]any{"name": args[0], "role": role, "tenant": tenant}
			if days > 0 {
				body["expires"] = time.Now().UTC().AddDate(0, 0, days).Truncate(time.Second)
			}
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				var d api.Drawn
				if err := c.Post(ctx, "/tokens", nil, body, &d); err != nil {
					return err
				}
				_, err := fmt.Fprintln(cmd.OutOrStdout(), d.Token)
				return err
			})
		},
	}
	r.flags(cmd)
	cmd.Flags().StringVar(&role, "role", "viewer", "`role`: viewer, analyst, coordinator, lead or admin")
	cmd.Flags().StringVar(&tenant, "tenant", "", "the only `tenant` that it sees; all where it is left out")
	cmd.Flags().IntVar(&days, "days", 365, "how many `days` it is good for; 0 is for ever")
	return cmd
}
