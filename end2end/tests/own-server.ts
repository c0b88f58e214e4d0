// A server of a test's own, which the test may stop: on a fresh data directory, with the settings of the server under test.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface OwnServer {
  /** `http://127.0.0.1:port`. */
  url: string;
  /** Ends it as an operator would, and starts it again on the same data. */
  restart(): Promise<void>;
  /** Ends it, and removes its data. */
  stop(): Promise<void>;
}

async function freeAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return `127.0.0.1:${port}`;
}

/** Starts the server that CRUDDUR_SERVER names once more, and waits until it answers. */
export async function ownServer(env: Record<string, string> = {}): Promise<OwnServer> {
  const data = await mkdtemp(join(tmpdir(), 'cruddur-end2end-'));
  const address = await freeAddress();
  const url = `http://${address}`;
  let child: ChildProcess;
  const start = async (): Promise<void> => {
    child = spawn(process.env.CRUDDUR_SERVER ?? '', {
      env: { ...process.env, LEPTOS_SITE_ADDR: address, CRUDDUR_DATA_DIR: data, ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    for (;;) {
      if (child.exitCode !== null) {
        throw new Error(`the server ended (${child.exitCode}) before it answered`);
      }
      const response = await fetch(`${url}/health`).catch(() => undefined);
      if (response?.ok) {
        return;
      }
      await new Promise((again) => setTimeout(again, 100));
    }
  };
  const end = async (): Promise<void> => {
    const ended = new Promise((exit) => child.once('exit', exit));
    child.kill('SIGTERM');
    await ended;
  };
  await start();
  return {
    url,
    restart: async () => {
      await end();
      await start();
    },
    stop: async () => {
      await end();
      await rm(data, { recursive: true });
    },
  };
}
