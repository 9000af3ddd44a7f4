// One over the sums along each row of |w| by and |w| against, 0 for a sum of 0: what turns them into shares. One lane per
// row; columns ascending, 64 at a time, so that long rows lose few bits.
#include "selection/_weight-score.wgsl"
@group(0) @binding(6) var<storage, read_write> y: array<vec2f>; // [rows] from inverse_at

// Division may be off by 2.5 ulp, differently on every device: this is rounded to nearest. No tie: 2^48 = m (2q + 1) has
// no solution with m odd, and a power of two leaves no remainder.
fn inverse_of(x: f32) -> f32 {
  let own = bitcast<u32>(x);
  let exponent = own >> 23u;
  if (exponent == 0u || exponent >= 253u) { return 0.0; }
  let m = (own & 0x7fffffu) | 0x800000u;
  if (m == 0x800000u) { return bitcast<f32>((254u - exponent) << 23u); }
  var rest = 0x800000u;
  var quotient = 0u; // of 2^47 / m, within (2^23, 2^24)
  for (var i = 0u; i < 24u; i += 1u) {
    rest <<= 1u;
    quotient <<= 1u;
    if (rest >= m) {
      rest -= m;
      quotient += 1u;
    }
  }
  if (2u * rest > m) { quotient += 1u; }
  return bitcast<f32>(((253u - exponent) << 23u) | (quotient & 0x7fffffu));
}

@compute @workgroup_size(${WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = (group.y * ${GRID_X}u + group.x) * ${WG}u + lane;
  if (row >= shape.rows) { return; }
  var total = vec2f(0.0);
  for (var head = 0u; head < shape.columns; head += 64u) {
    var sum = vec2f(0.0);
    let stop = min(shape.columns, head + 64u);
    for (var column = head; column < stop; column += 1u) {
      let size = magnitude(row, column);
      sum += vec2f(settled(size * by(column)), settled(size * other(column)));
    }
    total += sum;
  }
  y[shape.inverse_at + row] = vec2f(inverse_of(total.x), inverse_of(total.y));
}
