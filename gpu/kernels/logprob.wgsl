// Merges the blocks of each scored row in their order: log-probability of the target, and whether it is the argmax.
#include "_step.wgsl"
struct Shape { blocks: u32 }
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> part: array<vec2f>;
@group(0) @binding(3) var<storage, read> best: array<u32>;
@group(0) @binding(4) var<storage, read> logit: array<f32>;
@group(0) @binding(5) var<storage, read> targets: array<u32>;
@group(0) @binding(6) var<storage, read_write> logprob: array<f32>; // [P]
@group(0) @binding(7) var<storage, read_write> greedy: array<u32>;  // [P]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let p = group.x * 64u + lane;
  if (p >= step.scored) { return; }
  let source = p * shape.blocks;
  var greatest = part[source].x;
  var total = part[source].y;
  var winner = best[source];
  for (var b = 1u; b < shape.blocks; b += 1u) {
    let other = part[source + b];
    if (other.x > greatest) {
      total = fma(total, exp(greatest - other.x), other.y);
      greatest = other.x;
      winner = best[source + b];
    } else {
      total = fma(other.y, exp(other.x - greatest), total);
    }
  }
  logprob[p] = logit[p] - greatest - log(total);
  greedy[p] = select(0u, 1u, winner == targets[p]);
}
