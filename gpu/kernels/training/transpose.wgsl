// Y[K, N] = W[N, K]^T in f32: rows from.. of one chunk of W, which become columns first.. of Y; columns of Y beyond those
// rows, up to `fill`, are 0. One lane per load of a row and four rows.
#include "_step.wgsl"
struct Shape {
  rows: u32,   // that are read
  loads: u32,  // per row: K / 4 where rows are aligned, else K
  start: u32,  // row of W
  first: u32,  // column of Y
  width: u32,  // columns of Y
  fill: u32,   // columns that are written, from `first`
}
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
#include "_load.wgsl"
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = (group.y * ${GRID_X}u + group.x) * 16u + lane;
  let blocks = (shape.fill + 3u) / 4u;
  let load = at / blocks;
  if (load >= shape.loads) { return; }
  let n0 = at % blocks * 4u;
#for n 0 4
  let r_${n} = (shape.start + min(n0 + ${n}u, shape.rows - 1u)) * shape.loads + load;
#if ALIGNED
  let w_${n} = select(vec4f(), w4(r_${n}), n0 + ${n}u < shape.rows);
#else
  let w_${n} = select(0.0, w1(r_${n}), n0 + ${n}u < shape.rows);
#end
#end
#for n 0 4
  if (n0 + ${n}u < shape.fill) {
    let to = shape.first + n0 + ${n}u;
#if ALIGNED
#for k 0 4
    y[(load * 4u + ${k}u) * shape.width + to] = w_${n}[${k}];
#end
#else
    y[load * shape.width + to] = w_${n};
#end
  }
#end
}
