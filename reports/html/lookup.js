// Item by item: outcomes are searched and drawn as they are asked for. All text goes in as text, never as markup.

const data = JSON.parse(document.getElementById('outcomes').textContent);
const place = document.getElementById('explorer');
if (place !== null) explore(place);

function explore(root) {
  const PAGE = 25;
  const { strings, cells, items } = data;
  const el = (name, className = '', ...children) => {
    const element = document.createElement(name);
    if (className !== '') element.className = className;
    element.append(...children);
    return element;
  };
  const percent = (p) => `${(100 * p).toFixed(1)} %`;

  // One record an outcome; p is the mean over orders, by option.
  const ordersOf = ({ cell, k, item }) => {
    const n = item.options.length;
    const all = cell.p[k].map((p) => p / 10_000);
    return Array.from({ length: all.length / n }, (_, o) => all.slice(o * n, (o + 1) * n));
  };
  const meanOf = (shares, n) => {
    const p = new Array(n).fill(0);
    for (let i = 0; i < shares.length; i++) p[i % n] += (shares[i] * n) / shares.length / 10_000;
    return p;
  };
  const recordsOf = (from) =>
    from.flatMap((cell) =>
      cell.items.map((at, k) => {
        const item = items[at];
        const p = meanOf(cell.p[k], item.options.length);
        return { cell, k, at, item, p, took: p.indexOf(Math.max(...p)), wanted: cell.wanted[k] };
      }),
    );
  const outcomes = recordsOf(cells);
  const haystack = items.map(({ id, trait, question, options }) =>
    [id, trait, question, ...options]
      .map((text) => strings[text])
      .join('\n')
      .toLowerCase(),
  );

  const choice = (label, values, first) => {
    const select = el('select');
    select.setAttribute('aria-label', label);
    if (first !== null) select.append(new Option(first, ''));
    for (const value of values) select.append(new Option(strings[value] ?? '', String(value)));
    return select;
  };
  const distinct = (field) => [...new Set(cells.map((cell) => cell[field]))].filter((value) => value >= 0);
  const search = el('input');
  search.type = 'search';
  search.placeholder = 'Search items, questions, options';
  search.setAttribute('aria-label', 'Search items');
  const entry = choice('Method', distinct('entry'), 'every method');
  const persona = choice('Persona', distinct('persona'), 'every persona');
  const evaluation = choice(
    'Evaluation',
    distinct('evaluation'),
    distinct('evaluation').length > 1 ? 'every evaluation' : null,
  );
  const reference = choice('Reference', distinct('entry'), null);
  const dense = cells.find((cell) => strings[cell.entry] === data.reference);
  if (dense !== undefined) reference.value = String(dense.entry);
  const turnedOnly = el('input');
  turnedOnly.type = 'checkbox';
  const told = el('p', 'note');
  told.setAttribute('role', 'status');
  const list = el('div', 'outcomes');
  const more = el('button', 'more', 'Show more');
  more.type = 'button';
  root.append(
    el(
      'div',
      'bar',
      search,
      evaluation,
      entry,
      persona,
      el('label', '', 'changed against ', reference),
      el('label', '', turnedOnly, 'changed only'),
    ),
    told,
    list,
    more,
  );

  // What the reference says of an item: another run in the same cell, a method told the same persona, or one told none.
  const RUN = 'run';
  if (data.run !== null) {
    reference.prepend(new Option(`the same in ${data.run}`, RUN));
    reference.value = RUN;
  }
  const earlier = recordsOf(data.before);
  let known = new Map();
  // Cells that ask alike have a number, so that 50,000 keys are no texts.
  const groups = new Map();
  const groupOf = (cell, ...who) => {
    const name = [cell.model, cell.evaluation, ...who].join();
    if (!groups.has(name)) groups.set(name, groups.size);
    return groups.get(name) * items.length;
  };
  for (const cell of [...cells, ...data.before]) {
    cell.told = groupOf(cell, cell.persona);
    cell.plain = groupOf(cell, -1);
    cell.place = groupOf(cell, cell.entry, cell.persona, cell.wording, cell.seed);
  }
  const before = ({ cell, at }, run) => {
    if (run) return known.get(cell.place + at) ?? null;
    return known.get(cell.told + at) ?? known.get(cell.plain + at) ?? null;
  };
  const refer = () => {
    const [run, chosen] = [reference.value === RUN, Number(reference.value)];
    known = new Map();
    for (const one of run ? earlier : outcomes) {
      const key = (run ? one.cell.place : one.cell.told) + one.at;
      if ((run || one.cell.entry === chosen) && !known.has(key)) known.set(key, one);
    }
    for (const one of outcomes) {
      const was = before(one, run);
      one.was = was;
      one.turned = was !== null && was.took !== one.took;
      one.moved = was === null ? 0 : Math.max(...one.p.map((p, i) => Math.abs(p - was.p[i])));
    }
  };

  let found = [];
  let shown = 0;
  const find = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = haystack.map((text) => words.every((word) => text.includes(word)));
    const same = (select, value) => select.value === '' || select.value === String(value);
    found = outcomes.filter(
      (one) =>
        fits[one.at] &&
        same(evaluation, one.cell.evaluation) &&
        same(entry, one.cell.entry) &&
        same(persona, one.cell.persona) &&
        (!turnedOnly.checked || one.turned),
    );
    const turned = found.filter((one) => one.turned).length;
    found.sort((a, b) => b.turned - a.turned || b.moved - a.moved);
    told.textContent = `${found.length} of ${outcomes.length} outcomes, ${turned} changed; the largest change first.`;
    list.replaceChildren();
    shown = 0;
    show();
  };
  const show = () => {
    list.append(...found.slice(shown, shown + PAGE).map(draw));
    shown = Math.min(found.length, shown + PAGE);
    more.hidden = shown >= found.length;
  };

  const who = ({ cell }) =>
    [
      strings[cell.entry],
      strings[cell.persona],
      strings[cell.wording],
      cell.seed === null ? undefined : `seed ${cell.seed}`,
    ]
      .filter((part) => part !== undefined)
      .join(' · ');

  const draw = (one) => {
    const fits = one.took === one.wanted;
    const said = fits ? el('span', 'verdict yes', '✓ the persona’s') : el('span', 'verdict no', '✗ not the persona’s');
    // On a scale an answer is more or less the persona's.
    const graded = data.graded.includes(strings[one.cell.evaluation]);
    const marks = el('span', 'marks', graded ? strings[one.item.options[one.took]] : said);
    if (one.turned) marks.append(' ', el('span', 'tag', '⇄ changed'));
    const p = one.p[one.wanted];
    const share = el('span', 'share', p === undefined ? '' : percent(p));
    const box = el(
      'details',
      'outcome',
      el('summary', '', el('span', 'asked', strings[one.item.question]), el('span', 'who', who(one)), marks, share),
    );
    box.addEventListener('toggle', () => {
      if (box.open && box.childElementCount === 1) box.append(...inside(one));
    });
    return box;
  };

  const inside = (one) => {
    const { cell, k, item, p, was, took, wanted } = one;
    const orders = ordersOf(one);
    const row = (name, cellsOf) =>
      el('tr', '', ...cellsOf.map((text, i) => el(i === 0 ? 'th' : name, i === 0 ? 'long' : 'number', text)));
    const head = ['option', 'probability', ...orders.map((_, o) => `order ${o + 1}`)];
    if (was !== null) head.push(reference.value === RUN ? data.run : strings[was.cell.entry]);
    const rows = item.options.map((option, i) => {
      const notes = [i === took ? 'likeliest' : '', i === wanted ? 'the persona’s' : ''].filter(Boolean).join(', ');
      const name = el('span', '', strings[option], ...(notes === '' ? [] : [' ', el('small', '', notes)]));
      const figures = [p[i], ...orders.map((order) => order[i]), ...(was === null ? [] : [was.p[i]])];
      return row('td', [name, ...figures.map(percent)]);
    });
    const table = el('table', '', el('thead', '', row('th', head)), el('tbody', '', ...rows));
    const parts = [el('div', 'scroll', table)];
    for (const text of cell.texts?.[k] ?? [])
      parts.push(el('p', 'note', 'What was written:'), el('pre', '', strings[text]));
    const lines = data.prompts[cell.prompts[k]];
    parts.push(
      el(
        'p',
        'note',
        `${strings[item.id]}, trait ${strings[item.trait]}, ${strings[cell.evaluation]} on ${strings[cell.model]}, ${cell.tokens[k]} tokens of prompt. In order 1 it reads:`,
      ),
    );
    if (lines === undefined) parts.push(el('p', 'note', 'Its text is not in this page.'));
    else parts.push(el('pre', 'prompt', lines.map((line) => strings[line]).join('\n')));
    parts.push(
      el(
        'p',
        'note',
        `The prompt of the first item of its cell, with token ids: ${data.plan} --show-prompt ${cell.number}`,
      ),
    );
    return parts;
  };

  for (const field of [evaluation, entry, persona, turnedOnly]) field.addEventListener('change', find);
  search.addEventListener('input', find);
  reference.addEventListener('change', () => {
    refer();
    find();
  });
  more.addEventListener('click', show);
  refer();
  find();
}
