// G[rows, columns] += scale L[T, rows]^T R[T, columns], summed over T in runs of 16. OWNED: of row i only the `columns`
// columns from owner[i] on, where it has any; the others stay as they are. One lane per row and four columns.
#include "step.wgsl"
struct Shape {
  rows: u32,
  columns: u32, // of a row that are written
  width: u32,   // of R and of G
  scale: f32,
}
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> l: array<f32>;
@group(0) @binding(3) var<storage, read> r: array<f32>;
@group(0) @binding(4) var<storage, read> owner: array<u32>; // [rows]
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = (group.y * ${GRID_X}u + group.x) * 64u + lane;
  let blocks = (shape.columns + 3u) / 4u;
  let i = at / blocks;
  if (i >= shape.rows) { return; }
#if OWNED
  let first = owner[i];
  if (first == 0xffffffffu) { return; }
#else
  let first = 0u;
#end
  let j = at % blocks * 4u;
#for n 0 4
  let c_${n} = first + min(j + ${n}u, shape.columns - 1u);
  var sum_${n} = 0.0;
#end
  for (var t0 = 0u; t0 < step.rows; t0 += 16u) {
#for n 0 4
    var part_${n} = 0.0;
#end
    let stop = min(t0 + 16u, step.rows);
    for (var t = t0; t < stop; t += 1u) {
      let left = l[t * shape.rows + i];
      let right = t * shape.width;
#for n 0 4
      part_${n} = fma(left, r[right + c_${n}], part_${n});
#end
    }
#for n 0 4
    sum_${n} += part_${n};
#end
  }
#for n 0 4
  if (j + ${n}u < shape.columns) { y[i * shape.width + c_${n}] += shape.scale * sum_${n}; }
#end
}
