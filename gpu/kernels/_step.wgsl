// What changes from step to step; written once per step and shared by all kernels.
struct Step {
  rows: u32,    // T
  scored: u32,  // P
}
