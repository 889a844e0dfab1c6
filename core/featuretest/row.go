package featuretest

import (
	"slices"

	"github.com/kernia-go/kernia/ports"
)

func storing() []promise {
	return []promise{
		{"FillsEveryTable", fillsEveryTable},
		{"DropsRowsWithTheirUser", dropsRows},
	}
}

func fillsEveryTable(k *kit) {
	_, tables := k.added()
	k.each(false, func(sample *Sample, _ string) {
		s := k.ready(sample)
		s.do()
		tables = slices.DeleteFunc(tables, func(table string) bool {
			m := s.store.model(table)
			return m != nil && len(s.records(m)) > 0
		})
	})
	for _, table := range tables {
		k.Errorf("no sample that succeeds leaves a record in the table %q", table)
	}
}

func (s *Stage) records(m *ports.Model) []ports.Record {
	s.Helper()
	records, err := s.store.rows(s.Context(), m)
	if err != nil {
		s.Fatalf("reading the table %q: %v", m.Name, err)
	}
	return records
}

// dropsRows deletes every user and looks for their ids in what is left. One-time values and counts expire by
// themselves.
func dropsRows(k *kit) {
	k.each(false, func(sample *Sample, name string) {
		s := k.ready(sample)
		s.do()
		users := map[string]bool{}
		for _, r := range s.records(s.store.model("user")) {
			users[r[0].AsString()] = true
		}
		for id := range users {
			if _, err := s.Auth.Users.Delete(s.Context(), id); err != nil {
				k.Fatalf("%s: deleting the user: %v", name, err)
			}
		}
		for _, m := range s.store.models {
			if m.Name == "verification" || m.Name == "rateLimit" {
				continue
			}
			for _, r := range s.records(m) {
				for i, v := range r {
					if v.Type() == ports.TypeString && users[v.AsString()] {
						k.Errorf("%s: a record of %q still has a deleted user's id as %q", name, m.Name, m.Fields[i].Name)
					}
				}
			}
		}
	})
}
