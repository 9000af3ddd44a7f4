// The kept columns of each block of 64 rows, as sparse-matmul.wgsl reads them: [entry of `columns`][row of the block], f32. Rows beyond
// the last are 0. One lane per weight.
#include "_step.wgsl"
struct Shape {
  weights: u32, // of the result: 64 per entry
  rows: u32,    // of one factor
  width: u32,   // columns of W
  blocks: u32,  // of one factor
}
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> columns: array<u32>;
#include "_load.wgsl"
@group(0) @binding(4) var<storage, read> block_of: array<u32>; // of each entry
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = (group.y * ${GRID_X}u + group.x) * 64u + lane;
  if (at >= shape.weights) { return; }
  let entry = at / 64u;
  let block = block_of[entry];
  let factor = block / shape.blocks;
  let row = (block % shape.blocks) * 64u + at % 64u;
  if (row >= shape.rows) {
    y[at] = 0.0;
    return;
  }
  y[at] = w1((factor * shape.rows + row) * shape.width + columns[entry]);
}
