// A run of rows as their mask leaves them, in the weights' own bits (SOFT: f32 only): one lane per word of the mask.
#include "_step.wgsl"
struct Shape {
  words: u32,   // in all
  per_row: u32, // words of the mask per row
  k4: u32,      // loads per row: K / 4
#if SOFT
  gamma: f32,   // what a removed weight is multiplied with
#end
}
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
#include "_mask.wgsl"
#if SOFT
#include "_load.wgsl"
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;
#else
#if F32
@group(0) @binding(3) var<storage, read> w: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4u>;
#else
@group(0) @binding(3) var<storage, read> w: array<vec2u>;
@group(0) @binding(4) var<storage, read_write> y: array<vec2u>;
#end
#end

@compute @workgroup_size(16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = (group.y * ${GRID_X}u + group.x) * 16u + lane;
  if (at >= shape.words) { return; }
  let row = at / shape.per_row;
  let word = at % shape.per_row;
  let bits = mask[at];
  let first = row * shape.k4;
  let stop = min(shape.k4, word * 8u + 8u);
  var place = first_place();
  for (var k = word * 8u; k < stop; k += 1u) {
#if SOFT
    y[first + k] = keep4(w4(first + k), bits, place);
#else
    let kept = (vec4u(bits) & place) == place;
#if F32
    y[first + k] = select(vec4u(0u), w[first + k], kept);
#else
    let low = select(vec2u(0u), vec2u(0xffffu), kept.xz);
    let high = select(vec2u(0u), vec2u(0xffff0000u), kept.yw);
    y[first + k] = w[first + k] & (low | high);
#end
#end
    place *= 16u;
  }
}
