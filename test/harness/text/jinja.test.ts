// The Jinja renderer against Jinja2's own results, what it refuses by name, and its bound on work.

import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { compileJinja } from '../../../harness/text/jinja/index.ts';
import { test } from '../../support/suite.ts';

const DAY = '2024-07-26';
const { data, cases } = JSON.parse(readFileSync(new URL('jinja-cases.json', import.meta.url), 'utf8')) as {
  data: Record<string, unknown>;
  cases: [string, string | null][];
};
const render = (source: string): string => compileJinja(source, DAY).render(data);

test('every template renders, or is refused, as Jinja2 does it', () => {
  assert.is(cases.length, 101);
  for (const [source, expected] of cases) {
    if (expected === null) assert.throws(() => render(source), undefined, source);
    else assert.is(render(source), expected, source);
  }
});

test('what is not supported is refused by its name', () => {
  for (const [source, message] of [
    ['{{ 1 < 2 < 3 }}', /a chain of comparisons/],
    ["{{ 'a' | escape }}", /the filter "escape" is not supported/],
    ["{{ 'a' is filter }}", /the test "filter" is not supported/],
    ["{% include 'x' %}", /include/],
    ["{{ '%s' % 'a' }}", /"%" is only known between numbers|not known between str and str/],
    ["{{ strftime_now('%Q') }}", /strftime_now does not know %Q/],
    ["{{ '\\N{DASH}' }}", /characters by name/],
    ['{{ 9007199254740993 + 1 }}', /beyond 2\^53/],
    ["{{ '{:>5}'.format(1) }}", /format\(\) of \{:>5\} is not supported/],
    ['{{ messages.__class__ }}', /the sandbox forbids it/],
    ["{{ 'a'.encode() }}", /str has no "encode"/],
    ['{% macro hi(a) %}{% endmacro %}{{ hi.name }}', /"name" of the macro or function "hi" is not followed/],
    ['{% for m in messages %}', /./],
    ['{{ "a', /a string has no end/],
    ['{% raw %}', /a raw block has no end/],
    ['{{ a ) }}', /unexpected "\)"/],
  ] as const) {
    assert.throws(
      () => render(source),
      (error: Error) => message.test(error.message) || fail(source, error),
      source,
    );
  }
});

function fail(source: string, error: Error): never {
  throw new Error(`${source}: ${error.message}`);
}

test('work and text are bounded, the same on every machine', () => {
  const grow = (start: string, step: string, end: string): string =>
    `{% set ns = namespace(x=${start}) %}{% for i in range(60) %}{% set ns.x = ${step} %}{% endfor %}{{ ${end} }}`;
  for (const source of [
    '{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}',
    '{{ "x" * 1000000000 }}',
    grow("'ab'", 'ns.x ~ ns.x', 'ns.x'),
    grow('[1]', 'ns.x + ns.x', 'ns.x'),
    grow('[1]', '[ns.x, ns.x]', 'ns.x'),
    grow('[1]', '[ns.x, ns.x]', 'ns.x | tojson'),
    grow('[1]', '[ns.x, ns.x]', 'ns.x == ns.x[:]'),
    '{% macro f(n) %}{{ f(n) }}{{ f(n) }}{% endmacro %}{{ f(1) }}',
    '{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}',
    `{% set h = 'a' * 1000000 %}{% set n = 'a' * 500000 ~ 'b' %}{{ n in h }}`,
    '{% for i in range(1000000000) %}x{% endfor %}',
  ]) {
    assert.throws(() => render(source), /too much work|longer than|too deeply/, source);
  }
  assert.is(render(`x${' '.repeat(200_000)}{%- if true %}y{% endif %}`), 'xy');
});

test.run();
