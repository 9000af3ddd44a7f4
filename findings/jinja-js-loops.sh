#!/bin/sh
# Finding: @huggingface/jinja 0.5.11 renders valid chat templates differently from Jinja2 3.1.6, without an error.
# Prints both; ends with 1 if any of the behaviour below changes. Needs node, npm, python3 with venv.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --ignore-scripts --no-audit --no-fund --silent @huggingface/jinja@0.5.11
python3 -m venv py; py/bin/pip -q install --disable-pip-version-check jinja2==3.1.6
cat > cases.json <<'J'
[["output before continue", "{% for x in [1, 2] %}<{{ x }}>{% if x == 1 %}!{% continue %}{% endif %}{% endfor %}", "<1>!<2>", "<2>"],
 ["output before break", "{% for x in [1, 2] %}<{{ x }}>{% if x == 2 %}!{% break %}{% endif %}{% endfor %}", "<1><2>!", "<1>"],
 ["set in a turn of a loop", "{% for x in [1, 2] %}{% if x == 1 %}{% set y = 'Y' %}{% endif %}[{{ y }}]{% endfor %}", "[Y][]", "[Y][Y]"],
 ["argument of lstrip", "{{ '\\n\\n  - a'.lstrip('\\n') }}", "  - a", "- a"],
 ["none, true", "{{ none }} {{ true }}", "None True", " true"],
 ["a list written out", "{{ ['a', none] }}", "['a', None]", "[\"a\", null]"],
 ["'' == 0", "{{ 'yes' if '' == 0 else 'no' }}", "no", "yes"],
 ["a macro and its caller's names", "{% macro m() %}{{ x }}{% endmacro %}{% for x in [1] %}[{{ m() }}]{% endfor %}", "[]", "[1]"]]
J
cat > run.mjs <<'J'
import { readFileSync } from 'node:fs';
import { Template } from '@huggingface/jinja';
for (const [, source] of JSON.parse(readFileSync('cases.json'))) console.log(JSON.stringify(new Template(source).render({})));
J
cat > run.py <<'J'
import json
from jinja2.sandbox import ImmutableSandboxedEnvironment
e = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=['jinja2.ext.loopcontrols'])
for _, source, *_ in json.load(open('cases.json')): print(json.dumps(e.from_string(source).render()))
J
node run.mjs > hf.txt; py/bin/python run.py > py.txt
node -e '
const lines = (f) => require("fs").readFileSync(f, "utf8").trim().split("\n").map((l) => JSON.parse(l));
const [hf, py] = [lines("hf.txt"), lines("py.txt")];
let changed = 0;
JSON.parse(require("fs").readFileSync("cases.json")).forEach(([name, , jinja2, js], k) => {
  const same = py[k] === jinja2 && hf[k] === js;
  if (!same) changed = 1;
  console.log(`${same ? "as found" : "CHANGED "}  ${name}: Jinja2 ${JSON.stringify(py[k])}, @huggingface/jinja ${JSON.stringify(hf[k])}`);
});
process.exit(changed);'
