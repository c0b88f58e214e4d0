// Where the server under test listens. One place, because the configuration, the set-up and the tests all need it.

/** `http://host:port` of the server under test, without a slash at the end. */
export const baseURL: string = (
  process.env.CRUDDUR_URL ?? `http://${process.env.LEPTOS_SITE_ADDR ?? '127.0.0.1:3000'}`
).replace(/\/$/, '');
