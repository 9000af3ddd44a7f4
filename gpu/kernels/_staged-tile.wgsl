// The sums of _tile.wgsl, with the tile of X and W that a workgroup needs staged in its memory: all lanes load it side by
// side, ${KT} loads of each row at a time, for devices that are fast only when neighbouring lanes read neighbouring
// addresses. The order of the sums is that of _tile.wgsl, and so are the bits.
#for m 0 ${MT}
#for n 0 ${NR}
  var acc_${m}_${n} = 0.0;
#end
#end
  for (var k = 0u; k < shape.k4; k += ${KT}u) {
    let depth = min(${KT}u, shape.k4 - k);
    for (var i = lane; i < ${BM * KT}u; i += ${WG}u) {
      let row = i / ${KT}u;
      let at = i % ${KT}u;
      if (at < depth) { staged_x[at * ${BM}u + row] = x[min(group_m + row, m_count - 1u) * shape.k4 + k + at]; }
    }
    for (var i = lane; i < ${BN * KT}u; i += ${WG}u) {
      let row = i / ${KT}u;
      let at = i % ${KT}u;
#if GATED
      let line = min(group_n + row % ${NG}u, shape.n - 1u) + (row / ${NG}u) * shape.n;
#else
      let line = min(group_n + row, shape.n - 1u);
#end
      if (at < depth) {
#if ALIGNED
        var one = w4(line * shape.k4 + k + at);
#if MASKED
        one = keep4(one, mask[line * shape.words + (k + at) / 8u], place_of(k + at));
#end
#else
        var one = w1(line * shape.k4 + k + at);
#if MASKED
        one = keep1(one, mask[line * shape.words + (k + at) / 32u], place_of(k + at));
#end
#end
        staged_w[at * ${BN}u + row] = one;
      }
    }
    workgroupBarrier();
    if (lane < ${ACTIVE}u) {
      for (var at = 0u; at < depth; at += 1u) {
#for n 0 ${NC}
        let w_${n} = staged_w[at * ${BN}u + lane_n + ${n}u];
#if GATED
        let w_${n + NC} = staged_w[at * ${BN}u + ${NG}u + lane_n + ${n}u];
#end
#end
#for m 0 ${MT}
        let v_${m} = staged_x[at * ${BM}u + lane_m + ${m}u];
#for n 0 ${NR}
#if ALIGNED
        acc_${m}_${n} = fma(v_${m}.w, w_${n}.w, fma(v_${m}.z, w_${n}.z, fma(v_${m}.y, w_${n}.y, fma(v_${m}.x, w_${n}.x, acc_${m}_${n}))));
#else
        acc_${m}_${n} = fma(v_${m}, w_${n}, acc_${m}_${n});
#end
#end
#end
      }
    }
    workgroupBarrier();
  }
  if (lane >= ${ACTIVE}u) { return; }
