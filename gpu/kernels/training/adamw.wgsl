// One step of AdamW (Loshchilov and Hutter, 2019): decay apart from the gradient, which is clipped first; and the
// parameters as the passes apply them: scaled, SCALED, and their transpose.
struct Hyper {
  shrink: f32, // 1 - rate * decay
  rate: f32,   // over the first moment's bias correction
  beta1: f32,
  gain1: f32,  // 1 - beta1, which f32 would lose digits of
  beta2: f32,
  gain2: f32,
  eps: f32,
  root: f32,   // square root of the second moment's bias correction, inverted
  clip: f32,   // what the gradient is multiplied with
}
struct Shape { rows: u32, columns: u32, scale: f32 }
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> hyper: Hyper;
@group(0) @binding(3) var<storage, read> gradient: array<f32>;
@group(0) @binding(4) var<storage, read_write> p: array<f32>;
@group(0) @binding(5) var<storage, read_write> first: array<f32>;
@group(0) @binding(6) var<storage, read_write> second: array<f32>;
@group(0) @binding(7) var<storage, read_write> transposed: array<f32>; // [columns, rows], scaled
#if SCALED
@group(0) @binding(8) var<storage, read_write> applied: array<f32>;
#end

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = (group.y * ${GRID_X}u + group.x) * 64u + lane;
  if (at >= shape.rows * shape.columns) { return; }
  let g = gradient[at] * hyper.clip;
  let m = fma(hyper.beta1, first[at], hyper.gain1 * g);
  let v = fma(hyper.beta2, second[at], hyper.gain2 * g * g);
  first[at] = m;
  second[at] = v;
  let moved = fma(p[at], hyper.shrink, -hyper.rate * m / fma(sqrt(v), hyper.root, hyper.eps));
  p[at] = moved;
  transposed[at % shape.columns * shape.rows + at / shape.columns] = moved * shape.scale;
#if SCALED
  applied[at] = moved * shape.scale;
#end
}
