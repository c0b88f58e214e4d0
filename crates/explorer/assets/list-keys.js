// The list from the keyboard alone. The focus is the browser's own: what j and k move is what Tab and Enter work with.

import { isOn, showHelp, startHelp } from './help.js';
import { rows } from './list-fresh.js';
import { focusLatency } from './list-latency.js';

export function startKeys() {
  startHelp();
  const button = document.getElementById('help-button');
  if (button) {
    button.hidden = false;
    button.addEventListener('click', showHelp);
  }

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) {
      return;
    }
    const target = event.target instanceof HTMLElement ? event.target : document.body;
    if (target.matches('input, select, textarea')) {
      if (event.key === 'Escape') {
        target.blur();
      }
      return;
    }
    if (!document.querySelector('dialog[open]') && isOn(event.key) && press(event.key, target)) {
      event.preventDefault();
    }
  });
}

/**
 * @param {string} key
 * @param {HTMLElement} target Where the focus is.
 * @returns {boolean} Whether the key meant something here.
 */
function press(key, target) {
  const inTable = target.closest('#traces') !== null;
  switch (key) {
    case 'j':
      return step(target, 1);
    case 'k':
      return step(target, -1);
    // Elsewhere the arrows scroll.
    case 'ArrowDown':
      return inTable && step(target, 1);
    case 'ArrowUp':
      return inTable && step(target, -1);
    case 'n': {
      const news = document.getElementById('news');
      if (news && !news.hidden) {
        news.click();
      }
      return news !== null;
    }
    case '/': {
      const field = /** @type {HTMLInputElement | null} */ (document.querySelector('form.filter input'));
      field?.focus();
      field?.select();
      return field !== null;
    }
    case 'l':
      focusLatency();
      return true;
    case '?':
      showHelp();
      return true;
    default:
      return false;
  }
}

/** Moves the focus from trace to trace; from anywhere else to the first. @param {HTMLElement} target @param {number} by */
function step(target, by) {
  const all = rows();
  const at = all.findIndex((row) => row.contains(target));
  const next = at < 0 ? all[0] : all[at + by];
  const link = next?.querySelector('a');
  link?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: 'nearest' });
  return all.length > 0;
}
