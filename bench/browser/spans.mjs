// What is inside the telemetry that pages post: the spans of the page's own fetches and clicks, in every format here.

/** @typedef {{ id: string, kind: 'fetch' | 'click', url: string }} Span */

/**
 * @param {Buffer} body as it was before any compression
 * @param {string} type its content type
 * @returns {Span[]}
 */
export function spansOf(body, type) {
  if (type.includes('protobuf')) {
    return protobuf(body);
  }
  // JSON (OTLP, Faro) is one document; an envelope of Sentry's is one document a line.
  const text = body.toString();
  return documents(text).flatMap((document) => json(document));
}

/** @param {string} text */
function documents(text) {
  try {
    return [JSON.parse(text)];
  } catch {
    return text.split('\n').flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
  }
}

/**
 * Every span-like object in a document, however deep: OTLP has them below `spans` of `resourceSpans`, Faro in the same
 * below `traces`, Sentry below `spans` of a transaction or `items` of a container.
 *
 * @param {any} value
 * @returns {Span[]}
 */
function json(value) {
  if (value === null || typeof value !== 'object') {
    return [];
  }
  const below = Object.values(value).flatMap((one) => json(one));
  const id = value.spanId ?? value.span_id;
  return typeof id === 'string' ? [...span(id, value.name ?? value.description ?? '', JSON.stringify(value)), ...below] : below;
}

/**
 * The span, if it is of a fetch that the page's buttons make, or of a click on them.
 *
 * @param {string} id
 * @param {string} name
 * @param {string} text where the URL is looked for
 * @returns {Span[]}
 */
function span(id, name, text) {
  if (name.startsWith('click')) {
    return [{ id, kind: 'click', url: '' }];
  }
  const url = /\/api\/(?:item|one)/.exec(text)?.[0];
  return url === undefined ? [] : [{ id, kind: 'fetch', url }];
}

/** @param {Buffer} body an `ExportTraceServiceRequest` (opentelemetry-proto, `trace_service.proto` and `trace.proto`) */
function protobuf(body) {
  const RESOURCE_SPANS = 1;
  const SCOPE_SPANS = 2;
  const SPANS = 2;
  const [SPAN_ID, NAME] = [2, 5];
  const spans = messages(body, RESOURCE_SPANS)
    .flatMap((resource) => messages(resource, SCOPE_SPANS))
    .flatMap((scope) => messages(scope, SPANS));
  return spans.flatMap((bytes) => {
    const [id] = messages(bytes, SPAN_ID);
    const [name] = messages(bytes, NAME);
    return id === undefined ? [] : span(id.toString('hex'), name?.toString() ?? '', bytes.toString('latin1'));
  });
}

/**
 * The values of a length-delimited field of a message.
 *
 * @param {Buffer} message
 * @param {number} wanted
 * @returns {Buffer[]}
 */
function messages(message, wanted) {
  const found = [];
  let at = 0;
  const varint = () => {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = message.readUInt8(at++);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        return value;
      }
      scale *= 128;
    }
  };
  while (at < message.length) {
    const tag = varint();
    switch (tag & 7) {
      case 0:
        varint();
        break;
      case 1:
        at += 8;
        break;
      case 2: {
        const length = varint();
        if (Math.floor(tag / 8) === wanted) {
          found.push(message.subarray(at, at + length));
        }
        at += length;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        throw new Error(`a protobuf message has the wire type ${tag & 7}`);
    }
  }
  return found;
}
