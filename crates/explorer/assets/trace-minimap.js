// All spans at once, small: from left to right the time, from top to bottom the rows. A click goes there, a drag zooms.

import { ERROR } from './trace-skeleton.js';

/** @typedef {import('./trace-rows.js').Rows} Rows */

/** Pixels that a pointer moves before it drags. */
const DRAG = 5;

export class Minimap {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Rows} rows
   */
  constructor(canvas, rows) {
    this.canvas = canvas;
    this.rows = rows;
    this.picture = document.createElement('canvas');
    /** @type {Map<string, string>} By class and style. */
    this.colours = new Map();
    /** @type {[number, number] | undefined} Pixels, while a pointer drags. */
    this.drag = undefined;
    new ResizeObserver(() => this.paint()).observe(canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.colours.clear();
      this.paint();
    });
    canvas.addEventListener('pointerdown', (event) => this.press(event));
    canvas.addEventListener('pointermove', (event) => this.move(event));
    canvas.addEventListener('pointerup', (event) => this.release(event));
    canvas.addEventListener('pointercancel', () => {
      this.drag = undefined;
      this.draw();
    });
    canvas.addEventListener('dblclick', () => rows.zoom(0, rows.skeleton.columns.total));
  }

  /**
   * What a colour of the stylesheet is for a canvas.
   *
   * @param {string} className
   * @param {string | null} style
   */
  colour(className, style = null) {
    const key = `${className} ${style ?? ''}`;
    let colour = this.colours.get(key);
    if (colour === undefined) {
      const probe = document.createElement('i');
      probe.className = `ink ${className}`;
      probe.style.cssText = style ?? '';
      this.canvas.after(probe);
      colour = getComputedStyle(probe).backgroundColor;
      probe.remove();
      this.colours.set(key, colour);
    }
    return colour;
  }

  /** Everything: other rows, another size, other colours. */
  paint() {
    const { canvas, picture, rows } = this;
    const scale = devicePixelRatio || 1;
    const width = Math.round(canvas.clientWidth * scale);
    const height = Math.round(canvas.clientHeight * scale);
    if (width === 0 || height === 0) {
      return;
    }
    canvas.width = picture.width = width;
    canvas.height = picture.height = height;
    const context = picture.getContext('2d');
    if (!context) {
      return;
    }
    const { skeleton } = rows;
    const { visible, columns } = skeleton;
    const step = height / visible.length;
    const thick = Math.max(1, Math.min(step * 0.8, 8 * scale));
    const perNano = width / Math.max(columns.total, 1);
    const least = scale;
    /** @param {number} place @param {number} row */
    const bar = (place, row) => {
      const length = Math.max(skeleton.at(columns.duration, row) * perNano, least);
      context.fillRect(Math.min(skeleton.at(columns.start, row) * perNano, width - least), place * step, length, thick);
    };
    /** @type {[number, number][]} */
    const failed = [];
    let last = '';
    visible.forEach((row, place) => {
      if (skeleton.at(columns.flags, row) & ERROR) {
        failed.push([place, row]);
        return;
      }
      const colour = this.colour(...skeleton.colour(row));
      if (colour !== last) {
        context.fillStyle = last = colour;
      }
      bar(place, row);
    });
    // Errors are few and may not be covered.
    context.fillStyle = this.colour('danger');
    for (const [place, row] of failed) {
      bar(place, row);
    }
    this.draw();
  }

  /** The picture, and on it what is in view. */
  draw() {
    const { canvas, picture, rows } = this;
    const context = canvas.getContext('2d');
    if (!context || picture.width === 0) {
      return;
    }
    const { width, height } = canvas;
    const { skeleton } = rows;
    const total = Math.max(skeleton.columns.total, 1);
    context.clearRect(0, 0, width, height);
    context.drawImage(picture, 0, 0);
    const step = height / skeleton.visible.length;
    const view = rows.view;
    context.strokeStyle = context.fillStyle = this.colour('edge');
    context.lineWidth = devicePixelRatio || 1;
    const left = (rows.from / total) * width;
    const right = (rows.to / total) * width;
    const top = Math.min(view.first * step, height - 2);
    context.strokeRect(left + 0.5, top + 0.5, right - left - 1, Math.max(Math.min(view.length * step, height - top) - 1, 2));
    if (rows.selected >= 0) {
      context.fillStyle = this.colour('chosen');
      const middle = (skeleton.place(rows.selected) + 0.5) * step;
      context.fillRect(0, Math.max(0, middle - context.lineWidth), width, 2 * context.lineWidth);
    }
    if (this.drag) {
      const [a, b] = this.drag.map((x) => x * context.lineWidth);
      context.globalAlpha = 0.3;
      context.fillRect(Math.min(a ?? 0, b ?? 0), 0, Math.abs((b ?? 0) - (a ?? 0)), height);
      context.globalAlpha = 1;
    }
  }

  /** @param {PointerEvent} event */
  press(event) {
    if (event.button === 0) {
      this.canvas.setPointerCapture(event.pointerId);
      this.drag = [event.offsetX, event.offsetX];
    }
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (this.drag) {
      this.drag[1] = Math.max(0, Math.min(event.offsetX, this.canvas.clientWidth));
      this.draw();
    }
  }

  /** @param {PointerEvent} event */
  release(event) {
    if (!this.drag) {
      return;
    }
    const [from, to] = this.drag;
    this.drag = undefined;
    const { rows, canvas } = this;
    if (Math.abs(to - from) > DRAG) {
      const perPixel = rows.skeleton.columns.total / canvas.clientWidth;
      rows.zoom(Math.min(from, to) * perPixel, Math.max(from, to) * perPixel);
    } else {
      const place = (event.offsetY / canvas.clientHeight) * rows.skeleton.visible.length;
      rows.scroll.scrollTop = (place - rows.view.length / 2) * rows.height;
      this.draw();
    }
  }
}
