// Spans as an OTLP receiver took them (`crates/server-telemetry/examples/receiver.rs`, official protobuf definitions), and the
// questions that a test asks of them.

import { expect } from '@playwright/test';

export type Value = string | number | boolean;

export interface Span {
  service: string;
  scope: string;
  name: string;
  /** OTLP's numbers: 1 internal, 2 server, 3 client. */
  kind: number;
  traceId: string;
  spanId: string;
  /** Empty for a root. */
  parentId: string;
  startNs: bigint;
  endNs: bigint;
  /** 2 is an error. */
  status: number;
  attributes: Record<string, Value>;
}

export const SERVER = 2;
export const CLIENT = 3;

/** OTLP's JSON, as far as it is read here. */
interface Batch {
  resourceSpans: {
    resource?: { attributes: Attribute[] };
    scopeSpans: { scope?: { name: string }; spans: Raw[] }[];
  }[];
}
interface Attribute {
  key: string;
  value?: { stringValue?: string; intValue?: string | number; doubleValue?: number; boolValue?: boolean };
}
interface Raw {
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  status?: { code?: number };
  attributes: Attribute[];
}

function values(attributes: Attribute[]): Record<string, Value> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => {
      const whole = value?.intValue === undefined ? undefined : Number(value.intValue);
      return [key, value?.stringValue ?? whole ?? value?.doubleValue ?? value?.boolValue ?? ''];
    }),
  );
}

/** Every span of these batches. */
export function spansOf(batches: Batch[]): Span[] {
  return batches
    .flatMap((batch) => batch.resourceSpans)
    .flatMap(({ resource, scopeSpans }) => {
      const service = String(values(resource?.attributes ?? [])['service.name']);
      return scopeSpans.flatMap(({ scope, spans }) =>
        spans.map((raw) => ({
          service,
          scope: scope?.name ?? '',
          name: raw.name,
          kind: raw.kind,
          traceId: raw.traceId,
          spanId: raw.spanId,
          parentId: raw.parentSpanId ?? '',
          startNs: BigInt(raw.startTimeUnixNano),
          endNs: BigInt(raw.endTimeUnixNano),
          status: raw.status?.code ?? 0,
          attributes: values(raw.attributes),
        })),
      );
    });
}

/** Milliseconds from a span's start to its end. */
export function durationMs(span: Span): number {
  return Number(span.endNs - span.startNs) / 1e6;
}

/** An attribute that has to be there and has to be a number. */
export function number(span: Span, name: string): number {
  const value = span.attributes[name];
  if (typeof value !== 'number') {
    throw new Error(`${span.name} has no number ${name}; it has ${JSON.stringify(span.attributes)}`);
  }
  return value;
}

/** The attributes of a span that begin with `timing.`. */
export function timings(span: Span): string[] {
  return Object.keys(span.attributes).filter((name) => name.startsWith('timing.'));
}

const PHASES = ['queue', 'dns', 'connect', 'tls', 'wait', 'download'] as const;
export type Phases = Record<(typeof PHASES)[number], number>;

/** Where the time of a fetch went. The phases are never negative and add up to the span: whatever kind of fetch it was. */
export function phases(span: Span): Phases {
  const found = Object.fromEntries(PHASES.map((phase) => [phase, number(span, `timing.${phase}_ms`)])) as Phases;
  const said = JSON.stringify(found);
  for (const phase of PHASES) {
    expect(found[phase], `${phase} of ${said}`).toBeGreaterThanOrEqual(0);
  }
  const sum = PHASES.reduce((sum, phase) => sum + found[phase], 0);
  expect(Math.abs(sum - durationMs(span)), `${said} and a span of ${durationMs(span)} ms`).toBeLessThanOrEqual(0.01);
  return found;
}
