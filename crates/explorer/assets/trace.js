// The page of a trace, quicker: all spans in one table of which only what is in view is made, a map of the whole, keys, search
// while typing. Everything here is also there without it, in pages (src/page/trace.rs).

import { copyOnClick } from './copy.js';
import { count } from './format.js';
import { showHelp, startHelp } from './help.js';
import { listen } from './trace-keys.js';
import { Minimap } from './trace-minimap.js';
import { Panel } from './trace-panel.js';
import { Rows } from './trace-rows.js';
import { Search } from './trace-search.js';
import { Skeleton } from './trace-skeleton.js';

/**
 * @template {Element} E
 * @param {string} selector
 * @param {new () => E} type
 */
function part(selector, type) {
  const found = document.querySelector(selector);
  if (!(found instanceof type)) {
    throw new Error(`the page has no ${selector}`);
  }
  return found;
}

class TracePage {
  /** @param {Skeleton} skeleton */
  constructor(skeleton) {
    const section = part('section.waterfall', HTMLElement);
    const { page = '', api = '' } = section.dataset;
    this.skeleton = skeleton;
    this.page = page;
    this.table = part('.scroll > table', HTMLTableElement);
    /** @param {number} row */
    const href = (row) => `${page}?span=${encodeURIComponent(skeleton.columns.id[row] ?? '')}`;
    this.href = href;
    const wanted = this.wanted();
    this.rows = new Rows(skeleton, part('.scroll', HTMLElement), this.table, href);
    this.panel = new Panel(part('#chosen', HTMLElement), page);
    this.minimap = new Minimap(part('#minimap', HTMLCanvasElement), this.rows);
    this.rows.drawn = () => this.minimap.draw();
    const form = part('form.find', HTMLFormElement);
    this.search = new Search(form, api, (ids) => this.found(ids));
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      await this.search.look();
      this.act('match-next');
    });
    document.querySelectorAll('.pager, .matches').forEach((old) => old.remove());
    this.table.tHead?.rows[0]?.setAttribute('aria-rowindex', '1');
    const errors = skeleton.errors.length;
    part('#errors', HTMLElement).hidden = errors === 0;
    part('#errors-count', HTMLElement).textContent = `${count(errors)} ${errors === 1 ? 'error' : 'errors'}`;

    this.table.addEventListener('click', (event) => this.clicked(event));
    document.addEventListener('click', (event) => this.followed(event));
    startHelp();
    listen(this.table, (act) => this.act(act));
    addEventListener('hashchange', () => this.select(this.wanted(), false));
    if (wanted >= 0) {
      this.select(wanted, false, this.panel.aside.childElementCount > 0);
    }
    this.search.look();
    document.documentElement.dataset['trace'] = 'ready';
  }

  /** The row that the address asks for; -1 for none. */
  wanted() {
    const id = new URLSearchParams(location.search).get('span') ?? /^#span-(.*)$/.exec(location.hash)?.[1];
    return id ? this.skeleton.find(id) : -1;
  }

  /**
   * Chooses a row.
   *
   * @param {number} row
   * @param {boolean} [isNew] The address follows.
   * @param {boolean} [isShown] Its fields are there already.
   */
  select(row, isNew = true, isShown = false) {
    if (row < 0) {
      return;
    }
    const before = this.skeleton.visible;
    this.skeleton.reveal(row);
    this.rows.selected = row;
    if (before !== this.skeleton.visible) {
      this.changed();
    }
    this.rows.bring(row);
    if (!isShown) {
      this.panel.show(this.skeleton.columns.id[row] ?? '');
    }
    if (isNew) {
      this.address(this.href(row));
    }
  }

  /** The address of what is shown, search included. @param {string} href */
  address(href) {
    const url = new URL(href, location.href);
    if (this.search.text) {
      url.searchParams.set('q', this.search.text);
    }
    history.replaceState(history.state, '', url);
  }

  close() {
    this.rows.selected = -1;
    this.panel.close();
    this.rows.draw();
    this.address(this.page);
  }

  /** Other rows are to be seen. */
  changed() {
    this.rows.renew();
    this.minimap.paint();
  }

  /** @param {string[]} ids */
  found(ids) {
    const rows = ids.map((id) => this.skeleton.find(id)).filter((row) => row >= 0);
    rows.sort((a, b) => a - b);
    this.rows.found = new Set(rows);
    part('#matches', HTMLElement).hidden = rows.length === 0;
    this.rows.draw();
    const { selected } = this.rows;
    this.address(selected >= 0 ? this.href(selected) : this.page);
    return rows;
  }

  /** @param {MouseEvent} event */
  clicked(event) {
    const target = event.target instanceof Element ? event.target : undefined;
    const row = Number(target?.closest('tr')?.dataset['row'] ?? -1);
    if (row < 0 || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) {
      return;
    }
    event.preventDefault();
    this.table.focus({ preventScroll: true });
    if (target?.closest('.twisty') && this.skeleton.hasChildren(row)) {
      this.collapse(row, !this.skeleton.collapsed[row]);
    } else {
      this.select(row);
    }
  }

  /**
   * Buttons, and links to spans of this trace.
   *
   * @param {MouseEvent} event
   */
  followed(event) {
    const link = event.target instanceof Element && event.target.closest('[data-act], [data-span]');
    if (!(link instanceof HTMLElement) || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) {
      return;
    }
    const { act, span } = link.dataset;
    const row = span === undefined ? -1 : this.skeleton.find(span);
    if (act !== undefined) {
      event.preventDefault();
      this.act(act);
    } else if (row >= 0) {
      event.preventDefault();
      this.select(row);
      this.table.focus({ preventScroll: true });
      part('section.waterfall', HTMLElement).scrollIntoView({ block: 'nearest' });
    }
  }

  /**
   * @param {number} row
   * @param {boolean} isCollapsed
   */
  collapse(row, isCollapsed) {
    this.skeleton.collapse(row, isCollapsed);
    // What is chosen and hidden now is represented by what hides it.
    const { selected } = this.rows;
    if (isCollapsed && selected > row && selected < this.skeleton.at(this.skeleton.end, row)) {
      this.select(row);
    }
    this.changed();
  }

  /**
   * Chooses the next of some rows after the chosen one, or the one before it; after the last comes the first.
   *
   * @param {number[]} rows
   * @param {number} step
   */
  step(rows, step) {
    const { selected } = this.rows;
    const next = step > 0 ? rows.find((row) => row > selected) ?? rows[0] : rows.findLast((row) => row < selected) ?? rows.at(-1);
    this.goTo(next ?? -1);
  }

  /** @param {number} row */
  goTo(row) {
    this.table.focus({ preventScroll: true });
    this.select(row);
  }

  /** Moves among the visible rows. @param {number} places */
  move(places) {
    const { visible } = this.skeleton;
    const place = this.rows.selected < 0 ? (places > 0 ? -1 : visible.length) : this.skeleton.place(this.rows.selected);
    this.goTo(visible[Math.max(0, Math.min(place + places, visible.length - 1))] ?? -1);
  }

  /** @param {string} act */
  act(act) {
    const { skeleton, rows, search } = this;
    const { selected } = rows;
    const screen = Math.max(1, Math.floor(rows.view.length) - 1);
    switch (act) {
      case 'down': return this.move(1);
      case 'up': return this.move(-1);
      case 'page-down': return this.move(screen);
      case 'page-up': return this.move(-screen);
      case 'first': return this.move(-skeleton.count);
      case 'last': return this.move(skeleton.count);
      case 'out':
        if (selected >= 0 && skeleton.hasChildren(selected) && !skeleton.collapsed[selected]) {
          return this.collapse(selected, true);
        }
        return this.goTo(selected >= 0 ? skeleton.at(skeleton.parent, selected) : -1);
      case 'in':
        if (selected >= 0 && skeleton.collapsed[selected]) {
          return this.collapse(selected, false);
        }
        return selected >= 0 && skeleton.hasChildren(selected) ? this.goTo(selected + 1) : undefined;
      case 'fields':
        return selected >= 0 ? this.panel.aside.focus() : undefined;
      case 'error-next': return this.step(skeleton.errors, 1);
      case 'error-previous': return this.step(skeleton.errors, -1);
      case 'match-next': return this.step(search.rows, 1);
      case 'match-previous': return this.step(search.rows, -1);
      case 'collapse':
      case 'expand':
        skeleton.collapseAll(act === 'collapse');
        if (selected >= 0) {
          rows.selected = skeleton.at(skeleton.visible, skeleton.place(selected));
          this.select(rows.selected, rows.selected !== selected, rows.selected === selected);
        }
        return this.changed();
      case 'zoom': {
        const start = skeleton.at(skeleton.columns.start, selected);
        const length = skeleton.at(skeleton.columns.duration, selected);
        return selected >= 0 ? rows.zoom(start - length * 0.05, start + length * 1.05) : undefined;
      }
      case 'whole': return rows.zoom(0, skeleton.columns.total);
      case 'search': return search.input.select();
      case 'help': return showHelp();
      case 'copy-link': return document.querySelector('#chosen [data-copy-link]')?.dispatchEvent(new MouseEvent('click', { bubbles: true }));
      case 'close':
        this.close();
        return this.table.focus({ preventScroll: true });
      case 'leave':
        return this.leave();
    }
  }

  /** From the search to the tree, from the fields to the tree, from the tree to nothing chosen. */
  leave() {
    const { activeElement } = document;
    if (activeElement === this.search.input) {
      this.search.clear();
    } else if (!this.panel.aside.contains(activeElement)) {
      this.close();
    }
    this.table.focus({ preventScroll: true });
  }
}

async function start() {
  const status = part('#status', HTMLElement);
  copyOnClick((words) => {
    status.textContent = words;
  });
  const { api } = part('section.waterfall', HTMLElement).dataset;
  let columns;
  try {
    const answer = await fetch(`${api}/skeleton`);
    if (!answer.ok) {
      throw new Error(`the server answered ${answer.status}`);
    }
    columns = await answer.json();
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    status.textContent = `The whole trace could not be read: ${why}. These are its first spans.`;
    status.classList.replace('hidden', 'problem');
    document.documentElement.dataset['trace'] = 'unread';
    return;
  }
  new TracePage(new Skeleton(columns));
}

start();
