package storetest

import (
	"errors"
	"slices"

	"github.com/kernia-go/kernia/ports"
)

func migrating() []promise {
	return []promise{
		{name: "PlansNothingTheSecondTime", prove: migrateTwice},
		{name: "ChangesNothingWithoutApply", prove: migratePlans},
		{name: "SaysWhatItDoes", prove: migrateSays},
		{name: "TakesModelsInAnyOrder", prove: migrateAnyOrder},
		{name: "AddsFieldsWithTheirDefaults", prove: migrateColumns},
		{name: "AddsKeys", prove: migrateKeys},
		{name: "ReportsDuplicatesInTheWay", prove: migrateBlocked},
		{name: "WorksWithoutABlockedKey", prove: migrateBlockedWorks},
		{name: "AddsABlockedKeyOnceDuplicatesAreGone", prove: migrateUnblocked},
		{name: "CountsNoNullsAsDuplicates", prove: migrateNulls},
		{name: "DropsNothing", prove: migrateDrops},
		{name: "RunsTwiceAtOnce", prove: migrateAtOnce},
		{name: "RefusesABadModel", prove: migrateBad},
	}
}

func (d db) migrate(apply bool, models ...*ports.Model) ports.Plan {
	d.Helper()
	plan, err := d.Migrate(d.ctx, models, apply)
	if err != nil {
		d.Fatalf("Migrate: %v", err)
	}
	return plan
}

// versions returns one model as it was and as it became.
func versions() (old, now *ports.Model) {
	old = &ports.Model{Name: "product", Fields: []ports.Field{
		{Name: "id", Type: ports.TypeString},
		{Name: "code", Type: ports.TypeString},
		{Name: "shop", Type: ports.TypeString, Null: true},
	}}
	now = &ports.Model{Name: "product", Fields: append(slices.Clone(old.Fields),
		ports.Field{Name: "plan", Type: ports.TypeString, Default: ports.String("O'Free \\ %")},
		ports.Field{Name: "level", Type: ports.TypeInt, Default: ports.Int(-7)},
		ports.Field{Name: "open", Type: ports.TypeBool, Default: ports.Bool(true)},
		ports.Field{Name: "since", Type: ports.TypeTime, Default: ports.Time(noon())},
		ports.Field{Name: "meta", Type: ports.TypeJSON, Default: ports.JSON(`{"a":"it's"}`)},
		ports.Field{Name: "tags", Type: ports.TypeList, Default: ports.List([]string{"x", "y'z"})},
		ports.Field{Name: "nick", Type: ports.TypeString, Null: true, Default: ports.String("none")},
		ports.Field{Name: "extra", Type: ports.TypeString, Null: true},
	), Unique: []ports.Key{{"code"}, {"shop", "code"}}, Index: []ports.Key{{"level"}}}
	return old, now
}

func migrateTwice(k *kit) {
	d := k.store()
	order, table := reservedModels()
	_, now := versions()
	models := append(k.all(), order, table, now)
	d.migrate(true, models...)
	for _, s := range []db{d, k.again()} {
		for _, apply := range []bool{false, true} {
			if plan := s.migrate(apply, models...); len(plan.Steps)+len(plan.Duplicates) > 0 {
				k.Errorf("Migrate of what is up to date plans %v, blocked %v", plan.Steps, plan.Duplicates)
			}
		}
	}
}

func migratePlans(k *kit) {
	d := k.again()
	first := d.migrate(false, k.all()...)
	again := k.again().migrate(false, k.all()...)
	if len(first.Steps) == 0 || !slices.Equal(first.Steps, again.Steps) {
		k.Errorf("Migrate without apply plans %v, then %v", first.Steps, again.Steps)
	}
	d.migrate(true, k.all()...)
	d.add(k.user, nil)
}

func migrateSays(k *kit) {
	old, now := versions()
	d := k.again()
	for _, m := range []*ports.Model{old, now} {
		planned, done := d.migrate(false, m), d.migrate(true, m)
		if len(planned.Steps) == 0 || !slices.Equal(planned.Steps, done.Steps) {
			k.Errorf("Migrate planned %v and did %v", planned.Steps, done.Steps)
		}
		kinds := map[ports.StepKind]bool{}
		for _, s := range done.Steps {
			if s.Kind == 0 || s.Summary == "" || s.Statement == "" {
				k.Errorf("Migrate made the step %+v, want a kind, a summary and a statement", s)
			}
			kinds[s.Kind] = true
		}
		if kinds[ports.AddTable] != (m == old) || kinds[ports.AddUnique] != (m == now) {
			k.Errorf("Migrate made %v, want kinds that tell a new table and a new key", done.Steps)
		}
	}
}

func migrateAnyOrder(k *kit) {
	models := k.all()
	slices.Reverse(models)
	d := k.store(models...)
	u := d.add(k.user, nil)
	d.add(k.session, values{"userId": u[0]})
	if rs := d.all(k.follow()); len(rs) != 1 {
		k.Errorf("Find with Follow = %d records, want 1", len(rs))
	}
}

func migrateColumns(k *kit) {
	old, now := versions()
	d := k.store(old)
	r := d.add(old, nil)
	if plan := d.migrate(true, now); len(plan.Steps) == 0 || len(plan.Duplicates) > 0 {
		k.Errorf("Migrate of new fields plans %v, blocked %v", plan.Steps, plan.Duplicates)
	}
	want := slices.Clone(r)
	for _, f := range now.Fields[3:] {
		if f.Null {
			want = append(want, ports.Value{})
		} else {
			want = append(want, f.Default)
		}
	}
	got, _ := k.again().get(now, r[0])
	nick := now.Field("nick") // "null where Null is set" may be read both ways where there is a default too
	if len(got) > nick && got[nick].Equal(ports.String("none")) {
		want[nick] = got[nick]
	}
	k.want("an existing record", got, want)
	if n := d.size(query(now, cond("plan", ports.Eq), cond("level", ports.Lt), cond("extra", ports.Null)), want[3], ports.Int(0)); n != 1 {
		k.Errorf("Find by the new fields of an existing record = %d, want 1", n)
	}
	d.set(changed(now, "+level"), r[0], ports.Int(7))
	got, _ = d.get(now, r[0])
	if v := at(now, got, "level"); !v.Equal(ports.Int(0)) {
		k.Errorf("adding 7 to the default -7 = %s", show(ports.Record{v}))
	}
	d.add(now, nil)
}

func migrateKeys(k *kit) {
	old, now := versions()
	d := k.store(old)
	r := d.add(old, values{"shop": ports.String("s")})
	d.migrate(true, now)
	_, err := d.Create(k.ctx, now, k.record(now, values{"code": r[1]}))
	k.conflict(err, now, "code")
}

// duplicates stores 2 groups of records that agree in code: 30 and 2, and 3 records that do not.
func duplicates(k *kit, d db, m *ports.Model) (ids map[string]bool) {
	ids = map[string]bool{}
	for i := range 35 {
		v := values{"shop": ports.String(k.newID(ports.IDText))}
		switch {
		case i < 30:
			v["code"] = ports.String("many")
		case i < 32:
			v["code"] = ports.String("twice")
		}
		r := d.add(m, v)
		if i < 32 {
			ids[r[0].AsString()] = true
		}
	}
	return ids
}

func migrateBlocked(k *kit) {
	old, now := versions()
	d := k.store(old)
	ids := duplicates(k, d, old)
	for _, apply := range []bool{false, true, true} {
		plan := d.migrate(apply, now)
		if len(plan.Duplicates) != 1 {
			k.Fatalf("Migrate over duplicates is blocked by %v, want 1 key", plan.Duplicates)
		}
		b := plan.Duplicates[0]
		if b.Model != "product" || b.Key.String() != "code" || b.Groups != 2 || len(b.IDs) < 2 || len(b.IDs) > 20 {
			k.Errorf("Migrate over duplicates is blocked by %+v", b)
		}
		seen := map[string]bool{}
		for _, text := range b.IDs {
			if !ids[text] || seen[text] {
				k.Errorf("Migrate names %q twice or among duplicates, which it is not", text)
			}
			seen[text] = true
		}
	}
}

func migrateBlockedWorks(k *kit) {
	old, now := versions()
	d := k.store(old)
	duplicates(k, d, old)
	d.migrate(true, now)
	r := d.add(now, values{"code": ports.String("many"), "shop": ports.String("s")})
	if n := d.size(query(now, cond("code", ports.Eq)), ports.String("many")); n != 31 {
		k.Errorf("Count = %d, want 31", n)
	}
	if _, ok := d.set(changed(now, "level"), r[0], ports.Int(1)); !ok {
		k.Errorf("Update by id found nothing")
	}
	_, err := d.Create(k.ctx, now, k.record(now, values{"code": r[1], "shop": r[2]}))
	k.conflict(err, now, "shop,code") // the other key is there
	if n := d.drop(deleted(now, cond("code", ports.Eq)), ports.String("many")); n != 31 {
		k.Errorf("Delete = %d, want 31", n)
	}
}

func migrateUnblocked(k *kit) {
	old, now := versions()
	d := k.store(old)
	duplicates(k, d, old)
	d.migrate(true, now)
	d.drop(deleted(now, cond("code", ports.In)), ports.String("many"), ports.String("twice"))
	if plan := d.migrate(true, now); len(plan.Steps) == 0 || len(plan.Duplicates) > 0 {
		k.Errorf("Migrate once duplicates are gone plans %v, blocked %v", plan.Steps, plan.Duplicates)
	}
	r := d.add(now, nil)
	_, err := d.Create(k.ctx, now, k.record(now, values{"code": r[1]}))
	k.conflict(err, now, "code")
	if plan := d.migrate(true, now); len(plan.Steps)+len(plan.Duplicates) > 0 {
		k.Errorf("Migrate of what is up to date plans %v, blocked %v", plan.Steps, plan.Duplicates)
	}
}

func migrateNulls(k *kit) {
	old, now := versions()
	now.Unique = []ports.Key{{"shop"}, {"shop", "code"}}
	d := k.store(old)
	for range 3 {
		d.add(old, values{"code": ports.String("same")})
	}
	if plan := d.migrate(true, now); len(plan.Duplicates) > 0 {
		k.Errorf("Migrate over nulls is blocked by %v", plan.Duplicates)
	}
	d.add(now, values{"code": ports.String("same")})
}

func migrateDrops(k *kit) {
	old, now := versions()
	d := k.store(now)
	r := d.add(now, values{"nick": ports.String("kept")})
	if plan := d.migrate(true, old); len(plan.Steps)+len(plan.Duplicates) > 0 {
		k.Errorf("Migrate to fewer fields plans %v, blocked %v", plan.Steps, plan.Duplicates)
	}
	got, _ := d.get(now, r[0])
	k.want("the record after", got, r)
	_, err := d.Create(k.ctx, now, k.record(now, values{"code": r[1]}))
	k.conflict(err, now, "code")
}

func migrateAtOnce(k *kit) {
	stores := []db{k.again(), k.again(), k.again(), k.again()}
	old, now := versions()
	for _, models := range [][]*ports.Model{append(k.all(), old), {now}} {
		k.race(len(stores), func(i int) bool {
			if plan, err := stores[i].Migrate(k.ctx, models, true); err != nil || len(plan.Duplicates) > 0 {
				k.Errorf("one of several calls of Migrate at once: blocked %v, error %v", plan.Duplicates, err)
			}
			return true
		})
		if plan := stores[0].migrate(false, models...); len(plan.Steps)+len(plan.Duplicates) > 0 {
			k.Errorf("after several calls of Migrate at once it plans %v, blocked %v", plan.Steps, plan.Duplicates)
		}
	}
	r := stores[0].add(now, nil)
	_, err := stores[1].Create(k.ctx, now, k.record(now, values{"code": r[1]}))
	k.conflict(err, now, "code")
}

func migrateBad(k *kit) {
	d := k.again()
	for _, m := range []*ports.Model{
		{Name: "bad"},
		{Name: "bad", Fields: []ports.Field{{Name: "key", Type: ports.TypeString}}},
		{Name: "bad", Fields: []ports.Field{{Name: "id", Type: ports.TypeString}}, Unique: []ports.Key{{"none"}}},
	} {
		for _, apply := range []bool{false, true} {
			if _, err := d.Migrate(k.ctx, []*ports.Model{m}, apply); !errors.Is(err, ports.ErrInvalid) {
				k.Errorf("Migrate of a bad model: %v, want ErrInvalid", err)
			}
		}
	}
}
