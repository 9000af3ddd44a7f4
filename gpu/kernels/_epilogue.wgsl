// What becomes of the sums acc_m_n of rows m0.. and columns n_0..: bias, activation, gate, and storing, adding to Y, or
// storing the sum with another buffer, BASE.
#for m 0 ${MT}
  if (m0 + ${m}u < m_count) {
    let row = (m0 + ${m}u) * shape.width + shape.first;
#for n 0 ${NC}
    if (n_${n} < shape.n) {
#if BIAS
      var v = acc_${m}_${n} + bias[shape.first + n_${n}];
#else
      var v = acc_${m}_${n};
#end
#if GATED
#if BIAS
      v = activate(v) * (acc_${m}_${n + NC} + bias[shape.first + n_${n} + shape.width]);
#else
      v = activate(v) * acc_${m}_${n + NC};
#end
#else
#if ACTIVATE
      v = activate(v);
#end
#end
#if BASE
      y[row + n_${n}] = base[row + n_${n}] + v;
#else
#if RESIDUAL
      y[row + n_${n}] += v;
#else
      y[row + n_${n}] = v;
#end
#end
    }
#end
  }
#end
