// What a test of the example starts from: an OTLP receiver, the example's server that sends to it, fronts before that server,
// and the page, driven as a person would.

import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { test as base, expect, type Page } from '@playwright/test';
import { Front, type Kind } from './front.js';
import { spansOf, type Span } from './spans.js';

export { expect };
export * from './front.js';
export * from './spans.js';

export const FRONTEND = 'stopwatch-frontend';
export const BACKEND = 'stopwatch-backend';

/** The exporters send within a second; a busy machine with two cores may need much longer. */
const PATIENCE_MS = 20_000;

/** A program, and the address that it says it listens on. */
class Program {
  /** What it wrote to its standard error. */
  said = '';

  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(variable: string, args: string[], env: Record<string, string>): Promise<Program> {
    const path = process.env[variable];
    if (!path) {
      throw new Error(`${variable} does not say which program to start: run "cargo xtask test example", which builds and names it.`);
    }
    const child = spawn(path, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const url = await new Promise<string>((found, failed) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const said = /http:\/\/[\d.]+:\d+/.exec(line);
        if (said) {
          found(said[0]);
        }
      });
      child.on('error', failed);
      child.on('exit', (code) => failed(new Error(`${path} ended (${code}) before it listened`)));
    });
    const program = new Program(child, url);
    child.stderr.on('data', (bytes) => {
      program.said += bytes;
      process.stderr.write(bytes);
    });
    return program;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  async stop(): Promise<void> {
    const gone = new Promise((exited) => this.child.once('exit', exited));
    this.child.kill('SIGTERM');
    await gone;
    // A request that breaks a server may look well enough from outside.
    expect(this.said, 'what the program said').not.toContain('panicked');
  }
}

/** The backend that both services send to. */
export class Receiver {
  constructor(readonly url: string) {}

  /** Every span that has come so far. */
  async spans(): Promise<Span[]> {
    const response = await fetch(`${this.url}/v1/traces`);
    return spansOf((await response.json()) as Parameters<typeof spansOf>[0]);
  }

  /** The spans that fit, once there are `count` of them. */
  async until(what: string, wanted: (span: Span) => boolean, count = 1): Promise<Span[]> {
    let found: Span[] = [];
    let all: Span[] = [];
    try {
      await expect
        .poll(
          async () => {
            all = await this.spans();
            found = all.filter(wanted);
            return found.length;
          },
          { timeout: PATIENCE_MS, intervals: [50, 100, 250, 500] },
        )
        .toBe(count);
    } catch (cause) {
      const names = all.slice(-30).map((span) => `${span.service}: ${span.name} ${span.attributes['url.full'] ?? ''}`);
      throw new Error(`${count} of ${what} should have come, ${found.length} have. The latest:\n${names.join('\n')}`, { cause });
    }
    return found;
  }
}

let fetches = 0;

/** The example's page in a browser. */
export class Stopwatch {
  constructor(
    readonly page: Page,
    private readonly receiver: Receiver,
  ) {}

  /** Opens the page, and waits until the program in it has taken over. */
  async open(origin: string): Promise<void> {
    await this.page.goto(`${origin}/`);
    await expect(this.button('Fetch')).toBeEnabled({ timeout: PATIENCE_MS });
  }

  /** Waits until the spans of the page load have been sent: then nothing is under way. */
  async settled(): Promise<void> {
    const handOver = await this.page.locator('meta[name=page-trace]').getAttribute('content');
    const traceId = handOver?.split('-')[0];
    await this.receiver.until('documentLoad', (span) => span.traceId === traceId && span.name === 'documentLoad');
  }

  button(name: string) {
    return this.page.getByRole('button', { name, exact: true });
  }

  /** The results on the page, the oldest first. */
  get results() {
    return this.page.locator('#results > li');
  }

  /** An address that nothing else has been fetched from. (With the ampersand that gloo-net puts behind every query.) */
  unique(address: string): string {
    fetches += 1;
    return `${address}?fetch=${process.pid}-${fetches}&`;
  }

  /** Types an address and presses a button. */
  async press(address: string, button: string): Promise<void> {
    await this.page.getByLabel('Address').fill(address.replace(/&$/, ''));
    await this.button(button).click();
  }

  /** The browser's spans of the fetches of this address. */
  async spansOf(address: string, count = 1): Promise<Span[]> {
    const url = new URL(address, this.page.url()).href;
    return this.receiver.until(`spans of ${url}`, (span) => span.service === FRONTEND && span.attributes['url.full'] === url, count);
  }

  /** Fetches an address, waits for its result on the page, and gives the browser's span of it. */
  async fetch(address: string): Promise<Span> {
    const before = await this.results.count();
    await this.press(address, 'Fetch');
    await expect(this.results).toHaveCount(before + 1);
    const [span] = await this.spansOf(address);
    return span as Span;
  }

  /** The spans of the server below these of the browser, in their order. */
  async served(clients: Span[]): Promise<Span[]> {
    const ids = clients.map((client) => client.spanId);
    const found = await this.receiver.until(
      'server spans',
      (span) => span.service === BACKEND && ids.includes(span.parentId),
      clients.length,
    );
    return ids.map((id) => found.find((span) => span.parentId === id) as Span);
  }
}

interface OfWorker {
  receiver: Receiver;
  /** Another origin, to which the page may send trace context. */
  trusted: Front;
  /** The example's server. */
  server: Program;
}

interface OfTest {
  stopwatch: Stopwatch;
  /** Opens a front before the server; it is closed after the test. */
  front: (kind: Kind) => Promise<Front>;
}

export const test = base.extend<OfTest, OfWorker>({
  receiver: [
    // Playwright asks for the braces.
    async ({}, use) => {
      const program = await Program.start('OTLP_RECEIVER', ['127.0.0.1:0'], {});
      await use(new Receiver(program.url));
      await program.stop();
    },
    { scope: 'worker' },
  ],
  trusted: [
    async ({}, use) => {
      const front = await Front.open({ host: 'other.test', protocol: 'https/2' });
      await use(front);
      await front.close();
    },
    { scope: 'worker' },
  ],
  server: [
    async ({ receiver, trusted }, use) => {
      const program = await Program.start('STOPWATCH_SERVER', [], {
        LEPTOS_OUTPUT_NAME: 'stopwatch',
        LEPTOS_SITE_ADDR: '127.0.0.1:0',
        LEPTOS_SITE_PKG_DIR: 'pkg',
        LEPTOS_SITE_ROOT: process.env['STOPWATCH_SITE'] ?? '',
        OTEL_BSP_SCHEDULE_DELAY: '200',
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        STOPWATCH_PROPAGATE_TO: trusted.origin,
      });
      trusted.upstream = program.port;
      await use(program);
      await program.stop();
    },
    { scope: 'worker' },
  ],
  front: async ({ server }, use) => {
    const fronts: Front[] = [];
    await use(async (kind) => {
      const front = await Front.open(kind);
      front.upstream = server.port;
      fronts.push(front);
      return front;
    });
    await Promise.all(fronts.map((front) => front.close()));
  },
  stopwatch: async ({ page, receiver }, use) => {
    await use(new Stopwatch(page, receiver));
  },
});
