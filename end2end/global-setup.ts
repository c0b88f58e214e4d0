// Waits until the server under test answers, so that `cargo leptos end-to-end`, which starts the tests and the server at
// the same moment, does not fail by a race. Then lets somebody say enough for three pages, so that no test has to: tests
// run side by side, and one that floods the feed would push out what another has just posted.

import { talker } from './talker.js';
import { baseURL } from './server.js';

const PATIENCE_MS = 60_000;

async function healthy(): Promise<boolean> {
  try {
    return (await fetch(`${baseURL}/health`)).ok;
  } catch {
    return false; // Not listening yet.
  }
}

export default async function globalSetup(): Promise<void> {
  const until = Date.now() + PATIENCE_MS;
  while (!(await healthy())) {
    if (Date.now() > until) {
      throw new Error(
        `No server answers at ${baseURL}/health. Run "cargo xtask test end2end", which starts one, or "cargo leptos end-to-end", ` +
          'or start one with "cargo xtask run" and say where it is with CRUDDUR_URL.',
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await talk();
}

async function talk(): Promise<void> {
  const { name, email, handle, password, cruds } = talker;
  const joined = await post('/api/users/signup', { name, email, username: handle, password });
  if (joined.status === 422) {
    return; // Has talked already: the same server, a moment ago.
  }
  const cookie = joined.headers.getSetCookie().map((cookie) => cookie.split(';')[0]).join('; ');
  for (const message of cruds) {
    await post('/api/activities', { message, ttl: '30-days' }, cookie);
  }
}

async function post(path: string, data: Record<string, string>, cookie = ''): Promise<Response> {
  const response = await fetch(baseURL + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie },
    body: JSON.stringify(data),
  });
  if (!response.ok && response.status !== 422) {
    throw new Error(`POST ${path} answers ${response.status}: ${await response.text()}`);
  }
  return response;
}
