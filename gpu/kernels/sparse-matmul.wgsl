// Y[M, N] = epilogue(X[M, K] W[N, K]^T + bias) over the columns that each block of 64 rows of W keeps: k ascends over these,
// one fma each, so that the sums are those of the dense kernel on weights of which the others are 0. Weights are stored by block,
// then column, then row: neighbouring lanes read neighbouring addresses.
#include "_step.wgsl"
struct Shape {
  n: u32,     // columns of Y
  k: u32,     // columns of X
  blocks: u32, // of one factor
  first: u32, // 0: one buffer holds all rows
  width: u32, // columns of Y
}
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> w: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;
@group(0) @binding(6) var<storage, read> spans: array<vec2u>; // of blocks: first entry of `columns`, and their number
@group(0) @binding(7) var<storage, read> columns: array<u32>;
#if ACTIVATE
#include "_activation.wgsl"
#end

@compute @workgroup_size(16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let m_count = step.${ROWS};
  let m0 = group.y * ${MT}u;
#for n 0 ${NC}
  let n_${n} = group.x * 64u + ${n * 16}u + lane;
#end
#for m 0 ${MT}
  let x_${m} = min(m0 + ${m}u, m_count - 1u) * shape.k;
#for n 0 ${NR}
  var acc_${m}_${n} = 0.0;
#end
#end
  {
    let span = spans[group.x];
#include "_sparse-sum.wgsl"
#for m 0 ${MT}
#for n 0 ${NC}
    acc_${m}_${n} = s_${m}_${n};
#end
#end
  }
#if GATED
  {
    let span = spans[group.x + shape.blocks];
#include "_sparse-sum.wgsl"
#for m 0 ${MT}
#for n 0 ${NC}
    acc_${m}_${n + NC} = s_${m}_${n};
#end
#end
  }
#end
#include "_epilogue.wgsl"
}
