// A trace as `GET /api/traces/{trace_id}` answers it, and the questions that a test asks of it.
//
// The rows have Honeycomb's shape and column names: spans, span events and links alike, one object each.

import { expect } from '@playwright/test';

/** One row: a span, or (with `meta.annotation_type`) an event or a link of one. */
export interface Row {
  /** Start, RFC 3339 with a fraction of up to nine digits. */
  time: string;
  /** How many spans this one stands for. */
  samplerate: number;
  /** Column name to value. */
  data: Record<string, string | number | boolean | null>;
}

/** A span with the spans that it caused, in the order of their starts. */
export interface TreeNode {
  span: Row;
  children: TreeNode[];
}

/** Milliseconds since 1970 with their fraction: `Date.parse` stops at whole ones, and children start microseconds after their parents. */
export function startMs(row: Row): number {
  const parts = /^(.+T\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(row.time);
  if (!parts) {
    throw new Error(`"${row.time}" is not a time of RFC 3339`);
  }
  return Date.parse(`${parts[1]}${parts[3]}`) + Number(parts[2] ?? 0) * 1000;
}

/** `duration_ms`. */
export function durationMs(row: Row): number {
  return number(row, 'duration_ms');
}

/** When the span ended, in milliseconds since 1970. */
export function endMs(row: Row): number {
  return startMs(row) + durationMs(row);
}

/** A column that has to be there and has to be a number. */
export function number(row: Row, column: string): number {
  const value = row.data[column];
  if (typeof value !== 'number') {
    throw new Error(`${describe(row)} has no number ${column}; it has ${JSON.stringify(row.data)}`);
  }
  return value;
}

/** A column that has to be there and has to be text. */
export function text(row: Row, column: string): string {
  const value = row.data[column];
  if (typeof value !== 'string') {
    throw new Error(`${describe(row)} has no text ${column}; it has ${JSON.stringify(row.data)}`);
  }
  return value;
}

/** The span's name and service, for messages. */
export function describe(row: Row): string {
  return `${row.data['name']} (${row.data['service.name']})`;
}

/** The rows of one trace at one moment. */
export class Trace {
  /** The spans, without events and links, in the order of their starts. */
  readonly spans: Row[];

  constructor(
    /** 32 hex digits. */
    readonly id: string,
    /** Every row, as the API answered it. */
    readonly rows: Row[],
  ) {
    this.spans = rows
      .filter((row) => row.data['meta.annotation_type'] === undefined)
      .sort((a, b) => startMs(a) - startMs(b));
  }

  /** The spans of this name, of one service if it is named. */
  all(name: string | RegExp, service?: string): Row[] {
    return this.spans.filter((span) => {
      const its = String(span.data['name']);
      const fits = typeof name === 'string' ? its === name : name.test(its);
      return fits && (service === undefined || span.data['service.name'] === service);
    });
  }

  /** Whether at least one span has this name. */
  has(name: string | RegExp, service?: string): boolean {
    return this.all(name, service).length > 0;
  }

  /** The one span of this name. None or several is an error that shows the whole tree. */
  one(name: string | RegExp, service?: string): Row {
    const found = this.all(name, service);
    if (found.length !== 1 || found[0] === undefined) {
      throw new Error(`${found.length} spans are named ${name}${service ? ` in ${service}` : ''}, not one:\n${this.print()}`);
    }
    return found[0];
  }

  /** The span that caused this one, if it is in the trace. */
  parent(span: Row): Row | undefined {
    const id = span.data['trace.parent_id'];
    return id ? this.spans.find((other) => other.data['trace.span_id'] === id) : undefined;
  }

  /** The spans that this one caused directly. */
  children(span: Row): Row[] {
    return this.spans.filter((other) => other.data['trace.parent_id'] === span.data['trace.span_id']);
  }

  /** This span's causes, the nearest first. */
  ancestors(span: Row): Row[] {
    const found: Row[] = [];
    for (let at = this.parent(span); at !== undefined && !found.includes(at); at = this.parent(at)) {
      found.push(at);
    }
    return found;
  }

  /** The events on a span, in the order of their times. */
  events(span: Row): Row[] {
    return this.annotations(span, 'span_event').sort((a, b) => startMs(a) - startMs(b));
  }

  /** What a span's links lead to, each as `{trace id}/{span id}`. */
  links(span: Row): string[] {
    return this.annotations(span, 'link').map(({ data }) => `${data['trace.link.trace_id']}/${data['trace.link.span_id']}`);
  }

  private annotations(span: Row, type: string): Row[] {
    return this.rows.filter(
      ({ data }) => data['meta.annotation_type'] === type && data['trace.parent_id'] === span.data['trace.span_id'],
    );
  }

  /** The spans as trees. A span whose parent is not in the trace is a root: a whole trace has one. */
  tree(): TreeNode[] {
    const grow = (span: Row): TreeNode => ({ span, children: this.children(span).map(grow) });
    return this.spans.filter((span) => this.parent(span) === undefined).map(grow);
  }

  /**
   * Whether nothing that must still come is missing: browser and server send on their own, in batches. Every parent is there,
   * and every fetch of ours that was answered has the server's span.
   */
  isWhole(): boolean {
    const answered = (span: Row): boolean =>
      span.data['span.kind'] === 'client' &&
      span.data['url.template'] !== undefined &&
      span.data['http.response.status_code'] !== undefined;
    return this.spans.every(
      (span) =>
        (!span.data['trace.parent_id'] || this.parent(span) !== undefined) &&
        (!answered(span) || this.children(span).some((child) => child.data['span.kind'] === 'server')),
    );
  }

  /** The trees as indented text, for messages. */
  print(): string {
    const line = (node: TreeNode, depth: number): string[] => [
      `${'  '.repeat(depth)}${describe(node.span)} ${durationMs(node.span).toFixed(3)} ms`,
      ...node.children.flatMap((child) => line(child, depth + 1)),
    ];
    return this.tree()
      .flatMap((root) => line(root, 0))
      .join('\n');
  }
}

/**
 * `child` is a direct child of `parent` and lies inside it in time.
 *
 * @param toleranceMs How far the child may stick out at either end. Spans of one process need next to none; between browser and
 *   server it has to cover the error of the clock, and where the page says that it is larger, it is.
 */
export function expectNested(parent: Row, child: Row, toleranceMs = 1): void {
  const isOneClock = parent.data['service.name'] === child.data['service.name'];
  const errors = isOneClock ? [] : [parent, child].map((span) => Number(span.data['clock.error_ms'] ?? 0) + 0.01);
  const tolerance = Math.max(toleranceMs, ...errors);
  const who = `${describe(child)} in ${describe(parent)}`;
  expect(child.data['trace.trace_id'], `${who}: one trace`).toBe(parent.data['trace.trace_id']);
  expect(child.data['trace.parent_id'], `${who}: is its child`).toBe(parent.data['trace.span_id']);
  expect(startMs(child), `${who}: does not start before it`).toBeGreaterThanOrEqual(startMs(parent) - tolerance);
  expect(endMs(child), `${who}: does not end after it`).toBeLessThanOrEqual(endMs(parent) + tolerance);
}
