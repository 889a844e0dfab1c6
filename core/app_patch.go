package kernia

import (
	"iter"
	"slices"

	"github.com/kernia-go/kernia/ports"
)

// A Patch is a change to some fields of one user or session; other fields keep their values. The zero Patch changes
// nothing. A before-hook may read it and add to it.
type Patch struct {
	names  []string
	values []ports.Value
}

// Put adds a field to the patch, or replaces its value there. It always reports true; whether the record has such a
// field is checked when the patch is applied.
func (p *Patch) Put(name string, v ports.Value) bool {
	p.names, p.values = slices.Clone(p.names), slices.Clone(p.values) // a copied Patch stays as it is
	if i := slices.Index(p.names, name); i >= 0 {
		p.values[i] = v
		return true
	}
	p.names, p.values = append(p.names, name), append(p.values, v)
	return true
}

// split returns the patch's value for the named field, and the patch without it.
func (p Patch) split(name string) (v ports.Value, rest Patch) {
	for i := range p.names {
		if p.names[i] == name {
			v = p.values[i]
			continue
		}
		rest.Put(p.names[i], p.values[i])
	}
	return v, rest
}

// Lookup returns the patch's value for the named field; ok is false if the patch does not change it.
func (p Patch) Lookup(name string) (v ports.Value, ok bool) {
	for i := range p.names {
		if p.names[i] == name {
			return p.values[i], true
		}
	}
	return ports.Value{}, false
}

// All yields the names and values of the changed fields, in the order in which they were put.
func (p Patch) All() iter.Seq2[string, ports.Value] {
	return func(yield func(string, ports.Value) bool) {
		for i, name := range p.names {
			if !yield(name, p.values[i]) {
				return
			}
		}
	}
}

// Len returns how many fields the patch changes.
func (p Patch) Len() int { return len(p.names) }

// Name sets a user's name.
func (p *Patch) Name(name string) *Patch { p.Put("name", ports.String(name)); return p }

// Image sets a user's image, or removes it if url is nil.
func (p *Patch) Image(url *string) *Patch { p.Put("image", fromPointer(url)); return p }

// Email sets a user's e-mail address, which must be in its lower-case form, and whether it is verified.
func (p *Patch) Email(address string, verified bool) *Patch {
	p.Put("email", ports.String(address))
	p.Put("emailVerified", ports.Bool(verified))
	return p
}
