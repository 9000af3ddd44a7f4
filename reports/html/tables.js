// Tables of the report that can be sorted by a column and filtered by words.

for (const table of document.querySelectorAll('table[data-sortable]')) {
  const body = table.tBodies[0];
  const first = [...body.rows];
  const sortValue = (row, column) => {
    const cell = row.cells[column];
    const given = cell?.dataset.v;
    if (given === undefined) return cell?.textContent.trim() ?? '';
    return given === '' ? null : Number(given);
  };
  // What has no figure stays last, whichever way the rest goes.
  const order = (a, b, turn) => {
    if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0);
    return turn * (typeof a === 'number' ? a - b : a.localeCompare(b));
  };
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    if (head.textContent === '') return;
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const before = head.getAttribute('aria-sort');
      for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
      const numeric = head.classList.contains('number');
      const next = before === null ? (numeric ? 'descending' : 'ascending') : null;
      const turned = before === (numeric ? 'descending' : 'ascending') ? (numeric ? 'ascending' : 'descending') : next;
      if (turned === null) return body.append(...first);
      head.setAttribute('aria-sort', turned);
      const turn = turned === 'ascending' ? 1 : -1;
      body.append(...first.toSorted((a, b) => order(sortValue(a, column), sortValue(b, column), turn)));
    });
  });

  const bar = document.createElement('div');
  bar.className = 'bar';
  const words = document.createElement('input');
  words.type = 'search';
  words.placeholder = 'Filter methods';
  words.setAttribute('aria-label', `Filter: ${table.caption?.textContent ?? ''}`);
  const label = document.createElement('label');
  const controls = document.createElement('input');
  controls.type = 'checkbox';
  controls.checked = true;
  label.append(controls, 'controls');
  const told = document.createElement('span');
  told.setAttribute('role', 'status');
  bar.append(words, label, told);
  table.parentElement.before(bar);
  const filter = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of first) {
      const text = row.textContent.toLowerCase();
      row.hidden = !(
        (controls.checked || !row.classList.contains('control')) &&
        wanted.every((word) => text.includes(word))
      );
      if (!row.hidden) shown++;
    }
    told.textContent = shown === first.length ? '' : `${shown} of ${first.length}`;
  };
  words.addEventListener('input', filter);
  controls.addEventListener('change', filter);
}

for (const code of document.querySelectorAll('code.command')) {
  if (!navigator.clipboard) break;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = 'copy';
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = 'copied';
    } catch {
      button.textContent = 'not allowed';
    }
  });
  code.before(button, ' ');
}
