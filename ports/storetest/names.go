package storetest

import (
	"slices"

	"github.com/kernia-go/kernia/ports"
)

func naming() []promise {
	return []promise{
		{name: "MayBeReservedWords", prove: reserved},
		{name: "MayDifferFromTablesAndColumns", prove: renamed},
		{name: "ReachTheColumnsTheyAreMappedTo", prove: mapped},
	}
}

// reservedModels are named by words that mean something to databases.
func reservedModels() (order, table *ports.Model) {
	table = &ports.Model{Name: "table", Fields: []ports.Field{
		{Name: "id", Type: ports.TypeString},
		{Name: "group", Type: ports.TypeString},
		{Name: "select", Type: ports.TypeInt},
	}, Unique: []ports.Key{{"group"}}}
	order = &ports.Model{Name: "order", Fields: []ports.Field{
		{Name: "id", Type: ports.TypeString},
		{Name: "table", Type: ports.TypeString, References: table},
		{Name: "from", Type: ports.TypeString},
		{Name: "group", Type: ports.TypeString, Null: true},
		{Name: "index", Type: ports.TypeInt},
		{Name: "desc", Type: ports.TypeTime, Null: true},
		{Name: "where", Type: ports.TypeList, Null: true},
		{Name: "default", Type: ports.TypeBool, Null: true},
		{Name: "user", Type: ports.TypeJSON, Null: true},
	}, Unique: []ports.Key{{"from", "group"}}, Index: []ports.Key{{"index"}}}
	table.Dependents = []ports.Dependent{{Model: order, Field: "table"}}
	return order, table
}

func reserved(k *kit) {
	order, table := reservedModels()
	named(k, order, table)
}

// renamed runs the same with every table and column named otherwise, two columns by each other's field.
func renamed(k *kit) {
	order, table := renamedModels()
	named(k, order, table)
}

func renamedModels() (order, table *ports.Model) {
	order, table = reservedModels()
	table.Table, order.Table = "TeamTables", "team_orders"
	table.Fields[0].Column, table.Fields[1].Column, table.Fields[2].Column = "tableId", "select", "group"
	for i, column := range []string{"order_id", "tableRef", "group", "from", "Index", "at time", "list", "flag", "meta"} {
		order.Fields[i].Column = column
	}
	return order, table
}

// named sends two models through every verb.
func named(k *kit, order, table *ports.Model) {
	d := k.store(order, table)
	t := d.add(table, values{"group": ports.String("g")})
	o := d.add(order, values{"table": t[0], "from": ports.String("f"), "group": ports.String("x"), "index": ports.Int(2), "desc": ports.Time(noon())})
	p := d.add(order, values{"table": t[0], "from": ports.String("f"), "group": ports.String("y"), "index": ports.Int(1)})
	_, err := d.Create(k.ctx, order, k.record(order, values{"from": o[2], "group": o[3]}))
	k.conflict(err, order, "from,group")
	_, err = d.Create(k.ctx, table, k.record(table, values{"group": ports.String("g")}))
	k.conflict(err, table, "group")
	q := ordered(order, ports.Order{Field: "index"})
	q.Follow = "table"
	q.Where = []ports.Condition{followed("group", ports.Eq), cond("from", ports.Contains), cond("index", ports.In)}
	rs := d.all(q, ports.String("g"), ports.String("f"), ports.Int(2), ports.Int(1))
	if len(rs) != 2 {
		k.Fatalf("Find = %d records, want 2", len(rs))
	}
	k.want("Find", rs[0], slices.Concat(p, t))
	k.want("Find", rs[1], slices.Concat(o, t))
	m := &ports.Update{
		Model: order, Key: order.Unique[0], Where: []ports.Condition{cond("index", ports.Lt)},
		Set: []ports.Change{{Field: "index", Add: true}, {Field: "desc"}, {Field: "where"}, {Field: "default"}, {Field: "user"}},
	}
	got, _ := d.set(m, o[2], o[3], ports.Int(9), ports.Int(3), ports.Value{}, ports.List([]string{"w"}), ports.Bool(true), ports.JSON(`{"a":1}`))
	o[4], o[5], o[6], o[7], o[8] = ports.Int(5), ports.Value{}, ports.List([]string{"w"}), ports.Bool(true), ports.JSON(`{"a":1}`)
	k.want("Update", got, o)
	got, _ = d.pull(taken(order, order.Unique[0], cond("index", ports.Eq)), o[2], o[3], ports.Int(5))
	k.want("Take", got, o)
	if n := d.drop(deleted(table, cond("group", ports.Eq)), ports.String("g")); n != 1 {
		k.Errorf("Delete = %d, want 1", n)
	}
	if n := d.size(query(order)); n != 0 {
		k.Errorf("%d records are left of a table that is gone", n)
	}
}

// mapped reads a table by a second model whose fields are named as its columns.
func mapped(k *kit) {
	_, table := renamedModels()
	plain := &ports.Model{Name: "plain", Table: "TeamTables", Fields: []ports.Field{
		{Name: "id", Column: "tableId", Type: ports.TypeString},
		{Name: "group", Type: ports.TypeInt},
		{Name: "select", Type: ports.TypeString},
	}}
	d := k.store(table)
	t := d.add(table, values{"group": ports.String("g"), "select": ports.Int(7)})
	plan, err := d.Migrate(k.ctx, []*ports.Model{plain}, false)
	if err != nil || len(plan.Steps) > 0 {
		k.Errorf("Migrate of a second model of one table plans %v, %v", plan.Steps, err)
	}
	got, _ := d.get(plain, t[0])
	k.want("Find by a second model", got, ports.Record{t[0], ports.Int(7), ports.String("g")})
}
