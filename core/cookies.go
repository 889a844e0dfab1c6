package kernia

// coreCookies are the cookies that every Auth has.
type coreCookies struct{ session, data, remember *Cookie }

func (a *Auth) declareCookies(d *Declaration) {
	a.cookies = coreCookies{
		session:  d.Cookie("session_token", CookieOptions{Form: CookieShared}),
		data:     d.Cookie("session_data", CookieOptions{Form: CookiePlain, Chunked: true}),
		remember: d.Cookie("dont_remember", CookieOptions{Form: CookieShared}),
	}
}
