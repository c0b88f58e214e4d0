// A trace that has everything that the waterfall has a mark, a badge or a sentence for. A page may not say all of it of
// itself, so another service hands it in.

import { randomBytes } from 'node:crypto';
import { expect, type APIRequestContext } from '@playwright/test';

const FRONTEND = 'shop-frontend';
const BACKEND = 'shop-backend';

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const flag = (key: string) => ({ key, value: { boolValue: true } });
const number = (key: string, doubleValue: number) => ({ key, value: { doubleValue } });

/** Hands it in to a server with this ingest key. */
export async function handInOdd(api: APIRequestContext, url: string, key: string): Promise<{ traceId: string }> {
  const traceId = randomBytes(16).toString('hex');
  const begin = BigInt(Date.now() - 1000) * 1_000_000n;
  const at = (ms: number): string => `${begin + BigInt(Math.round(ms * 1e6))}`;
  const id = (index: number): string => index.toString(16).padStart(16, '0');
  const span = (index: number, parent: number | undefined, name: string, from: number, to: number, more: object = {}) => ({
    traceId,
    spanId: id(index),
    ...(parent === undefined ? {} : { parentSpanId: id(parent) }),
    name,
    kind: 1,
    startTimeUnixNano: at(from),
    endTimeUnixNano: at(to),
    ...more,
  });
  const clock = [number('clock.offset_ms', -90_000), number('clock.error_ms', 2)];
  const timing = (key: string, ms: number) => number(`timing.${key}_ms`, ms);
  const fetch = [timing('dns', 3), timing('connect', 4), timing('wait', 70), timing('server', 40), timing('network', 30), timing('download', 8)];
  const exception = {
    timeUnixNano: at(60),
    name: 'exception',
    attributes: [text('exception.type', 'Locked'), text('exception.message', 'the table is locked'), text('exception.stacktrace', 'at insert\n  at order')],
  };
  const of = (service: string, spans: object[]) => ({ resource: { attributes: [text('service.name', service)] }, scopeSpans: [{ spans }] });
  const answer = await api.post(`${url}/v1/traces`, {
    headers: { 'x-honeycomb-team': key },
    data: {
      resourceSpans: [
        of(FRONTEND, [
          span(1, undefined, 'click order.place', 0, 220, { attributes: clock }),
          span(2, 1, 'POST /api/orders', 10, 110, {
            kind: 3,
            attributes: [...clock, ...fetch],
            events: [{ timeUnixNano: at(20), name: 'asked' }],
            links: [{ traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') }],
          }),
          // The server does not say how long it took.
          span(3, 1, 'GET /api/orders', 120, 170, { kind: 3, attributes: [timing('wait', 45), timing('download', 2)] }),
          span(4, 1, 'animate', 180, 220, { attributes: [flag('span.incomplete')] }),
          span(5, 1, 'documentFetch', 0, 9, { attributes: [flag('span.synthetic')] }),
        ]),
        of(BACKEND, [
          span(6, 2, 'POST /api/orders', 40, 80, { kind: 2, attributes: [text('user.name', 'ada')] }),
          span(7, 6, 'INSERT orders', 30, 70, {
            kind: 3,
            attributes: [text('db.system.name', 'sqlite'), text('db.query.text', 'INSERT INTO orders VALUES (?)')],
            status: { code: 2, message: 'the table is locked' },
            events: [exception],
          }),
        ]),
        of('mailer', [span(8, 99, 'send the bill', 130, 160)]),
      ],
    },
  });
  expect(answer.status(), await answer.text()).toBe(200);
  await expect.poll(async () => (await api.get(`${url}/api/traces/${traceId}`)).text()).toContain('send the bill');
  return { traceId };
}
