// The rows of the waterfall that are in view, out of as many as there are. The markup is that of src/page/row.rs.

import { count, duration } from './format.js';
import { BEFORE_PARENT, ERROR, INCOMPLETE, LINKS, PARENT_MISSING, SYNTHETIC } from './trace-skeleton.js';

/** @typedef {import('./trace-skeleton.js').Skeleton} Skeleton */

/** So many rows are made above and below those in view. */
const SPARE = 12;
/** More levels are not indented further; as on the server. */
const MAX_GUIDES = 12;
/** A part of the time that is shorter than this share of the whole cannot be zoomed into. */
const MOST_ZOOM = 1e-4;

/** @type {[number, string][]} */
const BADGES = [
  [PARENT_MISSING, 'parent missing'],
  [SYNTHETIC, 'synthetic'],
  [INCOMPLETE, 'incomplete'],
  [BEFORE_PARENT, 'before its parent'],
  [LINKS, 'link'],
];

/**
 * @param {string} name
 * @param {string} [className]
 * @param {(string | Node)[]} children
 */
function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) {
    made.className = className;
  }
  made.append(...children);
  return made;
}

export class Rows {
  /**
   * @param {Skeleton} skeleton
   * @param {HTMLElement} scroll
   * @param {HTMLTableElement} table
   * @param {(row: number) => string} href The address that chooses a row.
   */
  constructor(skeleton, scroll, table, href) {
    this.skeleton = skeleton;
    this.scroll = scroll;
    this.table = table;
    this.href = href;
    this.from = 0;
    this.to = Math.max(skeleton.columns.total, 1);
    this.selected = -1;
    /** @type {Set<number>} */
    this.found = new Set();
    /** @type {Map<number, HTMLElement>} By row. */
    this.shown = new Map();
    this.isAsked = false;

    this.above = this.spacer();
    this.body = document.createElement('tbody');
    this.below = this.spacer();
    for (const old of [...table.tBodies]) {
      old.remove();
    }
    table.append(this.above, this.body, this.below);
    // One tab stop: arrow keys move the active row, which assistive technology follows.
    table.setAttribute('role', 'treegrid');
    table.tabIndex = 0;
    scroll.removeAttribute('tabindex');
    scroll.addEventListener('scroll', () => this.ask(), { passive: true });
    new ResizeObserver(() => this.ask()).observe(scroll);
    /** @type {() => void} */
    this.drawn = () => {};
    this.draw();
  }

  spacer() {
    const body = document.createElement('tbody');
    body.setAttribute('aria-hidden', 'true');
    body.append(element('tr', 'spacer', element('td')));
    return body;
  }

  /** In pixels: the stylesheet knows how large a row has to be to be touched. */
  get height() {
    return parseFloat(getComputedStyle(this.table).getPropertyValue('--row')) || 36;
  }

  /** The first row in view among the visible ones, and how many fit. */
  get view() {
    const head = this.table.tHead?.offsetHeight ?? 0;
    return { first: this.scroll.scrollTop / this.height, length: (this.scroll.clientHeight - head) / this.height };
  }

  /** Draws before the next frame. */
  ask() {
    if (!this.isAsked) {
      this.isAsked = true;
      requestAnimationFrame(() => {
        this.isAsked = false;
        this.draw();
      });
    }
  }

  /** Everything is made anew: it is collapsed otherwise, or shown for another part of the time. */
  renew() {
    this.body.replaceChildren();
    this.shown.clear();
    this.draw();
  }

  draw() {
    const { visible } = this.skeleton;
    const { height } = this;
    const view = this.view;
    const first = Math.max(0, Math.min(Math.floor(view.first), visible.length - 1) - SPARE);
    const last = Math.min(visible.length, Math.ceil(view.first + view.length) + SPARE);
    const wanted = new Set(visible.subarray(first, last));
    for (const [row, shown] of this.shown) {
      if (!wanted.has(row)) {
        shown.remove();
        this.shown.delete(row);
      }
    }
    /** @type {Element | null} */
    let next = this.body.firstElementChild;
    for (const row of wanted) {
      const shown = this.shown.get(row);
      if (shown) {
        next = shown.nextElementSibling;
      } else {
        const made = this.row(row);
        this.shown.set(row, made);
        this.body.insertBefore(made, next);
      }
    }
    this.space(this.above, first * height);
    this.space(this.below, (visible.length - last) * height);
    this.table.setAttribute('aria-rowcount', String(visible.length + 1));
    this.mark();
    this.drawn();
  }

  /**
   * @param {HTMLElement} spacer
   * @param {number} pixels
   */
  space(spacer, pixels) {
    spacer.hidden = pixels === 0;
    const cell = spacer.querySelector('td');
    if (cell) {
      cell.style.height = `${pixels}px`;
    }
  }

  /** Which of the rows in view are chosen or found. */
  mark() {
    for (const [row, shown] of this.shown) {
      const isChosen = row === this.selected;
      shown.classList.toggle('chosen', isChosen);
      shown.classList.toggle('found', this.found.has(row));
      shown.setAttribute('aria-selected', String(isChosen));
    }
    if (this.shown.has(this.selected)) {
      this.table.setAttribute('aria-activedescendant', `row-${this.selected}`);
    } else {
      this.table.removeAttribute('aria-activedescendant');
    }
  }

  /** Scrolls as little as is necessary to have a row in view. @param {number} row */
  bring(row) {
    const place = this.skeleton.place(row);
    const { first, length } = this.view;
    if (place < first || place > first + length - 1) {
      const isFar = place < first - length || place > first + 2 * length;
      const top = isFar ? place - length / 2 : place < first ? place : place - length + 1.2;
      this.scroll.scrollTop = Math.max(0, top * this.height);
    }
    this.draw();
    // The box itself may be half out of the window.
    this.shown.get(row)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  /**
   * Shows a part of the time.
   *
   * @param {number} from In nanoseconds.
   * @param {number} to
   */
  zoom(from, to) {
    const total = Math.max(this.skeleton.columns.total, 1);
    const least = total * MOST_ZOOM;
    const middle = (from + to) / 2;
    const half = Math.max(to - from, least) / 2;
    this.from = Math.max(0, Math.min(middle - half, total - least));
    this.to = Math.min(total, Math.max(middle + half, this.from + least));
    const ticks = this.table.querySelectorAll('.ticks span');
    ticks.forEach((tick, index) => {
      tick.textContent = duration(this.from + ((this.to - this.from) * index) / (ticks.length - 1));
    });
    this.renew();
  }

  /** @param {number} nanoseconds */
  percent(nanoseconds) {
    return (100 * nanoseconds) / (this.to - this.from);
  }

  /** @param {number} row */
  row(row) {
    const { skeleton } = this;
    const { columns } = skeleton;
    const flags = skeleton.at(columns.flags, row);
    const isFailed = flags & ERROR;
    const [colour, style] = skeleton.colour(row);
    const start = skeleton.at(columns.start, row);
    const length = skeleton.at(columns.duration, row);

    const label = /** @type {HTMLAnchorElement} */ (element('a', 'label', skeleton.name(row)));
    label.href = this.href(row);
    label.tabIndex = -1;
    label.title = skeleton.name(row);
    const name = element('div', '', this.guides(row), this.twisty(row), label);
    if (isFailed) {
      const words = skeleton.errorWords.get(row) ?? '';
      const error = element('span', 'error', 'error', element('span', 'hidden', `: ${words}`));
      error.title = words;
      name.append(error);
    }
    for (const [flag, words] of BADGES) {
      if (flags & flag) {
        name.append(element('span', 'badge', words));
      }
    }
    const head = element('th', 'name', name);
    head.setAttribute('scope', 'row');
    const time = element('td', 'time', this.track(row, start, length));
    const fetch = skeleton.fetches.get(row);
    if (fetch) {
      const words = fetch.words.map(([word, length]) => `${word} ${duration(length)}`);
      time.append(element('p', 'phases', words.join(' · ')));
    }
    const made = element(
      'tr',
      `span ${colour}${isFailed ? ' failed' : ''}`,
      head,
      element('td', 'service-name', element('span', 'service', skeleton.service(row))),
      element('td', 'number start', `+${duration(start)}`),
      element('td', 'number duration', duration(length)),
      time,
    );
    if (style) {
      made.style.cssText = style;
    }
    made.id = `row-${row}`;
    made.dataset['row'] = String(row);
    made.setAttribute('aria-level', String(skeleton.at(skeleton.depth, row) + 1));
    made.setAttribute('aria-rowindex', String(skeleton.place(row) + 2));
    if (skeleton.hasChildren(row)) {
      made.setAttribute('aria-expanded', String(!skeleton.collapsed[row]));
    }
    return made;
  }

  /** The lines at the left, innermost last. @param {number} row */
  guides(row) {
    const { skeleton } = this;
    const lines = [];
    for (let at = row; skeleton.at(skeleton.parent, at) >= 0 && lines.length < MAX_GUIDES; at = skeleton.at(skeleton.parent, at)) {
      const isLast = skeleton.isLast(at);
      lines.push(element('i', at === row ? (isLast ? 'corner' : 'tee') : isLast ? '' : 'line'));
    }
    const guides = element('span', 'guides', ...lines.reverse());
    guides.setAttribute('aria-hidden', 'true');
    return guides;
  }

  /** What is clicked to collapse; with how many rows are hidden. @param {number} row */
  twisty(row) {
    const { skeleton } = this;
    const isCollapsed = skeleton.collapsed[row] === 1;
    const hidden = skeleton.at(skeleton.end, row) - row - 1;
    const twisty = element('span', 'twisty', isCollapsed ? count(hidden) : '');
    twisty.classList.toggle('open', !isCollapsed);
    twisty.classList.toggle('leaf', hidden === 0);
    twisty.setAttribute('aria-hidden', 'true');
    if (hidden > 0) {
      twisty.title = isCollapsed ? 'Expand' : 'Collapse';
    }
    return twisty;
  }

  /**
   * @param {number} row
   * @param {number} start
   * @param {number} length
   */
  track(row, start, length) {
    const { skeleton } = this;
    const track = element('div', 'track');
    track.setAttribute('aria-hidden', 'true');
    const self = duration(skeleton.at(skeleton.columns.self_time, row));
    const share = ((100 * length) / Math.max(skeleton.columns.total, 1)).toFixed(1);
    track.title = `starts at +${duration(start)}, takes ${duration(length)}, of which ${self} itself; ${share} % of the trace`;
    if (start <= this.to && start + length >= this.from) {
      const bar = element('div', 'bar');
      bar.style.left = `${this.percent(start - this.from)}%`;
      bar.style.width = `${this.percent(length)}%`;
      for (const [phase, part] of skeleton.fetches.get(row)?.parts ?? []) {
        const made = element('i', `part ${phase}`);
        made.style.width = `${(100 * part) / Math.max(length, 1)}%`;
        bar.append(made);
        bar.classList.add('fetch');
      }
      track.append(bar);
    }
    for (const [at, isException] of skeleton.events.get(row) ?? []) {
      if (at >= this.from && at <= this.to) {
        const mark = element('i', isException ? 'mark failed' : 'mark');
        mark.style.left = `${this.percent(at - this.from)}%`;
        track.append(mark);
      }
    }
    return track;
  }
}
