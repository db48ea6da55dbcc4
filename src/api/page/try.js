// Lets the reader of the page ask the public listener. The page names this file for clients on the
// server's own machine only; without scripts there is no form at all.
//
// What is typed in goes into the body and the header of one POST to the page's own origin, and
// nowhere else: not into a URL, not into any storage. No input has a name and the form has no
// action, so that even a form that is sent by accident carries nothing. All is cleared when the
// page is left. Answers are shown as text.
'use strict';

(() => {
  // A proxy that leaves no trace cannot be told from a client here; only the browser knows the name
  // that it asked for.
  if (!/^(localhost|127(\.\d+){3}|\[::1\])$/.test(location.hostname)) return;

  const callerField = 'X-Latchkey-Key';
  const shownFields = ['X-Request-Id', 'X-Auth-Cache', 'Age', 'RateLimit', 'Retry-After'];
  const separators = /[\s,]+/;

  let description = null;

  // Of the API, as this server serves it: which fields there are, and which of them are secret.
  async function describe() {
    if (description) return description;
    const answer = await fetch('openapi.json', { credentials: 'omit', mode: 'same-origin' });
    if (!answer.ok) throw new Error(`openapi.json: ${answer.status}`);
    description = await answer.json();
    return description;
  }

  function make(tag, properties, ...children) {
    const out = Object.assign(document.createElement(tag), properties);
    out.append(...children);
    return out;
  }

  const typeOf = (schema) => [schema.type].flat().find((type) => type !== 'null');

  // --- Inputs: each knows how to read itself; undefined means that the field is not sent. ---

  function quiet(input) {
    // Browsers fill saved passwords into fields of type password in spite of "off".
    input.autocomplete = input.type === 'password' ? 'new-password' : 'off';
    input.spellcheck = false;
    input.setAttribute('autocapitalize', 'off');
    return input;
  }

  function textInput(type) {
    const input = quiet(make('input', { type }));
    return { input, read: () => input.value || undefined };
  }

  function numberInput(schema) {
    const input = quiet(make('input', { type: 'number', step: '1' }));
    if (schema.minimum !== undefined) input.min = schema.minimum;
    if (schema.maximum !== undefined) input.max = schema.maximum;
    return { input, read: () => (input.value === '' ? undefined : Number(input.value)) };
  }

  function switchInput() {
    const input = make('input', { type: 'checkbox', autocomplete: 'off' });
    return { input, read: () => input.checked || undefined };
  }

  function wordsInput() {
    const input = quiet(make('input', { type: 'text', placeholder: 'words, separated by spaces' }));
    const words = () => input.value.split(separators).filter(Boolean);
    return { input, read: () => (input.value.trim() === '' ? undefined : words()) };
  }

  function jsonInput(example) {
    const value = JSON.stringify(example ?? [], null, 2);
    const input = quiet(make('textarea', { rows: 10, defaultValue: value }));
    return { input, read: () => JSON.parse(input.value) };
  }

  function inputFor(schema, example) {
    switch (typeOf(schema)) {
      case 'integer':
        return numberInput(schema);
      case 'boolean':
        return switchInput();
      case 'array':
        return typeOf(schema.items) === 'string' ? wordsInput() : jsonInput(example);
      default:
        return textInput(schema.format === 'password' ? 'password' : 'text');
    }
  }

  function labelled(name, says, { input, read }, required) {
    const label = make('label', {}, make('span', {}, make('code', { textContent: name })));
    if (says) label.firstChild.append(` ${says}`);
    if (input.type === 'checkbox') label.className = 'check';
    label.prepend(...(input.type === 'checkbox' ? [input] : []));
    if (input.type !== 'checkbox') label.append(input);
    input.required = required;
    return { name, label, read };
  }

  function fieldsOf(body) {
    const { schema, example = {} } = body.content['application/json'];
    return Object.entries(schema.properties).map(([name, one]) =>
      labelled(name, one.description, inputFor(one, example[name]),
               (schema.required ?? []).includes(name)));
  }

  // --- Asking ---

  async function ask(path, fields, caller) {
    const body = {};
    for (const { name, read } of fields) {
      const value = read();
      if (value !== undefined) body[name] = value;
    }
    const headers = { 'Content-Type': 'application/json' };
    const key = caller.read();
    if (key) headers[callerField] = key;
    const begun = performance.now();
    const answer = await fetch(path.slice(1), {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      mode: 'same-origin',
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
    });
    const text = await answer.text();
    return { answer, text, milliseconds: performance.now() - begun };
  }

  function pretty(text) {
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  }

  function shown({ answer, text }) {
    const fields = shownFields.filter((name) => answer.headers.has(name));
    const lines = fields.map((name) => `${name}: ${answer.headers.get(name)}`);
    return [...lines, '', pretty(text)].join('\n');
  }

  // --- The form ---

  function formFor(path, operation, close) {
    const fields = fieldsOf(operation.requestBody);
    const caller = labelled(callerField, 'who asks, where callers are asked for',
                            textInput('password'), false);
    const status = make('p', { className: 'status' });
    status.setAttribute('role', 'status');
    const output = make('code');
    const block = make('pre', { tabIndex: 0, hidden: true }, output);
    block.setAttribute('role', 'region');
    block.setAttribute('aria-label', 'The answer');
    const closing = make('button', { type: 'button', textContent: 'Clear and close' });
    closing.addEventListener('click', close);
    const form = make('form', { className: 'trial', method: 'dialog', autocomplete: 'off' },
                      ...fields.map((one) => one.label), caller.label,
                      make('div', { className: 'buttons' },
                           make('button', { type: 'submit', textContent: 'Send' }), closing),
                      status, block);
    form.setAttribute('aria-label', `Ask ${path}`);
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      status.textContent = 'Asking …';
      block.hidden = true;
      try {
        const told = await ask(path, fields, caller);
        if (!form.isConnected) return;
        output.textContent = shown(told);
        block.hidden = false;
        status.textContent =
          `${told.answer.status} ${told.answer.statusText}, ${told.milliseconds.toFixed(1)} ms`;
      } catch (error) {
        status.textContent = `Not asked, or not answered: ${error.message}`;
      }
    });
    return form;
  }

  function offer(section) {
    const path = section.dataset.try;
    const opening = make('button', { type: 'button', textContent: 'Try it' });
    opening.setAttribute('aria-label', `Try it: POST ${path}`);
    let form = null;
    const close = () => {
      if (!form) return;
      form.reset();
      form.remove();
      form = null;
      opening.hidden = false;
    };
    opening.addEventListener('click', async () => {
      try {
        const { paths } = await describe();
        if (form) return;
        form = formFor(path, paths[path].post, () => {
          close();
          opening.focus();
        });
        opening.hidden = true;
        opening.after(form);
        form.querySelector('input, textarea').focus();
      } catch (error) {
        opening.textContent = `Try it again (${error.message})`;
      }
    });
    section.querySelector('.examples figure').after(opening);
    return close;
  }

  const closing = Array.from(document.querySelectorAll('[data-try]'), offer);
  window.addEventListener('pagehide', () => closing.forEach((close) => close()));
})();
