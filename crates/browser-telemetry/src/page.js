// What Rust would say in more bytes: see page.rs, where each function is described. After a change `cargo xtask script` makes
// page.min.js anew, which is what release builds take.
let call;
let endpoint;
let click = [];
const measured = new Map();
const zipping = new Set();
const under = new Set();
let used = 0;
let visit;
let read = 0;

const on = (target, type, listener, options) => target.addEventListener(type, listener, options);
const entries = type => performance.getEntriesByType(type);
const said = (entry, name) => entry.serverTiming?.find(timing => timing.name == name);
const tell = (kind, id = 0, at = 0, name = "", path = "") => call(kind, id, at, name, path);

const action = (target, type) => {
  let element = target.closest("[data-action]");
  if (element) return [element, element.dataset.action];
  element = target.closest(type == "submit" ? "form" : "a[href],button,[role=button],summary,input[type=submit]");
  return element && [element, element.localName];
};

const goal = (event, target) => {
  const link = target.closest("a[href]");
  const plain = !event.button && !event.metaKey && !event.altKey && !event.ctrlKey && !event.shiftKey;
  return plain && link && !link.target && !link.hasAttribute("download") && !link.relList.contains("external")
    && link.origin == origin && link.pathname + link.search != location.pathname + location.search
    ? link.pathname : "";
};

const enter = event => {
  const { type, target, timeStamp, isTrusted } = event;
  if (type == "click" && isTrusted) tell(1);
  const now = performance.now();
  const at = timeStamp <= now && timeStamp > now - 1e4 ? timeStamp : now;
  let id;
  if (type == "popstate") {
    id = tell(2, 0, at, "", location.pathname);
  } else {
    const found = target instanceof Element && action(target, type);
    if (!found) return;
    const submitter = event.submitter && action(event.submitter, "click");
    const parent = submitter && submitter[0] == click[0] ? click[1] : 0;
    id = tell(0, parent, at, type + " " + found[1], type == "click" ? goal(event, target) : "");
    if (type == "click") click = [found[0], id];
  }
  if (!id) return;
  on(window, type, () => tell(3, id), { once: true });
  setTimeout(tell, 0, 1);
};

const failed = (error, message) => {
  const { name, stack } = error instanceof Error ? error : {};
  tell(5, +!message, 0, name || "Error", [(error && error.message) || message || error, stack || ""].join("\0"));
};

const measure = entries => {
  for (const entry of entries) {
    const client = said(entry, "client");
    if (client) measured.set(client.description, entry);
    if (measured.size > 256) measured.delete(measured.keys().next().value);
  }
};
const observer = new PerformanceObserver(list => measure(list.getEntries()));

const await_load = () => {
  const loaded = () => setTimeout(tell, 0, 9);
  if (document.prerendering) on(document, "prerenderingchange", await_load, { once: true });
  else if (document.readyState == "complete") loaded();
  else on(window, "load", loaded, { once: true });
};

export function start(callback, url, wanted) {
  call = callback;
  endpoint = url;
  observer.observe({ type: "resource", buffered: true });
  for (const type of ["click", "submit", "popstate"]) on(window, type, enter, { capture: true, passive: true });
  on(window, "error", event => event.message && failed(event.error, event.message));
  on(window, "unhandledrejection", event => failed(event.reason));
  on(document, "visibilitychange", () => document.hidden && tell(6));
  on(window, "pagehide", () => tell(7));
  on(window, "pageshow", event => event.persisted && tell(8, 0, event.timeStamp, "", location.pathname));
  if (wanted) await_load();
}

export function after(delay, kind, id) {
  if (delay < 0) queueMicrotask(() => tell(kind, id));
  else setTimeout(tell, delay, kind, id);
}

export function random(bytes) {
  return crypto.getRandomValues(bytes);
}

const session = () => {
  const now = Math.floor(Date.now() / 1e3);
  if (now - read < 10) return visit[1];
  const known = /(?:^|; )telemetry-session=(\w{32})\.(\d+)/.exec(document.cookie) || (now - read < 1800 && visit);
  read = now;
  if (known && now - known[2] < 14400 && known[2] - now < 3600) {
    visit = known;
  } else {
    const id = random(new Uint8Array(16));
    visit = [0, Array.from(id, byte => byte.toString(16).padStart(2, 0)).join(""), now];
  }
  document.cookie = `telemetry-session=${visit[1]}.${visit[2]}; Path=/; Max-Age=1800; SameSite=Lax`;
  return visit[1];
};

const place = ({ hostname, port, protocol }) => `\0${hostname}\0${port || (protocol == "https:" ? 443 : 80)}\0`;
const { origin } = location;
const here = place(location) + "own";

export function target({ method, url }) {
  return method + "\0" + url + (url.startsWith(origin + "/") ? here : place(new URL(url)));
}

export function carry({ headers }, traceparent, visit) {
  headers.set("traceparent", traceparent);
  if (visit) headers.set("baggage", "session.id=" + session());
}

const paint = name => performance.getEntriesByName(name, "paint")[0]?.startTime;

const sources = {
  navigation: () => entries("navigation")[0],
  wasm: () => entries("resource").find(entry => entry.name.split(/[?#]/)[0].endsWith(".wasm")),
  paint: () => ({ firstPaint: paint("first-paint"), firstContentfulPaint: paint("first-contentful-paint") }),
  request: client => {
    measure(observer.takeRecords());
    const entry = measured.get(client);
    measured.delete(client);
    return entry;
  },
  page: () => ({ timeOrigin: performance.timeOrigin, room: 61440 - used }),
};

export function times(name, client, properties) {
  const entry = sources[name](client);
  if (!entry) return [];
  const server = said(entry, "server");
  return [
    ...properties.split("\0").map(property => entry[property] || 0),
    server?.duration,
    parseFloat(server?.description),
    parseFloat(entry.nextHopProtocol?.replace(/^\D+/, "")),
    said(entry, "client")?.description == client,
  ];
}

const answers = {
  path: () => location.pathname,
  meta: name => document.querySelector(`meta[name=${name}]`)?.content,
  session,
  entry: name => sources[name]()?.name,
  complain: words => {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 50;
    const { stack } = new Error();
    Error.stackTraceLimit = limit;
    console.error(words + "\n" + stack);
    return stack;
  },
};

export function ask(what, about) {
  return answers[what](about) || "";
}

const deliver = async (body, headers) => {
  const size = body.length;
  const keepalive = used + size <= 61440;
  if (keepalive) used += size;
  try {
    const response = await fetch(endpoint, { method: "POST", body, headers, keepalive, signal: AbortSignal.timeout?.(1e4) });
    const { ok, status } = response;
    if (ok) return 0;
    if (![408, 429, 502, 503, 504].includes(status)) return -status;
    const after = response.headers.get("retry-after");
    return Math.max(1, (isNaN(after) ? Date.parse(after) - Date.now() : after * 1e3) || 1);
  } catch {
    return 1;
  } finally {
    if (keepalive) used -= size;
  }
};

const send = (id, body, encoding) => {
  const headers = { "content-type": "application/x-protobuf", ...encoding };
  const answered = deliver(body, headers).then(answer => {
    under.delete(answered);
    tell(12, id, answer);
  });
  under.add(answered);
};

export function flushed() {
  return Promise.race([Promise.all(under), new Promise(done => setTimeout(done, 1e3))]);
}

export async function post(id, body, zip) {
  if (!zip || !window.CompressionStream) return send(id, body);
  const job = [id, body.slice()];
  zipping.add(job);
  const zipped = new Response(job[1]).body.pipeThrough(new CompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(zipped).arrayBuffer());
  if (zipping.delete(job)) send(id, bytes, { "content-encoding": "gzip" });
}

export function leave() {
  for (const job of zipping) send(...job);
  zipping.clear();
}
