// The first words of a report, whatever a run comes to.

/** One of the answers of a headline: held, no better than a baseline, not held, too little measured, or nothing to say. */
export const HEADLINE =
  /^(\S.* holds .*: |Held, but no better than |Not held: |Measured too little to say: |Nothing can be said: )/m;
