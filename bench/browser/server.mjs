// `node server.mjs <site>`: serves each page on an origin of its own, answers its fetches, and takes its telemetry.
//
// A process of its own: what the driver does with the browser must not make the answers late. It prints the pages' origins as
// one line of JSON and ends with its standard input. `GET /counts` of an origin says what has come since `POST /reset`.

import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { argv, exit, stdin, stdout } from 'node:process';
import { performance } from 'node:perf_hooks';
import { gunzipSync } from 'node:zlib';
import { ANSWER_MS, html, PAGES, TOOK } from './pages.mjs';
import { spansOf } from './spans.mjs';

const [, , site] = argv;
const TYPES = { js: 'text/javascript', wasm: 'application/wasm' };
/** What SDKs add to a request of the page. */
const TRACE_HEADERS = ['traceparent', 'tracestate', 'baggage', 'sentry-trace'];
const ITEM = JSON.stringify({ uuid: '6f1c7b6e-2f0e-4e0c-9f5e-1d2f3a4b5c6d', handle: 'andrew', message: 'x'.repeat(140) });

class Origin {
  /** @param {string} name */
  constructor(name) {
    const folder = join(site, name);
    this.files = new Map(
      readdirSync(folder)
        .filter((file) => file.endsWith('.br'))
        .map((file) => [`/${file.slice(0, -3)}`, readFileSync(join(folder, file))]),
    );
    this.document = html(
      this.files.has('/page_bg.wasm')
        ? ['<link rel="modulepreload" href="/main.js">', '<link rel="preload" href="/page_bg.wasm" as="fetch" type="application/wasm" crossorigin>']
        : ['<link rel="modulepreload" href="/main.js">'],
    );
    this.reset();
  }

  reset() {
    this.counts = { items: 0, ones: 0, headerBytes: 0, serverTimingBytes: 0, posts: 0, bodyBytes: 0 };
    /** As they came: to look inside takes time that the page's fetches would wait for. */
    this.posted = [];
    /** By id: a span that comes twice is one. */
    this.spans = new Map();
  }

  summary() {
    for (const { body, type, isZipped } of this.posted.splice(0)) {
      for (const span of spansOf(isZipped ? gunzipSync(body) : body, type)) {
        this.spans.set(span.id, span);
      }
    }
    const spans = [...this.spans.values()];
    const of = (/** @type {string} */ url) => spans.filter((span) => span.url === url).length;
    return {
      ...this.counts,
      itemSpans: of('/api/item'),
      oneSpans: of('/api/one'),
      clickSpans: spans.filter((span) => span.kind === 'click').length,
    };
  }

  /**
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:http').ServerResponse} response
   */
  answer(request, response) {
    const received = { unix: performance.timeOrigin + performance.now(), at: performance.now() };
    const path = (request.url ?? '/').split('?')[0];
    response.setHeader('cross-origin-opener-policy', 'same-origin');
    response.setHeader('cross-origin-embedder-policy', 'require-corp');
    if (path === TOOK) {
      return request.method === 'POST' ? this.tell(request, response) : void (this.asking = response);
    }
    if (request.method === 'POST') {
      return path === '/reset' ? (this.reset(), response.end()) : this.take(request, response);
    }
    const file = this.files.get(path);
    if (file !== undefined) {
      const ending = path.split('.').pop();
      response.setHeader('content-type', TYPES[/** @type {keyof typeof TYPES} */ (ending)]);
      response.setHeader('content-encoding', 'br');
      response.setHeader('cache-control', 'public, max-age=31536000, immutable');
      return response.end(file);
    }
    switch (path) {
      case '/':
        // As a page has whose people sign in: the first cookie of a host costs each request of Chromium 0.05 ms, whoever sets it.
        response.setHeader('set-cookie', `id=${randomBytes(16).toString('hex')}; Path=/; HttpOnly; SameSite=Lax`);
        response.setHeader('content-type', 'text/html; charset=utf-8');
        return response.end(this.document);
      case '/counts':
        return response.end(JSON.stringify(this.summary()));
      case '/api/item':
        this.counts.items++;
        return this.item(request, response, received);
      case '/api/one':
        this.counts.ones++;
        return setTimeout(() => this.item(request, response, received), ANSWER_MS);
      default:
        response.statusCode = 404;
        return response.end();
    }
  }

  /** As `server-telemetry` answers, `Server-Timing` and all. */
  item(request, response, received) {
    for (const name of TRACE_HEADERS) {
      const value = request.headers[name];
      if (typeof value === 'string') {
        this.counts.headerBytes += `${name}: ${value}\r\n`.length;
      }
    }
    const [, trace, client] = (request.headers.traceparent ?? '').split('-');
    const server = `00-${trace ?? randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
    const took = performance.now() - received.at;
    const timing =
      `traceparent;desc="${server}", server;dur=${took.toFixed(3)};desc="${received.unix.toFixed(3)}"` +
      (client === undefined ? '' : `, client;desc="${client}"`);
    this.counts.serverTimingBytes += `server-timing: ${timing}\r\n`.length;
    response.setHeader('server-timing', timing);
    response.setHeader('content-type', 'application/json');
    response.setHeader('cache-control', 'no-store');
    response.end(ITEM);
  }

  /** What the page says goes to the driver, who has asked before the page was opened. */
  tell(request, response) {
    // Nobody has, where somebody opens the page by hand.
    request.pipe(this.asking ?? process.stderr, { end: this.asking !== undefined });
    request.on('end', () => response.end());
  }

  /** Telemetry, at whatever path its SDK posts it. */
  take(request, response) {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      this.counts.posts++;
      this.counts.bodyBytes += body.length;
      const type = request.headers['content-type'] ?? '';
      this.posted.push({ body, type, isZipped: request.headers['content-encoding'] === 'gzip' });
      // An empty `ExportTraceServiceResponse` in protobuf, an empty object where JSON is expected.
      response.setHeader('content-type', type.includes('protobuf') ? type : 'application/json');
      response.end(type.includes('protobuf') ? '' : '{}');
    });
  }
}

const origins = await Promise.all(
  PAGES.map(
    ({ name }) =>
      new Promise((resolve) => {
        const origin = new Origin(name);
        const server = createServer((request, response) => origin.answer(request, response));
        server.listen(0, '127.0.0.1', () => resolve([name, `http://127.0.0.1:${server.address().port}`]));
      }),
  ),
);
stdout.write(`${JSON.stringify(Object.fromEntries(origins))}\n`);
stdin.on('end', () => exit()).resume();
