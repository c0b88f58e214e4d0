// The histogram filters by a range of its bars: drag over them, or Shift and the arrows, then Enter.

/** The range that is being chosen: where it began and where it is now. @type {{ from: number, to: number } | undefined} */
let range;
let dragging = false;

/** Whether somebody is at work in the histogram, so that it must not change under their hands. */
export function chooses() {
  return range !== undefined || dragging || (bars()?.contains(document.activeElement) ?? false);
}

const bars = () => document.querySelector('#latency .bars');
/** @returns {HTMLElement[]} */
const buckets = () => [...(bars()?.children ?? [])].map((bucket) => /** @type {HTMLElement} */ (bucket));
/** @param {HTMLElement | undefined} bucket */
const linkOf = (bucket) => bucket?.querySelector('a') ?? undefined;

/** Makes the bars one stop of the Tab key, and listens to mouse and keyboard. Called again for each new histogram. */
export function startLatency() {
  const list = /** @type {HTMLElement | null} */ (bars());
  if (!list) {
    return;
  }
  document.getElementById('latency-hint')?.removeAttribute('hidden');
  const first = buckets().find((bucket) => linkOf(bucket) && !bucket.classList.contains('out'));
  rove(first ?? buckets().find(linkOf));
  list.addEventListener('pointerdown', begin);
  list.addEventListener('keydown', byKeyboard);
  list.addEventListener('focusout', ({ relatedTarget }) => {
    if (!dragging && !(relatedTarget instanceof Node && list.contains(relatedTarget))) {
      choose(undefined);
    }
  });
}

/** Moves the focus to the histogram. */
export function focusLatency() {
  /** @type {HTMLElement | null | undefined} */ (bars()?.querySelector('a[tabindex="0"]'))?.focus();
}

/** @param {HTMLElement | undefined} chosen The bucket that Tab goes to. */
function rove(chosen) {
  for (const bucket of buckets()) {
    linkOf(bucket)?.setAttribute('tabindex', bucket === chosen ? '0' : '-1');
  }
}

/** @param {PointerEvent} down */
function begin(down) {
  const list = /** @type {HTMLElement} */ (down.currentTarget);
  if (down.button !== 0) {
    return;
  }
  const from = bucketAt(list, down.clientX);
  /** @param {PointerEvent} move */
  const drag = (move) => {
    const to = bucketAt(list, move.clientX);
    // A click on one bar is a click on its link; a drag is what leaves it.
    if (dragging || to !== from) {
      dragging = true;
      list.setPointerCapture(down.pointerId);
      choose({ from, to });
    }
  };
  /** @param {boolean} apply */
  const end = (apply) => {
    list.removeEventListener('pointermove', drag);
    list.removeEventListener('pointerup', drop);
    list.removeEventListener('pointercancel', cancel);
    document.removeEventListener('keydown', escape);
    const chosen = dragging ? range : undefined;
    dragging = false;
    if (!apply) {
      choose(undefined);
    } else if (chosen) {
      filterBy(chosen);
    }
  };
  const drop = () => end(true);
  const cancel = () => end(false);
  /** @param {KeyboardEvent} event */
  const escape = (event) => event.key === 'Escape' && cancel();
  list.addEventListener('pointermove', drag);
  list.addEventListener('pointerup', drop);
  list.addEventListener('pointercancel', cancel);
  document.addEventListener('keydown', escape);
}

/** @param {HTMLElement} list @param {number} x */
function bucketAt(list, x) {
  const { left, width } = list.getBoundingClientRect();
  const count = list.children.length;
  return Math.min(count - 1, Math.max(0, Math.floor(((x - left) / width) * count)));
}

/** @param {KeyboardEvent} event */
function byKeyboard(event) {
  const all = buckets();
  const at = all.findIndex((bucket) => bucket.contains(document.activeElement));
  const filled = all.flatMap((bucket, index) => (linkOf(bucket) ? [index] : []));
  const place = filled.indexOf(at);
  const to = { ArrowLeft: filled[place - 1], ArrowRight: filled[place + 1], Home: filled[0], End: filled.at(-1) }[event.key];
  if (event.key === 'Enter' && range) {
    event.preventDefault();
    filterBy(range);
  } else if (event.key === 'Escape' && range) {
    choose(undefined);
  } else if (to !== undefined && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    rove(all[to]);
    // Before the focus moves, which forgets nothing as long as it stays inside.
    choose(event.shiftKey ? { from: range?.from ?? at, to } : undefined);
    linkOf(all[to])?.focus();
  }
}

/** Shows a range, or none. @param {{ from: number, to: number } | undefined} chosen */
function choose(chosen) {
  range = chosen;
  const [low, high] = ends(chosen);
  let traces = 0;
  buckets().forEach((bucket, index) => {
    const inside = chosen !== undefined && index >= low && index <= high;
    bucket.classList.toggle('chosen', inside);
    traces += inside ? Number(bucket.dataset['traces']) : 0;
  });
  const words = document.getElementById('latency-range');
  document.getElementById('latency-hint')?.toggleAttribute('hidden', chosen !== undefined);
  if (words) {
    const how = dragging ? 'let go to filter' : 'Enter filters, Esc forgets';
    words.textContent = chosen ? `${inWords(low, high)} · ${traces} ${traces === 1 ? 'trace' : 'traces'} · ${how}` : '';
  }
}

/** @param {{ from: number, to: number } | undefined} chosen @returns {[number, number]} */
const ends = (chosen) => (chosen ? [Math.min(chosen.from, chosen.to), Math.max(chosen.from, chosen.to)] : [0, -1]);

/** @param {number} low @param {number} high */
function inWords(low, high) {
  const all = buckets();
  const from = edge(Number(all[low]?.dataset['from']));
  const to = all[high]?.dataset['to'];
  return to === undefined ? `${from} or more` : `${from} to ${edge(Number(to))}`;
}

/** @param {number} ms */
function edge(ms) {
  return ms > 0 && ms < 1 ? `${Number((ms * 1e3).toFixed(3))} µs` : ms < 1e3 ? `${ms} ms` : `${ms / 1e3} s`;
}

/** Asks for the traces of this range, as the form does. @param {{ from: number, to: number }} chosen */
function filterBy(chosen) {
  const [low, high] = ends(chosen);
  const all = buckets();
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector('form.filter'));
  /** @param {string} name @param {string} value */
  const set = (name, value) => {
    const input = form?.elements.namedItem(name);
    if (input instanceof HTMLInputElement) {
      input.value = value;
    }
  };
  const from = all[low]?.dataset['from'] ?? '';
  set('min_ms', Number(from) > 0 ? from : '');
  set('max_ms', all[high]?.dataset['to'] ?? '');
  form?.requestSubmit();
}
