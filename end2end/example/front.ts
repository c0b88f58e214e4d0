// What stands between the browser and the example's server in these tests: HTTP/1.1 or HTTP/2, with TLS or without, under a
// name of its own, with delays and CORS as a test wants them. It passes requests on to the server and answers preflights.

import { createServer, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { generate } from 'selfsigned';

export interface Kind {
  /** A name that the browser resolves (see `example.config.ts`). Without TLS only the address is a secure context. */
  host: 'stopwatch.test' | 'other.test' | '127.0.0.1';
  protocol: 'http/1.1' | 'https/1.1' | 'https/2';
}

/** What a front does to what passes. All of it can be changed at any time. */
export interface Conditions {
  /** Milliseconds before a request goes on to the server. */
  delayMs: number;
  /** Milliseconds before a preflight is answered. */
  preflightMs: number;
  /** The origin that may read the answers, and send `traceparent`; none without it. */
  allowOrigin: string | undefined;
  /** Whether that origin may also see the times (`Timing-Allow-Origin`). */
  allowTiming: boolean;
}

/** A request as it came. */
export interface Seen {
  method: string;
  path: string;
  /** `1.1` or `2.0`. */
  version: string;
  headers: IncomingHttpHeaders;
}

/** Makes a page in a secure context cross-origin isolated: its clock is 5 µs fine, and loopback connects in less than 100. */
const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

/** Headers about one connection, which do not pass through. */
const HOP = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'proxy-connection', 'http2-settings'];

let certificate: ReturnType<typeof generate> | undefined;

/** A certificate that nobody has signed, made once in a process; the browser of these tests takes it for every name. */
function selfSigned(): ReturnType<typeof generate> {
  certificate ??= generate([{ name: 'commonName', value: 'stopwatch.test' }], { keyType: 'ec', algorithm: 'sha256' });
  return certificate;
}

export class Front {
  readonly conditions: Conditions = { delayMs: 0, preflightMs: 0, allowOrigin: undefined, allowTiming: false };
  /** Every request since the start, the oldest first. */
  readonly seen: Seen[] = [];
  /** The port of the server on 127.0.0.1. */
  upstream = 0;
  private readonly sockets = new Set<Socket>();
  private active = 0;

  private constructor(
    private readonly kind: Kind,
    private readonly server: Server,
  ) {
    server.on('connection', (socket: Socket) => {
      socket.setNoDelay(true);
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    });
  }

  static async open(kind: Kind): Promise<Front> {
    let front: Front | undefined;
    const take = (request: IncomingMessage, response: ServerResponse): void => void front?.answer(request, response);
    const server = await listener(kind, take);
    front = new Front(kind, server);
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return front;
  }

  /** Such as `https://stopwatch.test:40123`. */
  get origin(): string {
    return `${this.kind.protocol.split('/')[0]}://${this.kind.host}:${(this.server.address() as AddressInfo).port}`;
  }

  /** Closes every connection, once nothing is under way on them: the next request needs a new one. */
  async dropConnections(): Promise<void> {
    while (this.active > 0) {
      await after(5);
    }
    this.sockets.forEach((socket) => socket.destroy());
  }

  async close(): Promise<void> {
    this.sockets.forEach((socket) => socket.destroy());
    await new Promise((closed) => this.server.close(closed));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/', httpVersion: version, headers } = request;
    this.seen.push({ method, path, version, headers });
    this.active += 1;
    response.on('close', () => (this.active -= 1));
    if (method === 'OPTIONS') {
      await after(this.conditions.preflightMs);
      response.writeHead(204, this.cors()).end();
      return;
    }
    await after(this.conditions.delayMs);
    if (response.destroyed) {
      return; // Nobody waits for it any more.
    }
    const passed = passing(headers);
    passed['host'] = String(headers[':authority'] ?? headers.host);
    const forwarded = httpRequest({ host: '127.0.0.1', port: this.upstream, method, path, headers: passed }, (answer) => {
      const isPage = answer.headers['content-type']?.startsWith('text/html');
      response.writeHead(answer.statusCode ?? 502, { ...passing(answer.headers), ...this.cors(), ...(isPage ? ISOLATED : {}) });
      answer.pipe(response);
    });
    forwarded.on('error', () => response.destroy());
    // A browser that stops asking is passed on, too.
    response.on('close', () => forwarded.destroy());
    request.pipe(forwarded);
  }

  private cors(): Record<string, string> {
    const { allowOrigin, allowTiming } = this.conditions;
    if (allowOrigin === undefined) {
      return {};
    }
    return {
      'access-control-allow-origin': allowOrigin,
      'access-control-allow-headers': 'traceparent, baggage',
      // Each request asks again.
      'access-control-max-age': '0',
      ...(allowTiming ? { 'timing-allow-origin': allowOrigin } : {}),
    };
  }
}

async function listener(kind: Kind, take: (request: IncomingMessage, response: ServerResponse) => void): Promise<Server> {
  // Longer than any test: connections are closed by tests, or not at all.
  const idle = { keepAliveTimeout: 120_000 };
  if (kind.protocol === 'http/1.1') {
    return createServer(idle, take);
  }
  const { private: key, cert } = await selfSigned();
  if (kind.protocol === 'https/1.1') {
    return createTlsServer({ key, cert, ...idle }, take);
  }
  // Node's HTTP/2 requests and responses are those of HTTP/1.1 as far as they are used here.
  return createSecureServer({ key, cert, allowHTTP1: true }, take as never);
}

function passing(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const pairs = Object.entries(headers).filter(([name, value]) => value !== undefined && !name.startsWith(':') && !HOP.includes(name));
  return Object.fromEntries(pairs) as Record<string, string | string[]>;
}

function after(milliseconds: number): Promise<void> {
  return milliseconds === 0 ? Promise.resolve() : new Promise((due) => setTimeout(due, milliseconds));
}
