// Search in the trace. The server looks through everything that spans say; here it is asked while a person types.

import { counted } from './format.js';

const REST_MS = 150;

export class Search {
  /**
   * @param {HTMLFormElement} form
   * @param {string} api The address of the trace's JSON.
   * @param {(ids: string[]) => number[]} found Takes what was found; answers the rows.
   */
  constructor(form, api, found) {
    this.api = api;
    this.found = found;
    this.input = /** @type {HTMLInputElement} */ (form.elements.namedItem('q'));
    this.output = /** @type {HTMLOutputElement} */ (form.querySelector('output'));
    /** Rows that match, from top to bottom. @type {number[]} */
    this.rows = [];
    this.text = '';
    this.number = 0;
    this.pause = 0;
    this.input.addEventListener('input', () => {
      clearTimeout(this.pause);
      this.pause = window.setTimeout(() => this.look(), REST_MS);
    });
  }

  /** Looks for what is in the field, unless that is done already. */
  async look() {
    const text = this.input.value.trim();
    if (text === this.text) {
      return;
    }
    this.text = text;
    const number = ++this.number;
    let ids = [];
    let words = '';
    if (text) {
      try {
        const answer = await fetch(`${this.api}/search?${new URLSearchParams({ q: text })}`);
        if (!answer.ok) {
          throw new Error(`the server answered ${answer.status}`);
        }
        ids = (await answer.json()).spans;
        words = ids.length === 0 ? 'nothing found' : counted(ids.length, 'match', 'matches');
      } catch (error) {
        words = `not searched: ${error instanceof Error ? error.message : error}`;
        this.text = '';
      }
    }
    // Of several questions the last one counts, whichever answer comes last.
    if (number === this.number) {
      this.rows = this.found(ids);
      this.output.textContent = words;
    }
  }

  clear() {
    this.input.value = '';
    return this.look();
  }
}
