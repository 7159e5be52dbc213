/* What the page does beyond being read: cells open their transcripts, the matrix is filtered, keys move in it. */
;(() => {
  const { reports } = JSON.parse(document.getElementById('data').textContent)
  const search = document.getElementById('search')
  const failedOnly = document.getElementById('failed-only')
  const shown = document.getElementById('shown')
  const panel = document.getElementById('panel')
  const cells = [...document.querySelectorAll('.cell')]
  const rows = [...document.querySelectorAll('tbody tr')]
  const MARKS = { passed: '✓', failed: '✗', skipped: '–' }
  const SIDES = { C: 'client', S: 'server' }

  /* Text goes into the page as text alone: what a server says is never markup. */
  function made(name, attributes, ...children) {
    const element = document.createElement(name)
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
    element.append(...children)
    return element
  }

  const resultsOf = (cell) =>
    cell.dataset.results.split(' ').map((index) => reports[Number(cell.dataset.report)].results[Number(index)])

  /* The filter. */

  const haystacks = new Map()
  function haystackOf(row) {
    if (!haystacks.has(row)) {
      const results = [...row.querySelectorAll('.cell')].flatMap(resultsOf)
      const words = results.flatMap((one) => [
        one.transcript,
        one.title,
        one.reason ?? '',
        ...one.dialogue,
        ...one.difference.map(([, text]) => text),
      ])
      const title = row.closest('section').querySelector('h2').textContent
      haystacks.set(row, [title, row.querySelector('th').textContent, ...words].join('\n').toLowerCase())
    }
    return haystacks.get(row)
  }

  function filter() {
    const wanted = search.value.trim().toLowerCase()
    let count = 0
    for (const row of rows) {
      const fails = !failedOnly.checked || row.querySelector('.cell.failed') !== null
      row.hidden = !fails || (wanted !== '' && !haystackOf(row).includes(wanted))
      if (!row.hidden) count++
    }
    for (const section of document.querySelectorAll('section.rfc'))
      section.hidden = section.querySelector('tbody tr:not([hidden])') === null
    for (const link of document.querySelectorAll('.rfcs a'))
      link.hidden = document.getElementById(link.hash.slice(1)).hidden
    shown.textContent = `${count} of ${rows.length} sections`
  }

  /* The panel. */

  function resultElement(result, open) {
    const summary = made(
      'summary',
      {},
      made('span', { class: 'mark' }, `${MARKS[result.outcome]} `),
      made('strong', {}, result.transcript),
      ` ${result.title}`,
    )
    const body = made('div', { class: 'body' }, made('p', { class: 'cites' }, result.place))
    if (result.reason !== null) body.append(made('p', {}, `skipped: ${result.reason}`))
    const lines = result.dialogue.map((line) => made('li', { class: SIDES[line[0]] ?? 'world' }, line))
    for (const [kind, text] of result.difference) lines.push(made('li', { class: kind }, text))
    if (lines.length > 0) body.append(made('ol', { class: 'dialogue', tabindex: '0' }, ...lines))
    const details = made('details', { class: `transcript ${result.outcome}` }, summary, body)
    details.open = open
    return details
  }

  const RANK = { failed: 0, passed: 1, skipped: 2 }

  function openCell(cell) {
    const results = [...resultsOf(cell)].sort((a, b) => RANK[a.outcome] - RANK[b.outcome])
    panel.querySelector('h2').textContent = cell.dataset.title
    const list = panel.querySelector('.list')
    list.replaceChildren(
      ...results.map((one, i) => resultElement(one, one.outcome === 'failed' || (i === 0 && results.length === 1))),
    )
    remember(`#${cell.id}`)
    if (!panel.open) panel.showModal()
    panel.scrollTop = 0
  }

  /* So that a cell can be linked to. A page from the file system may not be allowed to. */
  function remember(hash) {
    try {
      history.replaceState(null, '', hash)
    } catch {}
  }

  panel.addEventListener('close', () => remember('#'))
  panel.addEventListener('click', (event) => {
    if (event.target === panel || event.target.closest('.close') !== null) panel.close()
  })

  /* Keys. */

  const visible = () => cells.filter((cell) => cell.closest('[hidden]') === null)

  function move(from, key) {
    const all = visible()
    if (key === 'ArrowLeft' || key === 'ArrowRight') return all[all.indexOf(from) + (key === 'ArrowLeft' ? -1 : 1)]
    const column = all.filter((cell) => cell.dataset.report === from.dataset.report)
    return column[column.indexOf(from) + (key === 'ArrowUp' ? -1 : 1)]
  }

  function nextFailed(step) {
    const failed = visible().filter((cell) => cell.classList.contains('failed'))
    const at = failed.indexOf(document.activeElement)
    return at === -1 ? failed.at(step === 1 ? 0 : -1) : failed[(at + step + failed.length) % failed.length]
  }

  function focus(event, element) {
    if (element === undefined) return
    event.preventDefault()
    element.focus()
  }

  document.addEventListener('keydown', (event) => {
    if (panel.open || event.ctrlKey || event.metaKey || event.altKey) return
    const { target, key } = event
    if (target === search) {
      if (key === 'Escape') search.value = ''
      if (key === 'Escape') filter()
      return
    }
    if (key === '/') focus(event, search)
    else if (key === 'n') focus(event, nextFailed(1))
    else if (key === 'p') focus(event, nextFailed(-1))
    else if (key === 'f') failedOnly.click()
    else if (key.startsWith('Arrow') && target.matches('.cell')) focus(event, move(target, key))
  })

  for (const cell of cells) cell.addEventListener('click', () => openCell(cell))
  search.addEventListener('input', filter)
  failedOnly.addEventListener('change', filter)
  document.querySelector('.tools').addEventListener('submit', (event) => event.preventDefault())

  /* On paper nothing can be opened. */
  addEventListener('beforeprint', () => {
    for (const details of document.querySelectorAll('.failures details')) details.open = true
  })

  document.querySelector('.tools').hidden = false
  filter()
  const linked = cells.find((cell) => `#${cell.id}` === decodeURIComponent(location.hash))
  if (linked !== undefined) {
    linked.focus()
    openCell(linked)
  }
})()
