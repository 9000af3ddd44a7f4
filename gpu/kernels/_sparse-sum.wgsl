// s_m_n = sum over the columns of `span` for ${MT} rows of X and the lane's ${NC} rows of the block.
#for m 0 ${MT}
#for n 0 ${NC}
    var s_${m}_${n} = 0.0;
#end
#end
    for (var k = 0u; k < span.y; k += 1u) {
      let at = (span.x + k) * 64u + lane;
      let column = columns[span.x + k];
#for n 0 ${NC}
      let w_${n} = w[at + ${n * 16}u];
#end
#for m 0 ${MT}
      let v_${m} = x[x_${m} + column];
#for n 0 ${NC}
      s_${m}_${n} = fma(v_${m}, w_${n}, s_${m}_${n});
#end
#end
    }
