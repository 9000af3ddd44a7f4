// acc_m_n = sum over k of X[m, k] W[n, k] for ${MT} rows of X (from m0 on) and the ${NR} rows of W in r_0.. : k ascends,
// every step is one fma into one accumulator, so tiles of any shape give the same bits. Rows of X past the end are read
// at the last row; their results are never stored. X is read at one address by all lanes, W at one row per lane.
// ${U} loads along K are under way at once; it divides k4. MASKED: one word of the mask per row is held for 32 columns,
// and its place goes along by products, since shifts are slow on SwiftShader. PAIRED: the second half of the
// rows of X are those `apart` rows after the first half.
#for m 0 ${MT}
#if PAIRED
  let x_${m} = (min(m0 + ${m}u % ${PAIRS}u, m_count - 1u) + ${m}u / ${PAIRS}u * shape.apart) * shape.k4;
#else
  let x_${m} = min(m0 + ${m}u, m_count - 1u) * shape.k4;
#end
#for n 0 ${NR}
  var acc_${m}_${n} = 0.0;
#end
#end
#for n 0 ${NR}
  let b_${n} = r_${n} * shape.k4;
#end
#if MASKED
  for (var word = 0u; word < shape.words; word += 1u) {
#for n 0 ${NR}
    let bits_${n} = mask[r_${n} * shape.words + word];
#end
    var place = first_place();
    let stop = min(shape.k4, (word + 1u) * ${PER_WORD}u);
  for (var k = word * ${PER_WORD}u; k < stop; k += ${U}u) {
#else
  for (var k = 0u; k < shape.k4; k += ${U}u) {
#end
#for u 0 ${U}
#if MASKED
    let place_${u} = place;
#if ALIGNED
    place *= 16u;
#else
    place *= 2u;
#end
#end
#if ALIGNED
#for n 0 ${NR}
#if MASKED
    let w_${u}_${n} = keep4(w4(b_${n} + k + ${u}u), bits_${n}, place_${u});
#else
    let w_${u}_${n} = w4(b_${n} + k + ${u}u);
#end
#end
#for m 0 ${MT}
    let v_${u}_${m} = x[x_${m} + k + ${u}u];
#for n 0 ${NR}
    acc_${m}_${n} = fma(v_${u}_${m}.w, w_${u}_${n}.w, fma(v_${u}_${m}.z, w_${u}_${n}.z, fma(v_${u}_${m}.y, w_${u}_${n}.y, fma(v_${u}_${m}.x, w_${u}_${n}.x, acc_${m}_${n}))));
#end
#end
#else
#for n 0 ${NR}
#if MASKED
    let w_${u}_${n} = keep1(w1(b_${n} + k + ${u}u), bits_${n}, place_${u});
#else
    let w_${u}_${n} = w1(b_${n} + k + ${u}u);
#end
#end
#for m 0 ${MT}
    let v_${u}_${m} = x[x_${m} + k + ${u}u];
#for n 0 ${NR}
    acc_${m}_${n} = fma(v_${u}_${m}, w_${u}_${n}, acc_${m}_${n});
#end
#end
#end
#end
  }
#if MASKED
  }
#end
