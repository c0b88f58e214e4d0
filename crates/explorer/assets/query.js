// A query's page, once the script runs: a chart's values are named for the pointer and for the arrow keys, and the
// specification can be copied.

import './asking.js';
import { copyOnClick } from './copy.js';

/** @typedef {{ element: SVGGraphicsElement, x: number, y: number, words: string }} Mark */

for (const figure of document.querySelectorAll('figure.chart')) {
  start(figure);
}
copyOnClick((words) => {
  const said = document.getElementById('said');
  if (said) {
    said.textContent = words;
  }
});

/** @param {Element} figure */
function start(figure) {
  const sheet = /** @type {HTMLElement | null} */ (figure.querySelector('.sheet'));
  const reading = figure.querySelector('.reading');
  const svg = sheet?.querySelector('svg');
  const marks = [...figure.querySelectorAll('.value')].map((element) => markOf(/** @type {SVGGraphicsElement} */ (element)));
  if (!sheet || !svg || !reading || marks.length === 0) {
    return;
  }
  /** @type {Mark | undefined} */
  let chosen;
  /** @param {Mark | undefined} mark */
  const choose = (mark) => {
    chosen?.element.classList.remove('chosen');
    mark?.element.classList.add('chosen');
    chosen = mark;
    reading.textContent = mark?.words ?? '';
  };

  sheet.tabIndex = 0;
  sheet.setAttribute('role', 'group');
  sheet.setAttribute('aria-label', `${svg.getAttribute('aria-label')}. ${sheet.dataset['keys']}`);
  sheet.addEventListener('keydown', (event) => {
    const next = event.key === 'Escape' ? undefined : neighbour(marks, chosen, event.key);
    if (next || event.key === 'Escape') {
      event.preventDefault();
      choose(next);
    } else if (event.key === 'Enter' && chosen) {
      follow(chosen);
    }
  });
  sheet.addEventListener('blur', () => choose(undefined));
  svg.addEventListener('pointermove', (event) => choose(marks.find(({ element }) => element === event.target) ?? near(svg, marks, event)));
  svg.addEventListener('pointerleave', () => choose(undefined));
  svg.addEventListener('click', () => chosen && follow(chosen));
}

/** @param {SVGGraphicsElement} element @returns {Mark} */
function markOf(element) {
  const { x, y, width, height } = element.getBBox();
  const title = element.querySelector('title');
  const words = title?.textContent ?? '';
  // The page says it itself, at once and in one place.
  title?.remove();
  return { element, x: x + width / 2, y: y + height / 2, words };
}

/**
 * The next mark in the direction of an arrow key; the first or the last with Home and End, and to begin with.
 * @param {Mark[]} marks @param {Mark | undefined} from @param {string} key
 */
function neighbour(marks, from, key) {
  const ordered = marks.toSorted((a, b) => a.x - b.x || b.y - a.y);
  const arrows = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'];
  if (key === 'Home' || (!from && arrows.includes(key))) {
    return ordered[0];
  }
  if (key === 'End') {
    return ordered.at(-1);
  }
  if (!from || !arrows.includes(key)) {
    return undefined;
  }
  const sideways = key === 'ArrowLeft' || key === 'ArrowRight';
  const sign = key === 'ArrowRight' || key === 'ArrowDown' ? 1 : -1;
  /** @param {Mark} mark How far in the direction of the key. */
  const along = (mark) => sign * (sideways ? mark.x - from.x : mark.y - from.y);
  /** @param {Mark} mark */
  const across = (mark) => Math.abs(sideways ? mark.y - from.y : mark.x - from.x);
  const ahead = marks.filter((mark) => along(mark) > 0.05 && (sideways || across(mark) < 0.05));
  return ahead.toSorted((a, b) => along(a) - along(b) || across(a) - across(b))[0] ?? from;
}

/**
 * The mark under the pointer, or near it: a point is small.
 * @param {SVGSVGElement} svg @param {Mark[]} marks @param {PointerEvent} event
 */
function near(svg, marks, event) {
  const { left, top, width, height } = svg.getBoundingClientRect();
  const { viewBox } = svg;
  const points = marks.filter(({ element }) => element.classList.contains('point'));
  /** @param {Mark} mark */
  const distance = (mark) =>
    Math.hypot(left + (mark.x / viewBox.baseVal.width) * width - event.clientX, top + (mark.y / viewBox.baseVal.height) * height - event.clientY);
  return points.filter((mark) => distance(mark) < 24).toSorted((a, b) => distance(a) - distance(b))[0];
}

/** @param {Mark} mark */
function follow(mark) {
  const { href } = mark.element.dataset;
  if (href) {
    location.assign(href);
  }
}
