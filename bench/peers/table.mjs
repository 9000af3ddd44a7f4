// What compare.mjs prints: the figures with their spread, and what they were measured on.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function spread(values) {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values), rounds: values.length };
}

export function report({ ours, peer, machine, check, cases, load }) {
  const figure = (one, digits) =>
    one ? `${one.median.toFixed(digits)} (${one.least.toFixed(digits)}-${one.most.toFixed(digits)})` : '';
  console.log(`ours: ${ours.engine}, ${ours.weights}, ${ours.device}`);
  console.log(`peer: ${[peer.engine, peer.weights, peer.device, peer.layers, ...peer.env].join(', ')}`);
  for (const line of peer.said) console.log(`      ${line}`);
  console.log(`${machine.cores} x ${machine.cpu}; load average ${load.map((n) => n.toFixed(1)).join(' -> ')}`);
  const { positions, sameTop, logprobsApart } = check;
  const apart = `log-probs ${logprobsApart.median.toFixed(4)} apart (median), ${logprobsApart.worst.toFixed(4)} at most`;
  console.log(`same work: ${sameTop} of ${positions} top-1 equal, ${apart}\n`);
  const lines = [['', '', 'tokens/s', 'x peer', 'x peer by CPU time']];
  for (const { case: title, rows, sameTokens } of cases) {
    const what = sameTokens === undefined ? title : `${title} (first ${sameTokens} equal)`;
    for (const { who, perSecond, ratio, cpuRatio } of rows) {
      lines.push([what, who, figure(perSecond, 1), figure(ratio, 2), figure(cpuRatio, 2)]);
    }
  }
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  for (const line of lines)
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
}
