// Spans that a test makes up and hands in where pages do, so that it knows their number, order and duration.

import { randomBytes } from 'node:crypto';
import { expect, type APIRequestContext } from '@playwright/test';
import { baseURL } from '../server.js';

export interface Span {
  name: string;
  /** How long ago it began. Default 0. */
  ageMs?: number;
  /** Default 1. */
  durationMs?: number;
  /** `http.route`, by which a test finds its own. */
  route?: string;
  failed?: boolean;
  /** Of the trace that it belongs to; a new one otherwise. */
  traceId?: string;
}

/** A route that nobody else has. */
export const newRoute = (): string => `/made-up/${randomBytes(6).toString('hex')}`;

/** Hands spans in, in one batch, and answers the trace id of each. */
export async function handIn(api: APIRequestContext, spans: Span[]): Promise<string[]> {
  const now = Date.now();
  const made = spans.map(({ name, ageMs = 0, durationMs = 1, route, failed = false, traceId }) => {
    const start = now - ageMs;
    const nano = (ms: number): string => `${Math.floor(ms)}${String(Math.round((ms % 1) * 1e6)).padStart(6, '0')}`;
    return {
      traceId: traceId ?? randomBytes(16).toString('hex'),
      spanId: randomBytes(8).toString('hex'),
      ...(traceId ? { parentSpanId: randomBytes(8).toString('hex') } : {}),
      name,
      kind: 1,
      startTimeUnixNano: nano(start),
      endTimeUnixNano: nano(start + durationMs),
      attributes: route ? [{ key: 'http.route', value: { stringValue: route } }] : [],
      ...(failed ? { status: { code: 2, message: 'made to fail' } } : {}),
    };
  });
  const response = await api.post(`${baseURL}/v1/traces`, {
    headers: { origin: baseURL },
    data: { resourceSpans: [{ scopeSpans: [{ spans: made }] }] },
  });
  expect(response.status(), await response.text()).toBe(200);
  return made.map((span) => span.traceId);
}
