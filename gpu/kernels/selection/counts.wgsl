// One pass of a radix select over more than a row: per row, how many keys match the prefix found so far, and of these how
// many have a next digit (2 bits) of at least 1, 2 and 3. One lane per row.
struct Shape {
  rows: u32,
  columns: u32,
  key_at: u32,
  row_at: u32, // of y
  scope: u32,  // whose prefix
}
struct Prefix {
  base: u32,   // digits found so far, then 00
  shift: u32,
}
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> keys: array<u32>;
@group(0) @binding(3) var<storage, read> prefixes: array<Prefix>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4u>;

@compute @workgroup_size(${WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = (group.y * ${GRID_X}u + group.x) * ${WG}u + lane;
  if (row >= shape.rows) { return; }
  let prefix = prefixes[shape.scope];
  let first = shape.key_at + row * shape.columns;
  var counts = vec4u(0u);
  for (var at = first; at < first + shape.columns; at += 1u) {
    let digit = (keys[at] >> prefix.shift) - prefix.base; // beyond 3: another prefix
    counts += vec4u(u32(digit < 4u), u32(digit - 1u < 3u), u32(digit - 2u < 2u), u32(digit == 3u));
  }
  y[shape.row_at + row] = counts;
}
