'use strict';
// The recording, the texts and the two colour scales stand in the page; nothing is loaded and nothing is kept.
const data = JSON.parse(document.getElementById('data').textContent);
const texts = JSON.parse(document.getElementById('texts').textContent);
// A weight of null is one that the mask forbids: it counts as 0, and which they are is kept beside.
for (const { layers } of data.parts) {
  for (const one of layers) {
    one.masked = one.weights.map((weights) => new Set(weights.flatMap((weight, n) => (weight === null ? [n] : []))));
    one.weights = one.weights.map((weights) => weights.map((weight) => weight ?? 0));
  }
}
const KINDS = ['encoder', 'decoder', 'cross'];
const VIEWS = ['heads', 'model', 'neurons'];
const FAINT = 0.02; // a lighter line or a smaller share is not drawn and not told

const state = {
  language: data.language,
  theme: 'auto',
  view: 'heads',
  kind: data.parts[0].kind,
  layer: 0,
  shown: null, // which heads the head view shows; set by reset()
  head: 0,
  query: 0,
  key: 0,
  enlarged: null, // the [layer, head] of the model view that is enlarged
};

// ---- small helpers -------------------------------------------------------------------------------------------------

function text(name, values = {}) {
  return texts[state.language][name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

function element(name, attributes = {}, children = []) {
  const made = document.createElement(name);
  set(made, attributes);
  made.append(...children);
  return made;
}

function drawn(name, attributes = {}, children = []) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  set(made, attributes);
  made.append(...children);
  return made;
}

function set(target, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) target.addEventListener(name.slice(2), value);
    else if (name === 'style') Object.assign(target.style, value);
    else if (value !== null && value !== undefined) target.setAttribute(name, value);
  }
}

const part = () => data.parts.find((one) => one.kind === state.kind);
const layer = () => part().layers[state.layer];
const number = (value, digits = 4) => value.toFixed(digits).replace('-', '−');
// Short numbers of any size: q, k and scores have no common one.
const short = (value) => (value === null ? '−∞' : Number(value.toPrecision(4)).toString().replace('-', '−'));
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const quoted = (token) => `“${token}”`;
const headColor = (head, count) => `hsl(${Math.round(215 + (head * 360) / count) % 360} 75% var(--lightness))`;
const scaleColor = (scale, share) => scale[Math.round(clamp(share, 0, 1) * (scale.length - 1))];
const weightAt = (layer, head, query, key) => layer.weights[head][query * part().keys.length + key];

function say(message) {
  document.getElementById('readout').textContent = message;
}

// Arrow keys among elements of which one at a time is a stop of Tab.
function roving(items, current, move) {
  items.forEach((item, n) => item.setAttribute('tabindex', n === current() ? 0 : -1));
  items.forEach((item, n) => item.addEventListener('keydown', (event) => {
    const to = move(event.key, n);
    if (to === null || to === undefined || to === n || !items[to]) return;
    event.preventDefault();
    items.forEach((other, m) => other.setAttribute('tabindex', m === to ? 0 : -1));
    items[to].focus();
  }));
}

const upAndDown = (count) => (key, n) =>
  ({ ArrowUp: n - 1, ArrowDown: n + 1, Home: 0, End: count - 1 })[key];

// ---- the frame: languages, colours, views, parts --------------------------------------------------------------------

function reset() {
  state.layer = 0;
  state.head = 0;
  state.query = 0;
  state.key = 0;
  state.enlarged = null;
  state.shown = part() ? new Set(part().layers[0].weights.keys()) : new Set();
}

function frame() {
  document.documentElement.lang = state.language;
  if (state.theme === 'auto') document.documentElement.removeAttribute('data-theme');
  else document.documentElement.dataset.theme = state.theme;

  const languages = document.getElementById('languages');
  languages.setAttribute('aria-label', text('language'));
  for (const button of languages.children) {
    button.setAttribute('aria-pressed', button.dataset.language === state.language);
  }
  const themes = document.getElementById('themes');
  themes.setAttribute('aria-label', text('theme'));
  for (const button of themes.children) {
    button.textContent = text(button.dataset.themeChoice);
    button.setAttribute('aria-pressed', button.dataset.themeChoice === state.theme);
  }
  const views = document.getElementById('views');
  views.setAttribute('aria-label', text('views'));
  for (const tab of views.children) {
    const selected = tab.dataset.view === state.view;
    tab.textContent = text(tab.dataset.view);
    tab.setAttribute('aria-selected', selected);
    tab.setAttribute('tabindex', selected ? 0 : -1);
  }
  document.getElementById('view').setAttribute('aria-labelledby', `tab-${state.view}`);
  const parts = document.getElementById('parts');
  parts.setAttribute('aria-label', text('parts'));
  parts.replaceChildren(...KINDS.map((kind) => element('button', {
    type: 'button',
    'data-kind': kind,
    'aria-pressed': kind === state.kind,
    onclick: () => {
      state.kind = kind;
      reset();
      show();
      document.querySelector(`[data-kind=${kind}]`).focus();
    },
  }, [text(kind)])));
}

function show() {
  frame();
  say(state.view === 'heads' ? text('rest') : '');
  const view = document.getElementById('view');
  view.replaceChildren();
  if (!part()) {
    view.append(element('p', { class: 'none' }, [text(`none.${data.absent[state.kind]}`)]));
    return;
  }
  ({ heads: showHeads, model: showModel, neurons: showNeurons })[state.view](view);
}

function choose(label, count, chosen, name, change) {
  const options = Array.from({ length: count }, (_, n) => {
    const option = element('option', { value: n }, [String(n + 1)]);
    option.selected = n === chosen;
    return option;
  });
  const select = element('select', {
    'data-choice': name,
    onchange: () => {
      change(Number(select.value));
      show();
      document.querySelector(`[data-choice=${name}]`).focus();
    },
  }, options);
  return element('label', {}, [`${label} `, select]);
}

function hint(name) {
  return element('p', { class: 'hint' }, [text(name)]);
}

function where() {
  return element('p', { class: 'where' }, [text('where', { path: layer().path })]);
}

// ---- head view ------------------------------------------------------------------------------------------------------

const ROW = 26;

function showHeads(view) {
  const { queries, keys, layers } = part();
  const heads = layer().weights.length;
  const controls = element('div', { class: 'controls' }, [
    choose(text('layer'), layers.length, state.layer, 'layer', (n) => { state.layer = n; }),
  ]);
  const choices = element('div', { role: 'group', 'aria-label': text('headChoice') });
  const toggles = Array.from({ length: heads }, (_, head) => {
    const swatch = element('span', { class: 'swatch', style: { background: headColor(head, heads) } });
    return element('button', {
      type: 'button',
      'data-head': head,
      onclick: (event) => {
        if (event.shiftKey) state.shown = new Set([head]);
        else if (!state.shown.delete(head)) state.shown.add(head);
        draw();
      },
    }, [swatch, `${text('head')} ${head + 1}`]);
  });
  const all = element('button', {
    type: 'button',
    onclick: () => {
      state.shown = new Set(layer().weights.keys());
      draw();
    },
  }, [text('all')]);
  choices.append(...toggles, all);
  controls.append(choices);

  const height = Math.max(queries.length, keys.length) * ROW;
  const lines = drawn('svg', { class: 'lines', height, 'aria-hidden': 'true' });
  const side = (tokens, name) => tokens.map((token, n) => {
    const boxes = element('span', { class: 'boxes' });
    const label = element('span', {}, [token]);
    return element('button', { type: 'button', 'data-side': name, 'data-token': n },
      name === 'left' ? [boxes, label] : [label, boxes]);
  });
  const [left, right] = [side(queries, 'left'), side(keys, 'right')];
  const column = (name, items, title) => element('div', {}, [
    element('h2', {}, [title]),
    element('div', { class: `side ${name}`, role: 'group', 'aria-label': title }, items),
  ]);
  const middle = element('div', {}, [element('h2', {}, ['\u00a0']), lines]);
  const columns = element('div', { class: 'columns' }, [
    column('left', left, `${text('queries')} (${text('query')})`),
    middle,
    column('right', right, `${text('keys')} (${text('key')})`),
  ]);
  view.append(controls, hint('headHint'), element('div', { class: 'scroll' }, [columns]), where());

  let pointed = null; // under the mouse
  let focused = null; // chosen with the keyboard or by a click
  const chosen = () => pointed ?? focused;

  function draw() {
    const at = chosen();
    toggles.forEach((toggle, head) => toggle.setAttribute('aria-pressed', state.shown.has(head)));
    const shown = [...state.shown].sort((a, b) => a - b);
    const made = [];
    for (const head of shown) {
      for (let query = 0; query < queries.length; query++) {
        if (at && at.side === 'left' && at.token !== query) continue;
        for (let key = 0; key < keys.length; key++) {
          if (at && at.side === 'right' && at.token !== key) continue;
          const weight = weightAt(layer(), head, query, key);
          if (weight < FAINT) continue;
          made.push(drawn('line', {
            x1: '0%', x2: '100%', y1: (query + 0.5) * ROW, y2: (key + 0.5) * ROW,
            'data-head': head, 'data-query': query, 'data-key': key,
            style: { stroke: headColor(head, heads) },
            'stroke-opacity': at ? weight : weight * 0.7,
          }));
        }
      }
    }
    lines.replaceChildren(...made);
    mark(left, 'left', at, shown);
    mark(right, 'right', at, shown);
    say(at ? told(at, shown) : text('rest'));
  }

  // Beside each token of the other side a box for each head, as dark as the weight.
  function mark(items, name, at, shown) {
    items.forEach((item, n) => {
      item.classList.toggle('on', Boolean(at) && at.side === name && at.token === n);
      const boxes = item.querySelector('.boxes');
      boxes.replaceChildren();
      if (!at || at.side === name) return;
      boxes.append(...shown.map((head) => {
        const weight = at.side === 'left'
          ? weightAt(layer(), head, at.token, n)
          : weightAt(layer(), head, n, at.token);
        return element('i', { style: { background: headColor(head, heads), opacity: weight } });
      }));
    });
  }

  function told(at, shown) {
    const others = at.side === 'left' ? keys : queries;
    const lists = shown.map((head) => {
      const weights = others.map((token, n) => [token, at.side === 'left'
        ? weightAt(layer(), head, at.token, n)
        : weightAt(layer(), head, n, at.token)]);
      const most = weights.filter(([, weight]) => weight >= FAINT).sort((a, b) => b[1] - a[1]).slice(0, 4);
      const list = most.map(([token, weight]) => `${quoted(token)} ${number(weight, 2)}`).join(', ');
      return text('inHead', { head: head + 1, list: list || text('nothing') });
    });
    const token = quoted((at.side === 'left' ? queries : keys)[at.token]);
    return text(at.side === 'left' ? 'looksAt' : 'isSeenBy', { token, list: lists.join('; ') || text('nothing') });
  }

  const everything = [['left', left, right], ['right', right, left]];
  for (const [name, items, others] of everything) {
    roving(items, () => 0, upAndDown(items.length));
    items.forEach((item, token) => {
      set(item, {
        onmouseenter: () => { pointed = { side: name, token }; draw(); },
        onmouseleave: () => { pointed = null; draw(); },
        onfocus: () => { focused = { side: name, token }; draw(); },
        onblur: () => { focused = null; draw(); },
        onkeydown: (event) => {
          const across = name === 'left' ? 'ArrowRight' : 'ArrowLeft';
          if (event.key === across) {
            event.preventDefault();
            others[Math.min(token, others.length - 1)].focus();
          } else if (event.key === 'Escape') {
            pointed = null;
            item.blur();
          }
        },
      });
    });
  }
  draw();
}

// ---- model view -----------------------------------------------------------------------------------------------------

// The weights of a head as a picture of one pixel a cell, which the style sheet enlarges.
function picture(weights, rows, columns, width, height) {
  const canvas = element('canvas', { width: columns, height: rows, style: { width: `${width}px`, height: `${height}px` } });
  const context = canvas.getContext('2d');
  weights.forEach((weight, n) => {
    context.fillStyle = scaleColor(data.sequential, weight);
    context.fillRect(n % columns, Math.floor(n / columns), 1, 1);
  });
  return canvas;
}

function legend() {
  const bar = picture(data.sequential.map((_, n) => n / (data.sequential.length - 1)), 1, data.sequential.length, 160, 12);
  return element('p', { class: 'legend' }, [`${text('legend')} 0`, bar, '1']);
}

function showModel(view) {
  if (state.enlarged) showMap(view);
  else showOverview(view);
}

function showOverview(view) {
  const { queries, keys, layers } = part();
  const heads = Math.max(...layers.map((one) => one.weights.length));
  const room = clamp(Math.floor(880 / heads), 44, 150);
  const unit = room / Math.max(queries.length, keys.length);
  const grid = element('div', { class: 'grid', style: { gridTemplateColumns: `max-content repeat(${heads}, max-content)` } });
  grid.append(element('span'), ...Array.from({ length: heads }, (_, head) =>
    element('span', { class: 'name top' }, [`${text('head')} ${head + 1}`])));
  const buttons = [];
  const places = [];
  layers.forEach((one, n) => {
    grid.append(element('span', { class: 'name' }, [text('layerName', { layer: n + 1 })]));
    for (let head = 0; head < heads; head++) {
      if (head >= one.weights.length) {
        grid.append(element('span'));
        continue;
      }
      const map = picture(one.weights[head], queries.length, keys.length, unit * keys.length, unit * queries.length);
      const button = element('button', {
        type: 'button',
        class: 'thumb',
        'data-map': `${n}.${head}`,
        'aria-label': text('layerHead', { layer: n + 1, head: head + 1 }),
        onclick: () => {
          state.enlarged = [n, head];
          show();
          document.querySelector('.cells').focus();
        },
        onmouseenter: () => say(text('layerHead', { layer: n + 1, head: head + 1 })),
        onfocus: () => say(text('layerHead', { layer: n + 1, head: head + 1 })),
      }, [map]);
      buttons.push(button);
      places.push([n, head]);
      grid.append(button);
    }
  });
  const at = (layer, head) => places.findIndex(([l, h]) => l === layer && h === head);
  roving(buttons, () => 0, (key, n) => {
    const [l, h] = places[n];
    const to = { ArrowUp: [l - 1, h], ArrowDown: [l + 1, h], ArrowLeft: [l, h - 1], ArrowRight: [l, h + 1] }[key];
    return to ? at(...to) : undefined;
  });
  view.append(hint('modelHint'), legend(), element('div', { class: 'scroll' }, [grid]));
}

function showMap(view) {
  const [l, head] = state.enlarged;
  const { queries, keys, layers } = part();
  const cell = clamp(Math.floor(620 / Math.max(queries.length, keys.length)), 6, 30);
  const size = Math.min(13, cell - 1);
  const name = (token, style) => element('span', {
    title: token,
    style: { fontSize: `${size}px`, lineHeight: `${cell}px`, ...style },
  }, [size < 7 ? '' : token]);
  const rows = queries.map((token) => name(token, { height: `${cell}px`, maxWidth: '11rem' }));
  const columns = keys.map((token) => name(token, { width: `${cell}px`, maxHeight: '9rem', lineHeight: `${cell}px` }));
  const frameOfCell = element('i', { style: { width: `${cell}px`, height: `${cell}px` } });
  const label = text('layerHead', { layer: l + 1, head: head + 1 });
  const cells = element('div', { class: 'cells', tabindex: 0, role: 'img', 'aria-label': label }, [
    picture(layers[l].weights[head], queries.length, keys.length, cell * keys.length, cell * queries.length),
    frameOfCell,
  ]);
  let [query, key] = [0, 0];
  const go = (toQuery, toKey) => {
    query = clamp(toQuery, 0, queries.length - 1);
    key = clamp(toKey, 0, keys.length - 1);
    frameOfCell.style.left = `${key * cell}px`;
    frameOfCell.style.top = `${query * cell}px`;
    rows.forEach((row, n) => row.classList.toggle('marked', n === query));
    columns.forEach((column, n) => column.classList.toggle('marked', n === key));
    const weight = number(weightAt(layers[l], head, query, key));
    say(text('cell', { query: quoted(queries[query]), key: quoted(keys[key]), weight }));
  };
  const leave = () => {
    state.enlarged = null;
    show();
    document.querySelector(`[data-map="${l}.${head}"]`).focus();
  };
  set(cells, {
    onmousemove: (event) => {
      const box = cells.getBoundingClientRect();
      go(Math.floor((event.clientY - box.top) / cell), Math.floor((event.clientX - box.left) / cell));
    },
    onkeydown: (event) => {
      const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (step) {
        event.preventDefault();
        go(query + step[0], key + step[1]);
      } else if (event.key === 'Escape') leave();
    },
  });
  const map = element('div', { class: 'map' }, [
    element('span'),
    element('div', { class: 'cols', 'aria-hidden': 'true' }, columns),
    element('div', { class: 'rows', 'aria-hidden': 'true' }, rows),
    cells,
  ]);
  view.append(
    element('div', { class: 'controls' }, [
      element('button', { type: 'button', 'data-back': '', onclick: leave }, [text('back')]),
      element('strong', {}, [label]),
      legend(),
    ]),
    hint('mapHint'),
    element('div', { class: 'scroll' }, [map]),
    element('p', { class: 'where' }, [text('where', { path: layers[l].path })]),
  );
  go(0, 0);
}

// ---- neuron view ----------------------------------------------------------------------------------------------------

function showNeurons(view) {
  const { queries, keys, layers } = part();
  const one = layer();
  state.head = Math.min(state.head, one.weights.length - 1);
  const controls = element('div', { class: 'controls' }, [
    choose(text('layer'), layers.length, state.layer, 'layer', (n) => { state.layer = n; }),
    choose(text('head'), one.weights.length, state.head, 'head', (n) => { state.head = n; }),
  ]);
  view.append(controls);
  if (!one.vectors) {
    view.append(element('p', { class: 'none' }, [text('none.vectors')]));
    return;
  }
  const query = element('select', {
    'data-choice': 'query',
    onchange: () => { state.query = Number(query.value); draw(); },
  }, queries.map((token, n) => element('option', { value: n }, [token])));
  query.value = String(state.query);
  controls.append(element('label', {}, [`${text('query')} `, query]));

  const width = one.vectors.width;
  const vector = (all, n) => all[state.head].slice(n * width, (n + 1) * width);
  const largest = (values) => Math.max(1e-9, ...values.map(Math.abs));
  const scale = {
    q: largest(one.vectors.queries[state.head]),
    k: largest(one.vectors.keys[state.head]),
  };
  const head = ['key', 'key', 'times', 'score', 'weight'];
  const table = element('table', {}, [element('thead', {}, [element('tr', {}, head.map((name, n) =>
    element('th', { scope: 'col' }, [n === 0 ? text('keys') : n === 1 ? 'k' : text(name)])))])]);
  const body = element('tbody');
  table.append(body);
  const asked = element('div', { class: 'controls', 'data-query-strip': '' });
  const detail = element('div');
  view.append(hint('neuronHint'), asked, element('div', { class: 'scroll' }, [table]), detail, where());

  function strip(values, most) {
    const canvas = element('canvas', {
      width: values.length, height: 1,
      style: { width: `${clamp(values.length * 4, 96, 256)}px`, height: '16px', border: '1px solid var(--line)' },
    });
    const context = canvas.getContext('2d');
    values.forEach((value, n) => {
      context.fillStyle = scaleColor(data.diverging, 0.5 + value / (2 * most));
      context.fillRect(n, 0, 1, 1);
    });
    return canvas;
  }

  function draw() {
    const q = vector(one.vectors.queries, state.query);
    asked.replaceChildren(element('strong', {}, [queries[state.query]]), 'q', strip(q, scale.q));
    const products = keys.map((_, n) => vector(one.vectors.keys, n).map((value, c) => value * q[c]));
    const most = largest(products.flat());
    const buttons = [];
    body.replaceChildren(...keys.map((token, n) => {
      const weight = weightAt(one, state.head, state.query, n);
      const score = one.scores[state.head][state.query * keys.length + n];
      const button = element('button', {
        type: 'button',
        'data-key': n,
        onclick: () => choosePair(n),
        onfocus: () => choosePair(n),
        onmouseenter: () => choosePair(n),
      }, [token]);
      buttons.push(button);
      const masked = one.masked[state.head].has(state.query * keys.length + n);
      return element('tr', {}, [
        element('th', { scope: 'row' }, [button]),
        element('td', {}, [strip(vector(one.vectors.keys, n), scale.k)]),
        element('td', {}, [strip(products[n], most)]),
        element('td', { class: 'number' }, [short(score)]),
        element('td', {}, masked ? [text('hidden')] : [
          element('span', { class: 'bar', style: { width: `${weight * 160}px` } }), ` ${number(weight)}`,
        ]),
      ]);
    }));
    state.key = Math.min(state.key, keys.length - 1);
    roving(buttons, () => state.key, upAndDown(keys.length));
    choosePair(state.key);
  }

  function choosePair(n) {
    state.key = n;
    [...body.children].forEach((row, m) => row.classList.toggle('on', m === n));
    const [q, k] = [vector(one.vectors.queries, state.query), vector(one.vectors.keys, n)];
    const product = q.map((value, c) => value * k[c]);
    const dot = product.reduce((sum, value) => sum + value, 0);
    const index = state.query * keys.length + n;
    const [score, weight] = [one.scores[state.head][index], one.weights[state.head][index]];
    const plain = dot / Math.sqrt(width);
    const values = {
      width, dot: short(dot), root: short(Math.sqrt(width)), plain: short(plain), score: short(score), weight: number(weight),
    };
    // The numbers of the page are rounded, so the two cannot agree to the last digit.
    const size = product.reduce((sum, value) => sum + Math.abs(value), 0) / Math.sqrt(width);
    const isPlain = Math.abs(score - plain) <= 2e-3 * (size + Math.abs(score)) + 1e-4;
    const masked = one.masked[state.head].has(index);
    const lines = [text('sum', values), text(isPlain ? 'scaled' : 'biased', values), text(masked ? 'masked' : 'softmax', values)];
    const pair = { query: quoted(queries[state.query]), key: quoted(keys[n]) };
    const bars = element('div', { class: 'detail' }, [
      element('h2', {}, [text('components', { count: width, ...pair })]),
      'q', columnsOf(q, scale.q, q, k), 'k', columnsOf(k, scale.k, q, k), text('times'), columnsOf(product, largest(product), q, k),
    ]);
    detail.replaceChildren(bars, ...lines.map((line) => element('p', { class: 'sum' }, [line])));
    say(`${pair.query} → ${pair.key}: ${lines.join('; ')}`);
  }

  // A column for each component, upwards from the middle if it is positive.
  function columnsOf(values, most, q, k) {
    const wide = clamp(Math.floor(640 / width), 4, 14);
    const columns = values.map((value, n) => {
      const height = Math.max(0.5, (Math.abs(value) / most) * 22);
      return drawn('rect', {
        x: n * wide, y: value > 0 ? 24 - height : 24, width: wide - 1, height,
        fill: value > 0 ? '#d1495b' : '#3b7dd8',
        onmouseenter: () => say(text('component', { number: n + 1, q: short(q[n]), k: short(k[n]), product: short(q[n] * k[n]) })),
      });
    });
    return drawn('svg', { width: wide * width, height: 48, 'aria-hidden': 'true' }, columns);
  }
  draw();
}

// ---- start ----------------------------------------------------------------------------------------------------------

for (const button of document.getElementById('languages').children) {
  button.addEventListener('click', () => { state.language = button.dataset.language; show(); });
}
for (const button of document.getElementById('themes').children) {
  button.addEventListener('click', () => { state.theme = button.dataset.themeChoice; frame(); });
}
const tabs = [...document.getElementById('views').children];
tabs.forEach((tab, n) => {
  const open = () => { state.view = tab.dataset.view; state.enlarged = null; show(); };
  tab.addEventListener('click', open);
  tab.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = tabs[(n + step + VIEWS.length) % VIEWS.length];
    next.click();
    next.focus();
  });
});
reset();
show();
document.documentElement.dataset.ready = 'true';
