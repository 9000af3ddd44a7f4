// Keys of the weights of a run of rows; one lane per word of a mask, 32 columns of a row.
#include "selection/_weight-score.wgsl"
@group(0) @binding(6) var<storage, read_write> y: array<u32>; // [rows, columns] from y_at

@compute @workgroup_size(${WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = (group.y * ${GRID_X}u + group.x) * ${WG}u + lane;
  if (at >= shape.rows * shape.per_row) { return; }
  let row = at / shape.per_row;
  let word = at % shape.per_row;
  let stop = min(shape.columns, word * 32u + 32u);
  let to = shape.y_at + row * shape.columns;
#if BITS
  let held = bits[shape.bits_at + at];
#else
  let held = 0u;
#end
  for (var column = word * 32u; column < stop; column += 1u) {
    y[to + column] = key_of(row, column, ((held >> (column & 31u)) & 1u) == 1u);
  }
}
