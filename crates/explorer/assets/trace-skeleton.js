// A trace as columns of numbers, and which of its rows are to be seen. Rows are in the order of the tree: children under
// their parents.

/**
 * What `GET /api/traces/{id}/skeleton` answers; times in nanoseconds from the start of the trace.
 *
 * @typedef {object} SkeletonColumns
 * @property {number} total
 * @property {string[]} names
 * @property {string[]} services
 * @property {[string, string | null][]} colours For each service its class and its style.
 * @property {string[]} id
 * @property {number[]} start
 * @property {number[]} duration
 * @property {number[]} self_time
 * @property {number[]} name
 * @property {number[]} service
 * @property {number[]} parent
 * @property {number[]} flags
 * @property {string[]} error_words
 * @property {[number, number][]} errors Row, and an index into `error_words`.
 * @property {Fetch[]} fetches
 * @property {[number, number, boolean][]} events Row, time, and whether it is an exception.
 */

/**
 * @typedef {object} Fetch
 * @property {number} row
 * @property {[string, number][]} parts
 * @property {[string, number][]} words
 */

/** As `flag` in src/waterfall/skeleton.rs. */
export const ERROR = 1;
export const PARENT_MISSING = 2;
export const SYNTHETIC = 4;
export const INCOMPLETE = 8;
export const BEFORE_PARENT = 16;
export const DATABASE = 32;
export const LINKS = 64;

export class Skeleton {
  /** @param {SkeletonColumns} columns */
  constructor(columns) {
    const count = columns.id.length;
    this.columns = columns;
    this.count = count;
    this.parent = Int32Array.from(columns.parent);
    /** 0 for roots. */
    this.depth = new Int32Array(count);
    /** The row after the last one below. */
    this.end = new Int32Array(count);
    const lastChild = new Int32Array(count).fill(-1);
    for (let row = 0; row < count; row++) {
      const parent = this.at(this.parent, row);
      if (parent >= 0) {
        this.depth[row] = this.at(this.depth, parent) + 1;
        lastChild[parent] = row;
      }
      this.end[row] = row + 1;
    }
    for (let row = count - 1; row > 0; row--) {
      const parent = this.at(this.parent, row);
      if (parent >= 0) {
        this.end[parent] = Math.max(this.at(this.end, parent), this.at(this.end, row));
      }
    }
    this.lastChild = lastChild;
    /** Rows whose children are not shown. */
    this.collapsed = new Uint8Array(count);
    this.visible = new Int32Array(0);
    this.look();
    /** @type {Map<number, Fetch>} */
    this.fetches = new Map(columns.fetches.map((fetch) => [fetch.row, fetch]));
    /** @type {Map<number, [number, boolean][]>} */
    this.events = new Map();
    for (const [row, at, isException] of columns.events) {
      const events = this.events.get(row);
      events ? events.push([at, isException]) : this.events.set(row, [[at, isException]]);
    }
    /** What went wrong, by row. */
    this.errorWords = new Map(columns.errors.map(([row, words]) => [row, columns.error_words[words] ?? '']));
    this.errors = [...this.errorWords.keys()];
    /** @type {Map<string, number> | undefined} */
    this.rows = undefined;
  }

  /**
   * @param {ArrayLike<number>} column
   * @param {number} row
   */
  at(column, row) {
    return column[row] ?? 0;
  }

  /** @param {number} row */
  name(row) {
    return this.columns.names[this.at(this.columns.name, row)] || '(no name)';
  }

  /** @param {number} row */
  service(row) {
    return this.columns.services[this.at(this.columns.service, row)] ?? '';
  }

  /**
   * The class and the style that set a row's colour.
   *
   * @param {number} row
   * @returns {[string, string | null]}
   */
  colour(row) {
    const isDatabase = this.at(this.columns.flags, row) & DATABASE;
    return (isDatabase ? undefined : this.columns.colours[this.at(this.columns.service, row)]) ?? ['database', null];
  }

  /** @param {number} row */
  hasChildren(row) {
    return this.at(this.end, row) > row + 1;
  }

  /** Whether no later row has the same parent. @param {number} row */
  isLast(row) {
    return this.at(this.lastChild, this.at(this.parent, row)) === row;
  }

  /**
   * The row of a span; -1 where it is not there.
   *
   * @param {string} id
   */
  find(id) {
    // The first of an id: others lead to it.
    this.rows ??= new Map(this.columns.id.map((id, row) => /** @type {const} */ ([id, row])).reverse());
    return this.rows.get(id) ?? -1;
  }

  /** Finds out anew which rows are to be seen. */
  look() {
    const visible = new Int32Array(this.count);
    let length = 0;
    for (let row = 0; row < this.count; row = this.collapsed[row] ? this.at(this.end, row) : row + 1) {
      visible[length++] = row;
    }
    this.visible = visible.subarray(0, length);
  }

  /**
   * Where a row stands among the visible ones; of a hidden row, where the one above it stands.
   *
   * @param {number} row
   */
  place(row) {
    let low = 0;
    let high = this.visible.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.at(this.visible, middle) <= row) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }

  /**
   * @param {number} row
   * @param {boolean} isCollapsed
   */
  collapse(row, isCollapsed) {
    this.collapsed[row] = Number(isCollapsed && this.hasChildren(row));
    this.look();
  }

  /** All but the roots' own rows. @param {boolean} isCollapsed */
  collapseAll(isCollapsed) {
    for (let row = 0; row < this.count; row++) {
      this.collapsed[row] = Number(isCollapsed && this.at(this.depth, row) > 0 && this.hasChildren(row));
    }
    this.look();
  }

  /** Expands what hides a row. @param {number} row */
  reveal(row) {
    let isHidden = false;
    for (let above = this.at(this.parent, row); above >= 0; above = this.at(this.parent, above)) {
      isHidden ||= this.collapsed[above] === 1;
      this.collapsed[above] = 0;
    }
    if (isHidden) {
      this.look();
    }
  }
}
