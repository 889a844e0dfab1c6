// The official client, within reach of the script that drives the page.
import { createAuthClient } from 'better-auth/client'

window.auth = createAuthClient({ baseURL: import.meta.env.VITE_API_URL })
document.body.dataset.ready = 'true'
