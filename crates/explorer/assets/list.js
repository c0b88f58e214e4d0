// The list of traces, once the script runs: each part adds to what the server's page can do without it.

import { startKeys } from './list-keys.js';
import { startLatency } from './list-latency.js';
import { startLive } from './list-live.js';
import { startSuggestions } from './list-suggestions.js';

startLatency();
startSuggestions();
startKeys();
startLive();

const form = /** @type {HTMLFormElement | null} */ (document.querySelector('form.filter'));

// An address without the fields that say nothing is one that people can read.
form?.addEventListener('formdata', ({ formData }) => {
  for (const [name, value] of [...formData]) {
    if (value === '') {
      formData.delete(name);
    }
  }
});
form?.addEventListener('submit', () => document.getElementById('traces')?.setAttribute('aria-busy', 'true'));
// Also when it comes back from the back-forward cache.
window.addEventListener('pageshow', () => document.getElementById('traces')?.removeAttribute('aria-busy'));
