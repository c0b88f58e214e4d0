// The fields of the chosen span. The server writes them as it does for a page without JavaScript; here they are put in place.

/** The fields come as soon as a person rests on a row. */
const REST_MS = 80;
/** Before this, what was shown stays. */
const SLOW_MS = 250;

export class Panel {
  /**
   * @param {HTMLElement} aside
   * @param {string} page The address of the trace's page.
   */
  constructor(aside, page) {
    this.aside = aside;
    this.page = page;
    /** @type {AbortController | undefined} */
    this.asking = undefined;
  }

  /** @param {string} id */
  async show(id) {
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    this.aside.hidden = false;
    const slow = setTimeout(() => this.aside.setAttribute('aria-busy', 'true'), REST_MS + SLOW_MS);
    try {
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
      if (asking.signal.aborted) {
        return;
      }
      const answer = await fetch(`${this.page}/spans/${encodeURIComponent(id)}`, { signal: asking.signal });
      const text = await answer.text();
      if (answer.headers.get('content-type')?.startsWith('text/html') && (answer.ok || answer.status === 404)) {
        // The server's own markup; what spans say is text in it.
        this.aside.innerHTML = text;
      } else {
        this.fail(`The server answered ${answer.status}.`);
      }
      this.aside.scrollTop = 0;
    } catch (error) {
      if (!asking.signal.aborted) {
        this.fail('The server cannot be reached.');
      }
    } finally {
      clearTimeout(slow);
      if (asking === this.asking) {
        this.aside.removeAttribute('aria-busy');
      }
    }
  }

  /** @param {string} words */
  fail(words) {
    const said = document.createElement('p');
    said.className = 'panel error';
    said.textContent = `The fields of this span could not be read. ${words} Choose the span again.`;
    this.aside.replaceChildren(said);
  }

  close() {
    this.asking?.abort();
    this.aside.hidden = true;
    this.aside.replaceChildren();
  }
}
