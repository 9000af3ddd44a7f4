#!/bin/sh
# npm pure-rand 8.4.2: xoroshiro128plus(seed) puts the seed into its state as it is, so that the first output of every seed is
# ~seed, the first double of each of the first 1000 seeds is above 0.9999, and the first coin flips of neighbouring seeds are the same.
# The mersenne generator of the same package, and a state filled by splitmix64, draw nothing alike.
# Prints what it does; exit 1 when that changes.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --ignore-scripts --no-audit --no-fund --silent pure-rand@8.4.2
cat > run.cjs <<'JS'
const { xoroshiro128plus } = require('pure-rand/generator/xoroshiro128plus');
const { mersenne } = require('pure-rand/generator/mersenne');
const { uniformFloat64 } = require('pure-rand/distribution/uniformFloat64');
const { uniformInt } = require('pure-rand/distribution/uniformInt');
const seeds = Array.from({ length: 1000 }, (_, seed) => seed);
const firsts = (generator, draw) => seeds.map((seed) => draw(generator(seed)));
let wrong = 0;
const expect = (holds, line) => { console.log(line); if (!holds) wrong += 1; };
const raw = firsts(xoroshiro128plus, (rng) => rng.next());
expect(raw.every((out, seed) => out === ~seed), `first output of seeds 0 to 3: ${raw.slice(0, 4).join(' ')}; ~seed for all 1000: ${raw.every((out, seed) => out === ~seed)}`);
const doubles = firsts(xoroshiro128plus, uniformFloat64);
expect(Math.min(...doubles) > 0.9999, `least of the first doubles of 1000 seeds: ${Math.min(...doubles)}`);
const flips = firsts(xoroshiro128plus, (rng) => uniformInt(rng, 0, 2 ** 30 - 1) >>> 10);
const alike = flips.filter((bits) => bits === flips[0]).length;
expect(alike === 1000, `of 30 first coin flips, the upper 20 are the same for ${alike} of 1000 seeds`);
const other = firsts(mersenne, uniformFloat64);
expect(Math.min(...other) < 0.01 && Math.max(...other) > 0.99, `mersenne, first doubles of 1000 seeds: ${Math.min(...other).toFixed(4)} to ${Math.max(...other).toFixed(4)}`);
process.exit(wrong > 0 ? 1 : 0);
JS
npm ls --depth 0 | tail -n +2
node run.cjs
