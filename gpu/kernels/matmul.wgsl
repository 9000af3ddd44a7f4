// Y[M, N] = epilogue(X[M, K] W[N, K]^T + bias): each lane owns ${MT} rows of X and ${NR} rows of W, and reads them itself
// or, STAGED, through the memory of its workgroup.
// Epilogues: store; add to Y (residual) or to another buffer (base); activation; gated: rows 0..n of W are the gate, n..2n the other factor.
#include "_step.wgsl"
struct Shape {
  n: u32,     // columns of Y that this chunk of W gives
  k4: u32,    // loads per row: K / 4 where rows are aligned, else K
  first: u32, // the first of them
  width: u32, // columns of Y in all
#if MASKED
  words: u32, // of the mask per row
#if SOFT
  gamma: f32, // what a removed weight is multiplied with
#end
#end
}
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
#if ALIGNED
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
#else
@group(0) @binding(2) var<storage, read> x: array<f32>;
#end
#include "_load.wgsl"
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;
#if BASE
@group(0) @binding(6) var<storage, read> base: array<f32>;
#end
#if MASKED
#include "_mask.wgsl"
#end
#if ACTIVATE
#include "_activation.wgsl"
#end
#if STAGED
#if ALIGNED
var<workgroup> staged_x: array<vec4f, ${BM * KT}>;
var<workgroup> staged_w: array<vec4f, ${BN * KT}>;
#else
var<workgroup> staged_x: array<f32, ${BM * KT}>;
var<workgroup> staged_w: array<f32, ${BN * KT}>;
#end
#end

@compute @workgroup_size(${WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let m_count = step.${ROWS};
#if STAGED
  let group_m = group.y * ${BM}u;
  let group_n = group.x * ${NG}u;
  let lane_m = lane / ${LX}u * ${MT}u;
  let lane_n = lane % ${LX}u * ${NC}u;
  let m0 = group_m + lane_m;
  let n0 = group_n + lane_n;
#else
  let m0 = group.y * ${MT}u;
  let n0 = (group.x * ${WG}u + lane) * ${NC}u;
  if (n0 >= shape.n) { return; }
#end
#for n 0 ${NC}
  let n_${n} = n0 + ${n}u;
#end
#if STAGED
#include "_staged-tile.wgsl"
#else
#for n 0 ${NC}
  let r_${n} = min(n_${n}, shape.n - 1u);
#if GATED
  let r_${n + NC} = r_${n} + shape.n;
#end
#end
#include "_tile.wgsl"
#end
#include "_epilogue.wgsl"
}
