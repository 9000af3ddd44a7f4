// G[rows, columns] += scale L[T, rows]^T R[T, columns], summed over T in runs of 16. OWNED: of row i only the `columns`
// columns from owner[i] on, where it has any; the others stay as they are. A lane owns four rows (ALIGNED; else one) and
// ${N} loads of their columns.
#include "_step.wgsl"
struct Shape {
  rows: u32,    // in loads
  columns: u32, // of a row that are written, in loads
  width: u32,   // of R and of G, in loads
  scale: f32,
}
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> l: array<${VEC}>;
@group(0) @binding(3) var<storage, read> r: array<${VEC}>;
@group(0) @binding(4) var<storage, read> owner: array<u32>; // [rows]
@group(0) @binding(5) var<storage, read_write> y: array<${VEC}>;

@compute @workgroup_size(16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = (group.y * ${GRID_X}u + group.x) * 16u + lane;
  let blocks = (shape.columns + ${N - 1}u) / ${N}u;
  let i = at / blocks;
  if (i >= shape.rows) { return; }
#if OWNED
  let first = owner[i * ${M}u];
  if (first == 0xffffffffu) { return; }
  let start = first / ${M}u;
#else
  let start = 0u;
#end
  let j = at % blocks * ${N}u;
#for n 0 ${N}
  let c_${n} = start + min(j + ${n}u, shape.columns - 1u);
#for m 0 ${M}
  var sum_${m}_${n} = ${VEC}();
#end
#end
  for (var t0 = 0u; t0 < step.rows; t0 += 16u) {
#for n 0 ${N}
#for m 0 ${M}
    var part_${m}_${n} = ${VEC}();
#end
#end
    let stop = min(t0 + 16u, step.rows);
    for (var t = t0; t < stop; t += 1u) {
      let left = l[t * shape.rows + i];
#for n 0 ${N}
      let right_${n} = r[t * shape.width + c_${n}];
#for m 0 ${M}
#if ALIGNED
      part_${m}_${n} = fma(vec4f(left[${m}]), right_${n}, part_${m}_${n});
#else
      part_${m}_${n} = fma(left, right_${n}, part_${m}_${n});
#end
#end
#end
    }
#for n 0 ${N}
#for m 0 ${M}
    sum_${m}_${n} += part_${m}_${n};
#end
#end
  }
#for n 0 ${N}
  if (j + ${n}u < shape.columns) {
#for m 0 ${M}
    y[(i * ${M}u + ${m}u) * shape.width + c_${n}] += shape.scale * sum_${m}_${n};
#end
  }
#end
}
