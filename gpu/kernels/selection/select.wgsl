// Keys -> keep bits, one lane per row. Of each group of columns the greatest `keep` are kept; of equal ones the lower
// columns go first. The least kept key is found by a radix select in registers, 2 bits a pass. GIVEN: it is known already.
struct Shape {
  rows: u32,
  columns: u32,
  key_at: u32,
  word_at: u32,   // of y
  tail_at: u32,   // of y: per row, kept keys below `own`
  own: u32,
  size: u32,      // columns of a group
  keep: u32,      // of a group
  keep_last: u32, // of the last group, where it is shorter
  row_at: u32,    // of found
}
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> keys: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<u32>;
#if GIVEN
@group(0) @binding(4) var<storage, read> found: array<vec2u>; // [rows]
#end

// The least kept key of n keys, or what it starts with where all such keys are kept; and how many equal to it are not.
fn least(first: u32, n: u32, keep: u32) -> vec2u {
  var base = 0u;   // digits found so far
  var need = keep; // of those that match them
  var equal = n;   // that match them
  var shift = 32u;
  while (shift > 0u && equal != need) {
    shift -= 2u;
    base <<= 2u;
    var c1 = 0u; // digit at least 1
    var c2 = 0u;
    var c3 = 0u;
    for (var at = first; at < first + n; at += 1u) {
      let digit = (keys[at] >> shift) - base; // beyond 3: another prefix
      c1 += u32(digit - 1u < 3u);
      c2 += u32(digit - 2u < 2u);
      c3 += u32(digit == 3u);
    }
    if (need <= c3) {
      base += 3u;
      equal = c3;
    } else if (need <= c2) {
      base += 2u;
      need -= c3;
      equal = c2 - c3;
    } else if (need <= c1) {
      base += 1u;
      need -= c2;
      equal = c1 - c2;
    } else {
      need -= c1;
      equal -= c1;
    }
  }
  return vec2u(base << (shift & 31u), equal - need); // base is 0 where shift is 32
}

@compute @workgroup_size(${WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = (group.y * ${GRID_X}u + group.x) * ${WG}u + lane;
  if (row >= shape.rows) { return; }
  let first = shape.key_at + row * shape.columns;
  var to = shape.word_at + row * ((shape.columns + 31u) / 32u);
  var tail = 0u;
  var bits = 0u;
  for (var head = 0u; head < shape.columns; head += shape.size) {
    let n = min(shape.size, shape.columns - head);
#if GIVEN
    let limit = found[shape.row_at + row];
#else
    let limit = least(first + head, n, select(shape.keep_last, shape.keep, n == shape.size));
#end
    var skip = limit.y;
    for (var column = head; column < head + n; column += 1u) {
      let key = keys[first + column];
      let equal = key == limit.x;
      let kept = key > limit.x || (equal && skip == 0u);
      skip -= u32(equal && skip > 0u);
      tail += u32(kept && key < shape.own);
      bits |= u32(kept) << (column & 31u);
      if ((column & 31u) == 31u) {
        y[to] = bits;
        to += 1u;
        bits = 0u;
      }
    }
  }
  if ((shape.columns & 31u) != 0u) { y[to] = bits; }
  y[shape.tail_at + row] = tail;
}
