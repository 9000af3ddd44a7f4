// Cross-entropy backward over a block of the vocabulary, in place: logits -> weight (softmax - one at the target); columns
// beyond the vocabulary become 0. The log of the sum of exponentials is the target's logit less its log-probability.
#include "_step.wgsl"
struct Shape {
  columns: u32, // of the block
  first: u32,   // token of its first
  vocab: u32,
}
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> bias: array<f32>;    // [vocab]
@group(0) @binding(3) var<storage, read> targets: array<u32>; // [P]
@group(0) @binding(4) var<storage, read> weights: array<f32>; // [P]
@group(0) @binding(5) var<storage, read> logit: array<f32>;   // [P], of the targets
@group(0) @binding(6) var<storage, read> logprob: array<f32>; // [P]
@group(0) @binding(7) var<storage, read_write> y: array<f32>; // [P, columns]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let column = group.x * 64u + lane;
  let p = group.y;
  if (column >= shape.columns || p >= step.scored) { return; }
  let at = p * shape.columns + column;
  let token = shape.first + column;
  if (token >= shape.vocab) {
    y[at] = 0.0;
    return;
  }
#if BIAS
  let value = y[at] + bias[token];
#else
  let value = y[at];
#end
  let share = exp(value - logit[p] + logprob[p]);
  y[at] = weights[p] * (share - select(0.0, 1.0, token == targets[p]));
}
