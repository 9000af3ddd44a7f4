// Chosen rows and columns of a matrix, in its own bits: one lane per word of the result.
#include "_step.wgsl"
struct Shape {
  words: u32,   // of the result
  per_row: u32, // words of a row of the result
  columns: u32, // of the matrix
}
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> w: array<u32>;
@group(0) @binding(3) var<storage, read> rows: array<u32>;
@group(0) @binding(4) var<storage, read> columns: array<u32>;
@group(0) @binding(5) var<storage, read_write> y: array<u32>;
#if !F32
fn half_at(at: u32) -> u32 { return (w[at >> 1u] >> ((at & 1u) * 16u)) & 0xffffu; }
#end

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = (group.y * ${GRID_X}u + group.x) * 64u + lane;
  if (at >= shape.words) { return; }
  let row = rows[at / shape.per_row] * shape.columns;
  let word = at % shape.per_row;
#if F32
  y[at] = w[row + columns[word]];
#else
  y[at] = half_at(row + columns[2u * word]) | (half_at(row + columns[2u * word + 1u]) << 16u);
#end
}
