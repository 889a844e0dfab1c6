package kernia

import (
	"fmt"
	"strings"
)

// router finds the operation of a method and a path. Paths match byte by byte: what is spelled differently is
// another path, so that no rule can be passed by a variant.
type router struct {
	operations []*Operation
	names      map[string]*Operation
	get, post  map[string]*Operation // routes without a parameter
	patterns   []*Operation          // routes whose last segment is a parameter
	limits     map[string]*RateRule  // by the path of the route
}

func (r *router) add(o *Operation) error {
	if r.names == nil {
		r.names, r.get, r.post = map[string]*Operation{}, map[string]*Operation{}, map[string]*Operation{}
		r.limits = map[string]*RateRule{}
	}
	if other := r.names[o.Name()]; other != nil {
		return fmt.Errorf("operation %s is declared twice", o.Name())
	}
	r.names[o.Name()] = o
	r.operations = append(r.operations, o)
	if o.Method == "" {
		return nil
	}
	if o.Limit != nil {
		r.limits[o.Path] = o.Limit
	}
	if i := strings.Index(o.Path, "/:"); i >= 0 {
		if strings.Contains(o.Path[i+2:], "/") {
			return fmt.Errorf("operation %s: only the last segment can be a parameter", o.Name())
		}
		r.patterns = append(r.patterns, o)
		return nil
	}
	routes := r.get
	if o.Method == "POST" {
		routes = r.post
	}
	routes[o.Path] = o
	return nil
}

// find returns the operation and its path parameter, or nil.
func (r *router) find(method, path string) (*Operation, string) {
	routes := r.get
	switch method {
	case "GET":
	case "POST":
		routes = r.post
	default:
		return nil, ""
	}
	if o := routes[path]; o != nil {
		return o, ""
	}
	for _, o := range r.patterns {
		prefix, _, _ := strings.Cut(o.Path, ":")
		if rest, ok := strings.CutPrefix(path, prefix); ok && o.Method == method && rest != "" && !strings.Contains(rest, "/") {
			return o, rest
		}
	}
	return nil, ""
}

// route returns the path of the route, of whatever method, that path leads to, or "".
func (r *router) route(path string) string {
	for _, method := range [...]string{"GET", "POST"} {
		if o, _ := r.find(method, path); o != nil {
			return o.Path
		}
	}
	return ""
}
