// A weight as its mask leaves it: bit b of a word = column 32 word + b, 1 = keep. SOFT: what is removed is multiplied by
// gamma. `place`: the bit of each column, shared by the rows.
@group(0) @binding(${MASK}) var<storage, read> mask: array<u32>;
#if ALIGNED
fn keep4(w: vec4f, bits: u32, place: vec4u) -> vec4f {
  let kept = (vec4u(bits) & place) == place;
#if SOFT
  return select(w * shape.gamma, w, kept);
#else
  return select(vec4f(0.0), w, kept);
#end
}
fn first_place() -> vec4u { return vec4u(1u, 2u, 4u, 8u); }
fn place_of(k: u32) -> vec4u { return first_place() << vec4u((k & 7u) * 4u); }
#else
fn keep1(w: f32, bits: u32, place: u32) -> f32 {
  let kept = (bits & place) == place;
#if SOFT
  return select(w * shape.gamma, w, kept);
#else
  return select(0.0, w, kept);
#end
}
fn first_place() -> u32 { return 1u; }
fn place_of(k: u32) -> u32 { return 1u << (k & 31u); }
#end
