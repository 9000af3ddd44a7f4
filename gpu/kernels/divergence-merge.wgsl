// Merges the blocks of each pair of rows in their order: KL(dense || variant) over the whole vocabulary in nats, and the
// target's log-probability under both. KL = sum of p (z - y), less the log of the dense sum over the variant's.
#include "_step.wgsl"
struct Shape { blocks: u32 }
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> part: array<vec4f>;         // [P, blocks]
@group(0) @binding(3) var<storage, read> gap: array<f32>;            // [P, blocks]
@group(0) @binding(4) var<storage, read> logit: array<vec2f>;        // [P]
@group(0) @binding(5) var<storage, read_write> divergence: array<f32>; // [P, 3]: KL, log p, log q of the target

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let p = group.x * 64u + lane;
  if (p >= step.scored) { return; }
  let source = p * shape.blocks;
  var greatest = part[source].xz;
  var total = part[source].yw;
  var apart = gap[source];
  for (var b = 1u; b < shape.blocks; b += 1u) {
    let other = part[source + b];
    if (other.x > greatest.x) {
      let scale = exp(greatest.x - other.x);
      total.x = fma(total.x, scale, other.y);
      apart = fma(apart, scale, gap[source + b]);
      greatest.x = other.x;
    } else {
      let scale = exp(other.x - greatest.x);
      total.x = fma(other.y, scale, total.x);
      apart = fma(gap[source + b], scale, apart);
    }
    if (other.z > greatest.y) {
      total.y = fma(total.y, exp(greatest.y - other.z), other.w);
      greatest.y = other.z;
    } else {
      total.y = fma(other.w, exp(other.z - greatest.y), total.y);
    }
  }
  let tails = log(total);
  // Equal rows give 0 to the bit: both terms are differences of equal numbers.
  divergence[3u * p] = apart / total.x - ((greatest.x - greatest.y) + (tails.x - tails.y));
  divergence[3u * p + 1u] = logit[p].x - greatest.x - tails.x;
  divergence[3u * p + 2u] = logit[p].y - greatest.y - tails.y;
}
