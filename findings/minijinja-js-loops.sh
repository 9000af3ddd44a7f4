#!/bin/sh
# Finding: minijinja-js 2.11.0 (MiniJinja in WebAssembly) on valid Jinja2 that chat templates use: keys of a dict literal
# come out sorted, a `set` in a turn of a loop is seen by the next turn, and break and continue are unknown statements.
# Prints both; ends with 1 if it changes. Needs node, npm, python3 with venv.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --ignore-scripts --no-audit --no-fund --silent minijinja-js@2.11.0
python3 -m venv py; py/bin/pip -q install --disable-pip-version-check jinja2==3.1.6
cat > cases.json <<'J'
[["keys of a dict literal", "{% for k in {'S1': 1, 'S2': 2, 'S10': 10} %}{{ k }} {% endfor %}", "S1 S2 S10 ", "S1 S10 S2 "],
 ["set in a turn of a loop", "{% for x in [1, 2] %}{% if x == 1 %}{% set y = 'Y' %}{% endif %}[{{ y }}]{% endfor %}", "[Y][]", "[Y][Y]"],
 ["continue", "{% for x in [1, 2] %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% endfor %}", "2", "refused: unknown statement continue"],
 ["break", "{% for x in [1, 2] %}{{ x }}{% break %}{% endfor %}", "1", "refused: unknown statement break"]]
J
cat > run.cjs <<'J'
const { Environment } = require('minijinja-js');
for (const [, source] of JSON.parse(require('fs').readFileSync('cases.json'))) {
  const e = new Environment();
  e.trimBlocks = true; e.lstripBlocks = true; e.enablePyCompat();
  try { console.log(JSON.stringify(e.renderStr(source, {}))); }
  catch (error) { console.log(JSON.stringify(`refused: ${/unknown statement \w+/.exec(String(error))?.[0] ?? error}`)); }
}
J
cat > run.py <<'J'
import json
from jinja2.sandbox import ImmutableSandboxedEnvironment
e = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=['jinja2.ext.loopcontrols'])
for _, source, *_ in json.load(open('cases.json')): print(json.dumps(e.from_string(source).render()))
J
node run.cjs > mini.txt; py/bin/python run.py > py.txt
node -e '
const lines = (f) => require("fs").readFileSync(f, "utf8").trim().split("\n").map((l) => JSON.parse(l));
const [mini, py] = [lines("mini.txt"), lines("py.txt")];
let changed = 0;
JSON.parse(require("fs").readFileSync("cases.json")).forEach(([name, , jinja2, js], k) => {
  const same = py[k] === jinja2 && mini[k] === js;
  if (!same) changed = 1;
  console.log(`${same ? "as found" : "CHANGED "}  ${name}: Jinja2 ${JSON.stringify(py[k])}, minijinja-js ${JSON.stringify(mini[k])}`);
});
process.exit(changed);'
