// What a network is, in one record that describes every family.

/** RoPE frequency scaling as Llama 3 defines it, linear, or by a stored divisor for each pair of dimensions (GGUF). */
export type RopeScale =
  | { readonly kind: 'linear'; readonly factor: number }
  | { readonly kind: 'factors'; readonly factors: readonly number[] }
  | {
      readonly kind: 'llama3';
      readonly factor: number;
      readonly lowFrequency: number;
      readonly highFrequency: number;
      readonly originalPositions: number;
    };

export interface Spec {
  readonly family: string; // config.json's model_type
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly ffn: number;
  readonly vocab: number;
  readonly maxPositions: number;
  readonly norm: 'rms' | 'layer'; // layer norm has a bias
  readonly normEps: number;
  readonly activation: 'silu' | 'gelu' | 'gelu-tanh';
  readonly gated: boolean; // act(gate) * up
  readonly parallel: boolean; // attention and MLP from the same residual (NeoX)
  readonly rope: { readonly base: number; readonly dims: number; readonly scale?: RopeScale } | null;
  readonly learnedPositions: boolean;
  readonly qkvBias: boolean;
  readonly outBias: boolean; // o
  readonly mlpBias: boolean; // every projection of the MLP
  readonly qkNorm: boolean; // RMS norm of each head's query and key, before they turn
  readonly qkvByHead: boolean; // the rows of qkv are q, k and v of head 0, then of head 1; else all q, all k, all v
  readonly tied: boolean;
  readonly headBias: boolean;
  readonly windows: readonly number[]; // [layers]: sliding window of attention; 0 = none
}
