// silu, gelu (exact, by erf) and gelu-tanh.
#if SILU
fn activate(x: f32) -> f32 { return x / (1.0 + exp(-x)); }
#end
#if GELU_TANH
fn activate(x: f32) -> f32 {
  // tanh overflows for large arguments on some drivers; beyond 15 it is 1 in f32.
  let inner = clamp(0.7978845608028654 * fma(0.044715 * x * x, x, x), -15.0, 15.0);
  return 0.5 * x * (1.0 + tanh(inner));
}
#end
#if GELU
// erfc for z >= 0, relative error about 1e-7: the rational fits of Cephes' ndtrf (Moshier).
fn erfc(z: f32) -> f32 {
  let t = z * z;
  if (z < 1.0) {
    let p = fma(fma(fma(fma(fma(fma(7.853861353153693e-5, t, -8.010193625184903e-4), t, 5.188327685732524e-3), t,
      -2.685381193529856e-2), t, 1.128358514861418e-1), t, -3.761262582423300e-1), t, 1.128379165726710);
    return 1.0 - z * p;
  }
  let q = 1.0 / z;
  let y = q * q;
  var p = fma(fma(fma(fma(fma(fma(fma(-1.047766399936249e1, y, 1.297719955372516e1), y, -7.495518717768503), y,
    2.921019019210786), y, -1.015265279202700), y, 4.218463358204948e-1), y, -2.820767439740514e-1), y, 5.641895067754075e-1);
  if (z < 2.0) {
    p = fma(fma(fma(fma(fma(fma(fma(fma(2.326819970068386e-2, y, -1.387039388740657e-1), y, 3.687424674597105e-1), y,
      -5.824733027278666e-1), y, 6.210004621745983e-1), y, -4.944515323274145e-1), y, 3.404879937665872e-1), y,
      -2.741127028184656e-1), y, 5.638259427386472e-1);
  }
  return exp(-t) * q * p;
}
fn activate(x: f32) -> f32 {
  let tail = 0.5 * erfc(abs(x) * 0.7071067811865476);
  return x * select(1.0 - tail, tail, x < 0.0);
}
#end
