package cli

// settings is the whole configuration: every key that a file can have, under the names of Better Auth's options.
// A key tag is the name in JSON; docs/reference/configuration.md tells about each. What is not here is unknown.
type settings struct {
	// Of our own.
	Development bool             `key:"development"`
	Addr        string           `key:"addr"`
	HTTP        string           `key:"http"`
	Store       storeSettings    `key:"store"`
	Redis       redisSettings    `key:"redis"`
	Password    passwordSettings `key:"password"`

	// Better Auth's.
	BaseURL          string            `key:"baseURL"`
	BasePath         string            `key:"basePath"`
	Secret           string            `key:"secret"`
	Secrets          []secretSettings  `key:"secrets"`
	TrustedOrigins   []string          `key:"trustedOrigins"`
	EmailAndPassword emailSettings     `key:"emailAndPassword"`
	User             userSettings      `key:"user"`
	Session          sessionSettings   `key:"session"`
	Account          tableSettings     `key:"account"`
	Verification     tableSettings     `key:"verification"`
	Advanced         advancedSettings  `key:"advanced"`
	RateLimit        rateLimitSettings `key:"rateLimit"`
	DisabledPaths    []string          `key:"disabledPaths"`
	OnAPIError       errorSettings     `key:"onAPIError"`
	Plugins          pluginSettings    `key:"plugins"`
}

type storeSettings struct {
	Driver string `key:"driver"`
	DSN    string `key:"dsn"`
}

type redisSettings struct {
	URL string `key:"url"`
}

type passwordSettings struct {
	Hasher string `key:"hasher"`
}

type secretSettings struct {
	Version int64  `key:"version"`
	Value   string `key:"value"`
}

type emailSettings struct {
	Enabled                  bool   `key:"enabled"`
	AutoSignIn               *bool  `key:"autoSignIn"`
	DisableSignUp            bool   `key:"disableSignUp"`
	MinPasswordLength        *int64 `key:"minPasswordLength"`
	MaxPasswordLength        *int64 `key:"maxPasswordLength"`
	RequireEmailVerification bool   `key:"requireEmailVerification"`
}

// tableSettings rename a table and its columns.
type tableSettings struct {
	ModelName string            `key:"modelName"`
	Fields    map[string]string `key:"fields"`
}

type userSettings struct {
	ModelName        string               `key:"modelName"`
	Fields           map[string]string    `key:"fields"`
	AdditionalFields table[fieldSettings] `key:"additionalFields"`
}

type sessionSettings struct {
	ModelName              string               `key:"modelName"`
	Fields                 map[string]string    `key:"fields"`
	AdditionalFields       table[fieldSettings] `key:"additionalFields"`
	ExpiresIn              *int64               `key:"expiresIn"`
	UpdateAge              *int64               `key:"updateAge"`
	FreshAge               *int64               `key:"freshAge"`
	DisableSessionRefresh  bool                 `key:"disableSessionRefresh"`
	StoreSessionInDatabase bool                 `key:"storeSessionInDatabase"`
	StoreTokens            string               `key:"storeTokens"`
}

// fieldSettings describe one field of the application's own.
type fieldSettings struct {
	Type         string `key:"type"`
	Required     *bool  `key:"required"`
	DefaultValue any    `key:"defaultValue"`
	Input        *bool  `key:"input"`
	Returned     *bool  `key:"returned"`
	Unique       bool   `key:"unique"`
	FieldName    string `key:"fieldName"`
}

type advancedSettings struct {
	CookiePrefix            string                    `key:"cookiePrefix"`
	UseSecureCookies        *bool                     `key:"useSecureCookies"`
	CrossSubDomainCookies   domainSettings            `key:"crossSubDomainCookies"`
	DefaultCookieAttributes attributeSettings         `key:"defaultCookieAttributes"`
	Cookies                 map[string]cookieSettings `key:"cookies"`
	Database                databaseSettings          `key:"database"`
	IPAddress               addressSettings           `key:"ipAddress"`
}

type domainSettings struct {
	Enabled bool   `key:"enabled"`
	Domain  string `key:"domain"`
}

type attributeSettings struct {
	SameSite    string `key:"sameSite"`
	Secure      *bool  `key:"secure"`
	Partitioned bool   `key:"partitioned"`
	Domain      string `key:"domain"`
}

type cookieSettings struct {
	Name string `key:"name"`
}

type databaseSettings struct {
	GenerateID string `key:"generateId"`
}

type addressSettings struct {
	TrustedProxies []string `key:"trustedProxies"`
}

type rateLimitSettings struct {
	Enabled     *bool               `key:"enabled"`
	Window      *int64              `key:"window"`
	Max         *int64              `key:"max"`
	Storage     string              `key:"storage"`
	CustomRules table[ruleSettings] `key:"customRules"`
}

// ruleSettings are the limit of some routes; false in the file means none.
type ruleSettings struct {
	Window *int64 `key:"window"`
	Max    *int64 `key:"max"`
	off    bool
}

func (r *ruleSettings) switchOff() { r.off = true }

type errorSettings struct {
	ErrorURL string `key:"errorURL"`
}

// pluginSettings are the features that are on where their key is there.
type pluginSettings struct {
	Bearer *bearerSettings `key:"bearer"`
}

type bearerSettings struct {
	RequireSignature bool `key:"requireSignature"`
}
