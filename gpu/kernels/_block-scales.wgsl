// Scale and minimum of sub-block j of a block of 256 that starts at word `block`: 6 bits each, times the block's own.
fn scales_of(block: u32, j: u32) -> vec2f {
  let own = unpack2x16float(w[block]);
  let first = block + 1u;
  let low = j & 3u;
  let a = byte_at(first, low);
  let b = byte_at(first, low + 4u);
  let c = byte_at(first, low + 8u);
  let scale = select(a & 63u, (c & 15u) | ((a >> 6u) << 4u), j > 3u);
  let least = select(b & 63u, (c >> 4u) | ((b >> 6u) << 4u), j > 3u);
  return own * vec2f(f32(scale), f32(least));
}
