// Suggests what can be typed into a field of the filter: the values that traces have. Without an answer the field works as well.

const PAUSE_MS = 120;

export function startSuggestions() {
  for (const input of document.querySelectorAll('form.filter input')) {
    if (input instanceof HTMLInputElement && input.list) {
      suggestFor(input, input.list);
    }
  }
}

/** @param {HTMLInputElement} input @param {HTMLElement} list */
function suggestFor(input, list) {
  let asked = new AbortController();
  /** @type {string | undefined} */
  let known;
  const ask = async () => {
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    const prefix = input.value;
    if (prefix === known) {
      return;
    }
    try {
      const query = new URLSearchParams({ field: input.name, prefix });
      const response = await fetch(`/api/traces/suggestions?${query}`, { signal });
      if (!response.ok) {
        return;
      }
      const { suggestions } = /** @type {{ suggestions: { value: string, traces: number }[] }} */ (await response.json());
      known = prefix;
      list.replaceChildren(
        ...suggestions.map(({ value, traces }) => {
          const option = document.createElement('option');
          option.value = value;
          option.label = `${value} · ${traces} ${traces === 1 ? 'trace' : 'traces'}`;
          return option;
        }),
      );
    } catch {
      // Another question was asked meanwhile, or there is no answer.
    }
  };
  let pause = 0;
  input.addEventListener('input', () => {
    window.clearTimeout(pause);
    pause = window.setTimeout(() => void ask(), PAUSE_MS);
  });
  input.addEventListener('focus', () => {
    known = undefined;
    void ask();
  });
}
