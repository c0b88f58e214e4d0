// Brings the page up to date from a newer copy of itself, without moving what somebody is reading.
//
// The server renders the list in one place only. What is new is either put in above (somebody who is at the top and touches
// nothing wants to see it come), or waits behind a button.

import { chooses, startLatency } from './list-latency.js';

/** @typedef {{ waiting: number, all: boolean }} News How many traces wait, and whether none of the newest is shown. */

/** The newest copy, while its traces wait. @type {Document | undefined} */
let waiting;

/** @param {ParentNode} root @returns {HTMLTableRowElement[]} */
export function rows(root = document) {
  return [...root.querySelectorAll('#traces tbody tr')].map((row) => /** @type {HTMLTableRowElement} */ (row));
}

/** @param {HTMLTableRowElement} row */
const traceOf = (row) => row.dataset['trace'] ?? '';

/** What moves or is replaced when traces are put in: not while it has the focus, or the pointer (which may be pressed). */
const MOVED = ['traces', 'pages'];

/** Whether nobody would mind if the rows moved. */
function idle() {
  const held = MOVED.map((id) => document.getElementById(id)).some(
    (element) => element?.contains(document.activeElement) || element?.matches(':hover'),
  );
  return window.scrollY < 8 && !held;
}

/**
 * Takes a newer copy of this page in.
 *
 * @param {Document} fresh
 * @returns {News} What now waits behind the button.
 */
export function take(fresh) {
  replace('kept', fresh);
  if (!chooses()) {
    replace('latency', fresh);
    startLatency();
  }
  const shown = new Map(rows().map((row) => [traceOf(row), row]));
  const newest = rows(fresh);
  const unknown = newest.filter((row) => !shown.has(traceOf(row)));
  if (shown.size === 0 || idle()) {
    waiting = fresh;
    showWaiting();
    return { waiting: 0, all: false };
  }
  for (const row of newest) {
    const known = shown.get(traceOf(row));
    if (known) {
      renew(known, row);
    }
  }
  waiting = fresh;
  return { waiting: unknown.length, all: unknown.length === newest.length };
}

/** Shows the traces that wait: those that are shown already keep their rows, and so the focus. */
export function showWaiting() {
  const fresh = waiting;
  waiting = undefined;
  const body = document.querySelector('#traces tbody');
  if (!fresh) {
    return;
  }
  if (!body || rows(fresh).length === 0) {
    replace('traces', fresh);
  } else {
    const shown = new Map(rows().map((row) => [traceOf(row), row]));
    const next = rows(fresh).map((row) => {
      const known = shown.get(traceOf(row));
      if (!known) {
        row.classList.add('new');
        return document.adoptNode(row);
      }
      renew(known, row);
      return known;
    });
    const keep = new Set(next);
    rows().filter((row) => !keep.has(row)).forEach((row) => row.remove());
    // Only what is not in its place is moved: a row that is taken out loses the focus.
    next.forEach((row, index) => {
      const there = body.children[index] ?? null;
      if (there !== row) {
        body.insertBefore(row, there);
      }
    });
  }
  replace('pages', fresh);
}

/**
 * Says the same in a row as in its newer copy; what has the focus stays.
 *
 * @param {HTMLTableRowElement} row
 * @param {HTMLTableRowElement} fresh
 */
function renew(row, fresh) {
  [...row.cells].forEach((cell, index) => {
    const newer = fresh.cells[index];
    if (!newer || cell.innerHTML === newer.innerHTML) {
      return;
    }
    const link = cell.querySelector('a');
    const newerLink = newer.querySelector('a');
    if (link && newerLink) {
      link.textContent = newerLink.textContent;
      newerLink.remove();
    }
    [...cell.childNodes].filter((node) => node !== link).forEach((node) => node.remove());
    cell.append(...[...newer.childNodes].map((node) => document.adoptNode(node)));
  });
}

/**
 * Puts an element of the newer copy in the place of the one that is here.
 *
 * @param {string} id
 * @param {Document} fresh
 */
function replace(id, fresh) {
  const newer = fresh.getElementById(id);
  if (newer) {
    document.getElementById(id)?.replaceWith(document.adoptNode(newer));
  }
}
