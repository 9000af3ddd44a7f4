// Sums of scores, f32 in one fixed order. ALONG: of each row, columns ascending, 64 at a time; else of each column over
// the rows of a tile, ascending, going on from what an earlier run of rows left of the tile.
#include "selection/_weight-score.wgsl"
@group(0) @binding(6) var<storage, read_write> y: array<f32>; // ALONG: [rows], else [tiles, columns], from y_at

@compute @workgroup_size(${WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = (group.y * ${GRID_X}u + group.x) * ${WG}u + lane;
#if ALONG
  if (at >= shape.rows) { return; }
  var total = 0.0;
  for (var head = 0u; head < shape.columns; head += 64u) {
    var sum = 0.0;
    let stop = min(shape.columns, head + 64u);
    for (var column = head; column < stop; column += 1u) { sum += value_of(at, column); }
    total += sum;
  }
  y[shape.y_at + at] = total;
#else
  let tile = shape.first / shape.tile_rows + at / shape.columns;
  let column = at % shape.columns;
  let stop = min(shape.first + shape.rows, (tile + 1u) * shape.tile_rows);
  let start = tile * shape.tile_rows;
  let head = max(start, shape.first);
  if (head >= stop) { return; }
  let to = shape.y_at + (tile - shape.tile_first) * shape.columns + column;
  var sum = 0.0;
  if (start < shape.first) { sum = y[to]; }
  for (var row = head; row < stop; row += 1u) { sum += value_of(row - shape.first, column); }
  y[to] = sum;
#end
}
